package monitor

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

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
