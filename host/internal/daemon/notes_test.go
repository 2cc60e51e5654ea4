package daemon

import (
	"log/slog"
	"testing"

	"github.com/weir-run/weir/host/internal/journal"
)

// The texts of gaps and retractions come from providers: whatever they are, they must not keep the note from the journal.
func TestNotesTakeAnyText(t *testing.T) {
	j, err := journal.Open(t.Context(), journal.Config{Dir: t.TempDir(), MaxBytes: 64 << 20, EventsMaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	p := &pipeline{log: slog.New(slog.DiscardHandler), journal: j}
	if err := p.journalGap(1, 2, []string{"high"}, "not replayed: \xff\xfe", "one"); err != nil {
		t.Error(err)
	}
	if err := p.journalRetraction(2, "dead: \xc3", "one"); err != nil {
		t.Error(err)
	}
	if err := j.Flush(t.Context()); err != nil || j.Status().Last != 2 {
		t.Errorf("%d notes are stored, error %v", j.Status().Last, err)
	}
}
