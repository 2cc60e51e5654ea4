package monitor

import (
	"encoding/binary"
	"testing"

	"github.com/weir-run/weir/host/internal/journal"
)

// An instance that was here before, saved nothing and whose outputs were dropped as its records were, is not new: it is told what it lost.
func TestOneThatWasHereBeforeIsToldWhatItLost(t *testing.T) {
	j := openJournalWith(t, journal.Config{TailBytes: 1})
	for n := 0; n < 300; n += 10 {
		fill(t, j, n, n+10)
	}
	if err := j.Trim(t.Context(), j.Status().Last-30); err != nil {
		t.Fatal(err)
	}
	first := j.Status().First
	births, err := j.Table(t.Context(), "births")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		birth, from uint64 // from is 0 where nothing was lost
	}{
		{"from-the-start", 1, 1},
		{"later", 40, 40},
		{"behind-what-was-dropped", first, 0},
		{"new", 0, 0},
		{"of-another-journal", j.Status().Last + 100, 0},
	} {
		if c.birth > 0 {
			if err := births.Put(t.Context(), c.name, binary.AppendUvarint(nil, c.birth)); err != nil {
				t.Fatal(err)
			}
		}
		r := start(t, On(j), c.name, nil, func(cfg *Config) { cfg.Births = births })
		s := r.untilThrough(t, j.Status().Last)
		r.stop()
		switch {
		case c.from == 0 && (s.Gaps != 0 || s.Lost != 0):
			t.Errorf("%s: lost %d records, %v; want none", c.name, s.Lost, s.LastGap)
		case c.from > 0 && (s.LastGap == nil || s.LastGap.From != c.from || s.LastGap.To != first-1):
			t.Errorf("%s: last gap is %v; want %d to %d", c.name, s.LastGap, c.from, first-1)
		}
	}
}
