package monitor

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/monitor/programs"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// stage is what a host process of the matrix is told. Its story: the feed's first third; an upgrade to the next version while the
// second comes; a rollback while the third does; a graceful end, and all outputs written to a file. A host that is killed is started
// again and goes on with what the journal and the choices say.
type stage struct {
	Dir       string
	Old, Next string // programs
	Seed      uint64 // of the feed
	Calm      bool   // no upgrade and no rollback
	Kills     []kill
	Flaw      string
}

// Parts of the feed, in transactions.
const (
	stageThird = 150
	stageAll   = 3 * stageThird
)

const (
	stageEnv     = "WEIR_TEST_STAGE" // path of the stage, in the environment of a host process
	stagePatient = 20 * time.Second  // for anything to come about
	// stageFlush leaves outputs unstored for long enough that a state which does not wait for them shows.
	stageFlush = 8 * time.Millisecond
)

// feedOf makes the transactions of a feed: mostly trades, some launches, a retraction now and then.
func feedOf(seed uint64) (feed [][]*eventv1.Record) {
	random := rand.New(rand.NewPCG(seed, 1))
	for n := range stageAll {
		var records []*eventv1.Record
		for range 1 + random.IntN(3) {
			r := &eventv1.Record{Slot: uint64(1000 + n/10), Signature: fmt.Appendf(nil, "%064d", random.Uint64())}
			switch random.IntN(20) {
			case 0:
				r.Body = &eventv1.Record_SlotRetracted{SlotRetracted: &eventv1.SlotRetracted{Reason: "fork"}}
			case 1, 2:
				r.Body = &eventv1.Record_TokenCreated{TokenCreated: &eventv1.TokenCreated{Symbol: "WEIR"}}
			default:
				r.Body = &eventv1.Record_Trade{Trade: &eventv1.Trade{Venue: eventv1.Venue(1 + random.IntN(2)), BaseAmount: random.Uint64()}}
			}
			records = append(records, r)
		}
		feed = append(feed, records)
	}
	return feed
}

// actor is a host process of the matrix.
type actor struct {
	stage

	killer   *killer
	journal  *journal.Journal
	instance *Instance
	feed     [][]*eventv1.Record
	numbers  []uint64     // last record of each transaction
	limit    atomic.Int64 // transactions that may be fed
}

// stageHost is the main of a host process.
func stageHost() error {
	text, err := os.ReadFile(os.Getenv(stageEnv))
	if err != nil {
		return err
	}
	a := &actor{}
	if err := json.Unmarshal(text, &a.stage); err != nil {
		return err
	}
	a.killer = &killer{hits: a.hits(), programs: map[string]string{"old": a.Old, "next": a.Next}, seen: map[string]int{}, plan: a.Kills}
	a.feed = feedOf(a.Seed)
	last := uint64(0)
	for _, records := range a.feed {
		last += uint64(len(records))
		a.numbers = append(a.numbers, last)
	}
	return a.run(context.Background())
}

func (a *actor) run(ctx context.Context) (err error) {
	a.journal, err = journal.Open(ctx, journal.Config{Dir: filepath.Join(a.Dir, "journal"), ReserveBytes: 1 << 20, FlushInterval: stageFlush, Step: a.journalStep})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.journal.Close()) }() //nolint:contextcheck // it has its own limit
	if err := a.prepare(ctx); err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	var fed error
	all.Go(func() { fed = a.feedAll(running) })
	all.Go(func() { _ = a.instance.Run(running) })
	if err := a.story(ctx); err != nil {
		return fmt.Errorf("%w; status is %+v", err, a.instance.Status())
	}
	stop()
	all.Wait()
	return errors.Join(fed, a.writeOutputs(ctx))
}

// journalStep gives the journal's own steps their place in the list of points.
func (a *actor) journalStep(name string) {
	what := "epoch"
	if name == "object" || name == "manifest" {
		what = "checkpoint"
	}
	a.killer.step(what, name)
}

// prepare makes the instance. One record is parked beforehand, so that there is a gap in each run.
func (a *actor) prepare(ctx context.Context) error {
	table, err := a.journal.Table(ctx, "programs")
	if err != nil {
		return err
	}
	shelf := programs.NewShelf(table, filepath.Join(a.Dir, "programs"), slog.Default())
	choice, err := shelf.Choice(ctx, "victim", a.Old)
	if err != nil {
		return err
	}
	for _, n := range []int{stageThird / 2, stageThird + 1, 2*stageThird + 1} {
		err = errors.Join(err, a.journal.SaveDeadLetter(ctx, "victim", DeadLetter{Number: a.numbers[n], Reason: LetterParked, Detail: "test"}))
	}
	sockets := filepath.Join(a.Dir, "run")
	if err := errors.Join(err, PrepareSocketDir(sockets)); err != nil {
		return err
	}
	a.instance = New(Config{
		Instance: "victim", Path: a.Old, Choice: choice, SocketDir: sockets,
		Env: []string{"VICTIM_KILL", "VICTIM_HITS"}, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})),
		CheckpointEvery: 25 * time.Millisecond, HealthEvery: 20 * time.Millisecond, BackoffMin: time.Millisecond, BackoffMax: 5 * time.Millisecond,
		CrashLimit: -1, step: a.killer.step,
		Keep: func(ctx context.Context, c Choice) error {
			a.killer.step("choice", "before")
			err := shelf.Keep(ctx, "victim", a.Old, c)
			a.killer.step("choice", "after")
			return err
		},
	}, killJournal{On(a.journal), a.killer, a.Flaw})
	return nil
}

// feedAll appends what is not in the journal yet, as far as the story lets it: a little at a time, so that there are many frames.
func (a *actor) feedAll(ctx context.Context) error {
	next := 0
	for next < len(a.numbers) && a.numbers[next] <= a.journal.Status().Last {
		next++
	}
	for ctx.Err() == nil && next < len(a.feed) {
		if int64(next) >= a.limit.Load() {
			time.Sleep(time.Millisecond)
			continue
		}
		if err := a.journal.Append(a.feed[next], time.Now().UnixNano()); err != nil {
			return err
		}
		if next++; next%5 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// story is what an operator does. Each part is done again until it is.
func (a *actor) story(ctx context.Context) error {
	if a.Calm {
		return a.play(stageAll)
	}
	done := func(what string) string { return filepath.Join(a.Dir, what) }
	runs := a.instance.chosen().Path
	if exists(done("upgraded")) && !exists(done("rolling")) && runs != a.Next || exists(done("rolled")) && runs == a.Next {
		return fmt.Errorf("the change of programs was forgotten: %s runs", runs)
	}
	if err := a.play(stageThird); err != nil {
		return err
	}
	for a.instance.chosen().Path != a.Next && !exists(done("upgraded")) {
		if err := a.until("live", func(s Status) bool { return s.State == Live }); err != nil {
			return err
		}
		a.limit.Store(2 * stageThird)
		if err := a.instance.Upgrade(ctx, Upgrade{Path: a.Next, Shadow: time.Millisecond, Report: func(UpgradeReport) {}}); err != nil {
			fmt.Fprintln(os.Stderr, "upgrade:", err)
		}
	}
	if err := errors.Join(addLine(done("upgraded"), ""), a.play(2*stageThird)); err != nil {
		return err
	}
	if a.instance.chosen().Path == a.Next {
		if err := a.play(2*stageThird + 10); err != nil {
			return err
		}
		number := a.numbers[2*stageThird]
		if err := a.until("state of the next version", func(s Status) bool { return s.Checkpoint >= number }); err != nil {
			return err
		}
		a.limit.Store(stageAll)
		if err := addLine(done("rolling"), ""); err != nil {
			return err
		}
		if _, _, err := a.instance.Rollback(ctx); err != nil {
			return err
		}
		if err := addLine(done("rolled"), ""); err != nil {
			return err
		}
		a.killer.step("rollback", "chosen")
	}
	if err := a.until("old version", func(s Status) bool { return s.State == Live && s.Version == "1.2.3" }); err != nil {
		return err
	}
	return a.play(stageAll)
}

// play feeds up to a transaction and waits until the plugin has done it.
func (a *actor) play(transactions int) error {
	if int64(transactions) > a.limit.Load() {
		a.limit.Store(int64(transactions))
	}
	number := a.numbers[transactions-1]
	return a.until(fmt.Sprintf("through %d", number), func(s Status) bool { return s.Through >= number })
}

func (a *actor) until(what string, holds func(Status) bool) error {
	for deadline := time.Now().Add(stagePatient); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if holds(a.instance.Status()) {
			return nil
		}
	}
	return fmt.Errorf("%s: did not come within %s", what, stagePatient)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeOutputs writes each output as it is stored, one a line.
func (a *actor) writeOutputs(ctx context.Context) error {
	var out []byte
	err := a.journal.ReadEvents(ctx, journal.EventsQuery{Instances: []string{"victim"}}, func(_ uint64, data []byte) error {
		var batch eventv1.OutputBatch
		if err := proto.Unmarshal(data, &batch); err != nil {
			return err
		}
		for _, o := range batch.GetOutputs() {
			body, err := proto.MarshalOptions{Deterministic: true}.Marshal(o)
			if err != nil {
				return err
			}
			out = fmt.Appendf(out, "%d/%d %s %s %s\n", o.GetCause(), o.GetIndex(), o.GetKind(), o.GetSignal().GetText(), hex.EncodeToString(body))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.Dir, "outputs"), out, 0o600)
}
