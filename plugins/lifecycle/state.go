package lifecycle

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/pack"
)

// token is what is known of a token that has not migrated.
type token struct {
	phase   sdk.TokenPhase
	trades  uint64 // on the curve
	name    string
	symbol  string
	creator sdk.Key
	curve   sdk.Key
	quote   sdk.Key
}

// see fills what a creation that was missed would have told.
func (t *token) see(curve, quote []byte) {
	if t.curve.IsZero() {
		t.curve = sdk.KeyOf(curve)
	}
	if t.quote.IsZero() {
		t.quote = sdk.KeyOf(quote)
	}
}

// state is all that the monitor remembers. Both maps are in the order in which tokens came to them.
type state struct {
	live bounded.Map[sdk.Key, token]
	done bounded.Map[sdk.Key, struct{}] // migrated: only that is kept
}

func (s *state) finish(mint sdk.Key) {
	s.live.Delete(mint)
	s.done.Put(mint)
}

// forgetOldest prefers tokens that have migrated: nothing more is due from them.
func (s *state) forgetOldest() {
	if !s.done.DeleteOldest() {
		s.live.DeleteOldest()
	}
}

// smallest is the fewest bytes that a live token takes: mint, phase, trades, two texts, three absent keys.
const smallest = 32 + 1 + 1 + 2 + 3

// AppendBinary implements encoding.BinaryAppender: the live tokens, then the migrated ones, each oldest first.
func (s *state) AppendBinary(b []byte) ([]byte, error) {
	b = slices.Grow(b, 160*s.live.Len()+32*s.done.Len()+20)
	b = pack.AppendUvarint(b, uint64(s.live.Len()))
	for mint, t := range s.live.All() {
		b = pack.AppendKey(b, mint)
		b = append(b, byte(t.phase))
		b = pack.AppendUvarint(b, t.trades)
		b = pack.AppendText(b, t.name)
		b = pack.AppendText(b, t.symbol)
		b = pack.AppendOptionalKey(b, t.creator)
		b = pack.AppendOptionalKey(b, t.curve)
		b = pack.AppendOptionalKey(b, t.quote)
	}
	b = pack.AppendUvarint(b, uint64(s.done.Len()))
	for mint := range s.done.All() {
		b = pack.AppendKey(b, mint)
	}
	return b, nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (s *state) UnmarshalBinary(b []byte) error {
	var fresh state
	r := pack.NewReader(b)
	n := r.Count(smallest)
	fresh.live.Grow(n)
	for range n {
		t := fresh.live.Put(r.Key())
		*t = token{
			phase: sdk.TokenPhase(r.Byte()), trades: r.Uvarint(), name: r.Text(), symbol: r.Text(),
			creator: r.OptionalKey(), curve: r.OptionalKey(), quote: r.OptionalKey(),
		}
	}
	n = r.Count(len(sdk.Key{}))
	fresh.done.Grow(n)
	for range n {
		fresh.done.Put(r.Key())
	}
	if err := r.Close(); err != nil {
		return err
	}
	*s = fresh
	return nil
}
