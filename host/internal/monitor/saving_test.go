package monitor

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// A disk that is full keeps every checkpoint of every monitor from being saved, for as long as it takes.
func TestCheckpointsThatFailAreSaidOnce(t *testing.T) {
	full := true
	j := &fakeJournal{save: func(Checkpoint) error {
		if full {
			return errors.New("the disk is full")
		}
		return nil
	}}
	p := &fakePlugin{ctx: t.Context(), answer: func(*pluginv1.HostFrame) []*pluginv1.PluginFrame { return nil }}
	l := newLane(0, j, p)
	var lines bytes.Buffer
	l.log, l.stream = slog.New(slog.NewTextHandler(&lines, nil)), p
	save := func(number uint64) {
		t.Helper()
		if !l.saving.begin(number) {
			t.Fatal("the place is taken")
		}
		id, _ := l.saving.ask(number)
		if err := l.saveOne(t.Context(), snapshot{id: id, number: number}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range uint64(5) {
		save(n + 1)
	}
	full = false
	save(6)
	save(7)
	full = true
	save(8)
	if failed, again := strings.Count(lines.String(), "checkpoint was not saved"), strings.Count(lines.String(), "checkpoints are saved again"); failed != 2 || again != 1 {
		t.Errorf("told %d times that one was not saved and %d times that they are again, want 2 and 1:\n%s", failed, again, lines.String())
	}
}
