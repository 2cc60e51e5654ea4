package e2e_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// tally compares outputs with the truth while both come, and keeps only what is not settled: what is true and was not reported yet,
// and the first of what was reported and is not true, or was reported before.
type tally struct {
	mu      sync.Mutex
	x       expectation
	pending outputs
	facts   int
	matched int
	wrong   []string
	wrongs  int

	places map[string]place
	trades map[string]uint64 // by mint
}

type place struct {
	cause uint64
	index uint32
}

func newTally() *tally {
	return &tally{x: expectation{}, pending: outputs{}, places: map[string]place{}, trades: map[string]uint64{}}
}

// truth adds what is going to be played.
func (y *tally) truth(b *geysersim.Block) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for i := range b.Transactions {
		for _, f := range b.Transactions[i].Truth {
			y.facts++
			y.x.add(y.pending, f)
		}
	}
}

// reported takes a batch as a consumer gets it.
func (y *tally) reported(b *eventv1.OutputBatch) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, o := range b.GetOutputs() {
		at, before := place{o.GetCause(), o.GetIndex()}, y.places[b.GetInstance()]
		if at.cause < before.cause || (at.cause == before.cause && at.index <= before.index && before != place{}) {
			y.fault(fmt.Sprintf("%s: output %v after %v", b.GetInstance(), at, before))
		}
		y.places[b.GetInstance()] = at
		if t := o.GetTradeReported(); t != nil {
			mint := string(t.GetMint())
			if y.trades[mint]++; y.trades[mint] != t.GetTrades() {
				y.fault(fmt.Sprintf("trade %s says it is number %d of its mint, counted %d", base58.Encode(o.GetSignature()), t.GetTrades(), y.trades[mint]))
				y.trades[mint] = t.GetTrades()
			}
		}
		if elsewhere[o.GetKind()] != "" {
			continue
		}
		said := outputs{}
		said.add(wording(b.GetInstance(), o)...)
		for key := range said {
			switch y.pending[key] {
			case 0:
				y.fault(fmt.Sprintf("not true, or reported twice: slot %d cause %d: %s", o.GetSlot(), o.GetCause(), key))
				continue
			case 1:
				delete(y.pending, key)
			default:
				y.pending[key]--
			}
			y.matched++
		}
	}
}

// fault notes what is wrong. y.mu is held.
func (y *tally) fault(text string) {
	if y.wrongs++; len(y.wrong) < 20 {
		y.wrong = append(y.wrong, text)
	}
}

// open is how many true outputs did not come yet.
func (y *tally) open() int {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.pending)
}

// check fails unless reported is exactly what is true.
func (y *tally) check(t *testing.T) {
	t.Helper()
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, text := range y.wrong {
		t.Error(text)
	}
	missing := slices.Sorted(maps.Keys(y.pending))
	for _, key := range missing[:min(len(missing), 20)] {
		t.Errorf("not reported: %s", key)
	}
	if y.wrongs+len(missing) > 0 {
		t.Errorf("%d outputs are wrong and %d are missing, of %d", y.wrongs, len(missing), y.matched+len(missing))
	}
}

// wording says of an output what expectation says of a fact.
func wording(instance string, o *eventv1.Output) []any {
	key := base58.Encode
	parts := []any{instance, o.GetKind(), key(o.GetSignature())}
	switch {
	case o.GetTradeReported() != nil:
		b := o.GetTradeReported()
		return append(parts, lower(b.GetVenue().String(), "VENUE_"), key(b.GetPool()), key(b.GetMint()), key(b.GetQuoteMint()), key(b.GetTrader()),
			lower(b.GetSide().String(), "SIDE_"), b.GetBaseAmount(), b.GetQuoteAmount(), b.GetPoolQuoteAmount())
	case o.GetPoolReported() != nil:
		b := o.GetPoolReported()
		if b.GetChange() == eventv1.PoolChange_POOL_CHANGE_TRADED {
			return append(parts, key(b.GetPool()), b.GetReserves().GetBase(), b.GetReserves().GetQuote())
		}
		return append(parts, key(b.GetPool()), b.GetBaseAmount(), b.GetQuoteAmount())
	case o.GetTokenPhaseChanged() != nil:
		b := o.GetTokenPhaseChanged()
		switch b.GetPhase() {
		case eventv1.TokenPhase_TOKEN_PHASE_CREATED:
			return append(parts, key(b.GetMint()), b.GetSymbol())
		case eventv1.TokenPhase_TOKEN_PHASE_MIGRATED:
			return append(parts, key(b.GetMint()), key(b.GetPool()))
		default:
			return append(parts, key(b.GetMint()))
		}
	default: // no fact is worded like this, so it shows as not true
		return append(parts, fmt.Sprintf("stands neither in expectation nor in elsewhere, body %T", o.GetBody()))
	}
}

// script plays a market until it is told to end, and tells the tally before the server gets a block.
type script struct {
	inner geysersim.Source
	tally *tally
	over  atomic.Bool
	// playing is the slot that is being executed: the server asks for a block while it plays the one before.
	playing, next atomic.Uint64
}

// Next gives the next block.
func (s *script) Next(ctx context.Context) (*geysersim.Block, error) {
	s.playing.Store(s.next.Load())
	if s.over.Load() {
		return nil, io.EOF
	}
	b, err := s.inner.Next(ctx)
	if err == nil {
		s.tally.truth(b)
		s.next.Store(b.Slot)
	}
	return b, err
}
