package daemon

import (
	"log/slog"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// tokenRecords opens the journal of a folder, makes up for what was lost, and returns the numbers of its token records.
func tokenRecords(t *testing.T, dir string, before func(p *pipeline)) (numbers []uint64) {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Config{Dir: dir, MaxBytes: 64 << 20, EventsMaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	tokens, err := j.Table(t.Context(), "tokens")
	if err != nil {
		t.Fatal(err)
	}
	e, err := enrich.New(t.Context(), enrich.Config{Tokens: tokens, Next: j.Next})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	p := &pipeline{log: slog.New(slog.DiscardHandler), journal: j, enricher: e, late: tokens}
	if err := p.rejournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before != nil {
		before(p)
	}
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for r, last := j.NewReader(0), j.Status().Last; last > 0; {
		frame, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for e, err := range journal.Envelopes(frame.Payload) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == eventv1.Kind_KIND_TOKEN_METADATA {
				numbers = append(numbers, e.Number)
			}
		}
		if frame.Last == last {
			break
		}
	}
	return numbers
}

// A token that was learned, and whose record was lost with the host, is journaled at the next start, once.
func TestLateTokenIsJournaledOnce(t *testing.T) {
	dir := t.TempDir()
	named := func(n byte) *eventv1.TokenMetadata {
		return &eventv1.TokenMetadata{Mint: append(make([]byte, 31), n), Symbol: "LATE", Decimals: proto.Uint32(6)}
	}
	got := tokenRecords(t, dir, func(p *pipeline) {
		if err := p.learned(t.Context(), named(1)); err != nil {
			t.Fatal(err)
		}
		if err := p.learned(t.Context(), named(1)); err != nil { // it is known by now
			t.Fatal(err)
		}
	})
	if len(got) != 1 {
		t.Fatalf("token records %v, want one", got)
	}
	// The host dies between the table and the journal, with records before it that were lost too.
	tokenRecords(t, dir, func(p *pipeline) {
		if err := p.keepLate(t.Context(), named(2), 9); err != nil {
			t.Fatal(err)
		}
		if err := p.enricher.Learn(t.Context(), named(2), 9); err != nil {
			t.Fatal(err)
		}
	})
	for range 3 { // whatever comes after
		if got := tokenRecords(t, dir, nil); len(got) != 2 {
			t.Errorf("token records %v, want two", got)
		}
	}
	// It died before the token was learned: it will be asked for again.
	tokenRecords(t, dir, func(p *pipeline) {
		if err := p.keepLate(t.Context(), named(3), 99); err != nil {
			t.Fatal(err)
		}
	})
	if got := tokenRecords(t, dir, nil); len(got) != 2 {
		t.Errorf("token records %v, want two", got)
	}
}
