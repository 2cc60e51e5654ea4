package monitor

import (
	"context"
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
