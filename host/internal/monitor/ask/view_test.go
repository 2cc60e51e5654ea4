package ask

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// Whatever was asked before, from wherever the reading began and however the journal is cut into frames: an answer as of a record is the
// same. And it is what a plain fold over the window says.
func TestAnswersDependOnTheRecordAlone(t *testing.T) {
	rng := seeded(t)
	for range 10 {
		records := random(rng, 400)
		horizon, birth := uint64(20+rng.IntN(200)), uint64(1+rng.IntN(150))
		want := map[uint64]string{}
		for round := range 6 {
			records.frame = 1 + rng.IntN(30)
			v := newView(records.open, birth, horizon)
			for n := birth + uint64(rng.IntN(50)); n <= 400; n += 1 + uint64(rng.IntN(1+60*(round%2))) {
				if err := v.advance(t.Context(), n); err != nil {
					t.Fatalf("as of %d: %v", n, err)
				}
				got := say(v)
				if _, known := want[n]; !known {
					want[n] = fold(records, max(n-min(n, horizon), birth-1), n)
				}
				if got != want[n] {
					t.Fatalf("as of %d, horizon %d, birth %d:\n%s\nwant\n%s", n, horizon, birth, got, want[n])
				}
			}
		}
	}
}

// fold is a view that has read just the window.
func fold(t *tape, after, n uint64) string {
	v := newView(t.open, after+1, 1<<40)
	for v.frames = t.open(after); v.at < n; {
		v.at = max(v.at, after)
		if err := v.step(nil, n); err != nil { //nolint:staticcheck // a tape needs no context
			panic(err)
		}
	}
	return say(v)
}

func TestViewMovesForwardOnly(t *testing.T) {
	records := random(seeded(t), 100)
	v := newView(records.open, 1, 50)
	for _, n := range []uint64{60, 60, 61} {
		if err := v.advance(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.advance(t.Context(), 60); !errors.Is(err, errPast) {
		t.Errorf("%v", err)
	}
	if err := v.advance(t.Context(), 101); !errors.Is(err, errEnd) {
		t.Errorf("%v", err)
	}
	if err := v.advance(t.Context(), 100); err != nil { // what failed does not stay
		t.Errorf("%v", err)
	}
}

// When records of the window were dropped there is no answer, since it would be another one than before; once they do not count, there is.
func TestDroppedRecords(t *testing.T) {
	records := random(seeded(t), 400)
	records.first = 101
	v := newView(records.open, 1, 150)
	for n, gone := range map[uint64]bool{120: true, 200: true} {
		if err := newView(records.open, 1, 150).advance(t.Context(), n); errors.Is(err, errGone) != gone {
			t.Errorf("as of %d: %v", n, err)
		}
	}
	if err := v.advance(t.Context(), 180); !errors.Is(err, errGone) {
		t.Errorf("as of 180: %v", err)
	}
	for _, n := range []uint64{250, 251, 400} { // 250 looks back on 101 to 250
		if err := v.advance(t.Context(), n); err != nil || say(v) != fold(records, n-150, n) {
			t.Errorf("as of %d: %v", n, err)
		}
	}
	// An instance that was born after them misses nothing.
	if err := newView(records.open, 101, 150).advance(t.Context(), 110); err != nil {
		t.Errorf("born at 101: %v", err)
	}
}

// A price is that of the reserves where the trade says them, else of its amounts, and none where neither does.
func TestPriceOfATrade(t *testing.T) {
	for name, c := range map[string]struct {
		trade *eventv1.Trade
		want  string
	}{
		"reserves":    {&eventv1.Trade{PoolQuoteAmount: 1, BaseAmount: 2, ReservesAfter: &eventv1.Reserves{PriceBase: new(uint64(4)), PriceQuote: new(uint64(3))}}, "quote:3 base:4"},
		"amounts":     {&eventv1.Trade{PoolQuoteAmount: 1, BaseAmount: 2, ReservesAfter: &eventv1.Reserves{Base: new(uint64(4))}}, "quote:1 base:2"},
		"neither":     {&eventv1.Trade{BaseAmount: 2}, ""},
		"no reserves": {&eventv1.Trade{PoolQuoteAmount: 5, BaseAmount: 6}, "quote:5 base:6"},
	} {
		got := strings.Join(strings.Fields(priceOf(c.trade).String()), " ")
		if priceOf(c.trade) == nil {
			got = ""
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// BenchmarkView is the cost of one record to an instance that asks about each.
func BenchmarkView(b *testing.B) {
	records := random(rand.New(rand.NewPCG(1, 1)), 20_000)
	records.frame = 64
	for b.Loop() {
		v := newView(records.open, 1, 5_000)
		for n := uint64(1); n <= 20_000; n++ {
			if err := v.advance(b.Context(), n); err != nil {
				b.Fatal(err)
			}
			_ = v.priceAt(dex.Key{})
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/20_000, "us/record")
}
