package keyed

import (
	"errors"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// manyCoins are more than a lazy state reads at once.
const manyCoins = 2000

func lazyWorld(t *testing.T) (w *world, parts [][]byte) {
	t.Helper()
	was := newWorld()
	for key := range uint16(manyCoins) {
		was.do(step{0, key})
	}
	parts = [][]byte{was.whole(t)}
	was.do(step{0, manyCoins - 1})
	was.do(step{4, manyCoins - 2})
	part, _, err := was.state.AppendPart(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	w, parts = newWorld(), append(parts, part)
	if err := w.state.Lazy().LoadParts(sdk.PartsOf(parts...)); err != nil {
		t.Fatal(err)
	}
	return w, parts
}

func TestLazyStateIsReadBitByBit(t *testing.T) {
	w, _ := lazyWorld(t)
	left := len(w.coins.unread)
	if left < manyCoins-1-readFirst {
		t.Fatalf("%d values are left of %d", left, manyCoins)
	}
	if got, ok := w.coins.Get(manyCoins - 1); !ok || got != manyCoins+manyCoins+1 {
		t.Errorf("a value is %d, %t", got, ok)
	}
	calls := 1
	for w.state.Settle(100) {
		calls++
	}
	if w.coins.unread != nil || w.done.unread != nil {
		t.Errorf("%d and %d values are left after %d calls", len(w.coins.unread), len(w.done.unread), calls)
	}
	if least := (left - readFirst) / 100; calls < least || calls > least+3 {
		t.Errorf("it took %d calls to read %d values", calls, left)
	}
	if w.state.Settle(100) {
		t.Error("a settled state has more")
	}
}

// A codec that does not read what was written is refused when it fails on the values that are read at once, and panics by name on one that
// comes later: nothing is invented for it.
func TestLazyStateThatCannotBeRead(t *testing.T) {
	_, parts := lazyWorld(t)
	broken := func(on uint64) *world {
		codec := numbers
		codec.Read = func(r *pack.Reader, v *uint64) {
			if *v = r.Uvarint(); *v == on {
				r.Take(1)
			}
		}
		w := newWorld()
		w.coins = NewMap(codec)
		w.state = NewState(&w.rest, w.coins, w.done).Lazy()
		return w
	}
	if err := broken(1).state.LoadParts(sdk.PartsOf(parts...)); !errors.Is(err, pack.ErrShort) {
		t.Errorf("the first value: %v", err)
	}
	w := broken(manyCoins - 10)
	if err := w.state.LoadParts(sdk.PartsOf(parts...)); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, errUnreadable) || !errors.Is(err, pack.ErrShort) {
			t.Errorf("recovered %v", err)
		}
	}()
	w.coins.Get(manyCoins - 11)
	t.Error("a value that cannot be read was given")
}
