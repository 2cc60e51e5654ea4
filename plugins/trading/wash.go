package trading

import (
	"bytes"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// washRounds is how often in a row a wallet must turn around, washSeconds how much chain time may pass between two of its trades.
const (
	washRounds  = 3
	washSeconds = 600
)

// holder is a wallet in a coin.
type holder struct{ mint, trader sdk.Key }

// turning is how a wallet went back and forth in a coin.
type turning struct {
	side  sdk.Side
	base  uint64
	at    int64   // block time of the last trade
	pool  sdk.Key // its pool; zero where an older version saw it
	turns []turn
}

// turn is a trade of it.
type turn struct {
	signature [64]byte
	slot      uint64
	side      sdk.Side
	base      uint64
	quote     uint64
}

type turnings struct {
	holders *keyed.Map[holder, turning]
}

func newTurnings() turnings { return turningsOf(stateVersion) }

// turningsOf are those of a version of the state.
func turningsOf(version uint32) turnings {
	return turnings{keyed.NewMap(keyed.Codec[holder, turning]{
		AppendKey: func(b []byte, k holder) []byte { return pack.AppendKey(pack.AppendKey(b, k.mint), k.trader) }, ReadKey: readHolder,
		Append: appendTurning, Read: func(r *pack.Reader, h *turning) { readTurning(r, h, version) },
	})}
}

// wash reports a wallet that bought and sold about the same (within 5 %) again and again: once it turned around washRounds times in a
// row, and again after as many.
func (m *monitor) wash(r *sdk.Record, t *sdk.Trade, at int64) {
	if at == 0 || t.GetSide() == 0 {
		return
	}
	k := holder{mint: sdk.KeyOf(t.GetMint()), trader: sdk.KeyOf(t.GetTrader())}
	all := m.state.turnings.holders
	if !all.Has(k) && all.Len() >= m.config.MaxTraders {
		all.DeleteOldest()
	}
	all.Put(k)
	h := all.Touch(k)
	pool := sdk.KeyOf(t.GetPool())
	gap := at - h.at
	goesOn := h.side != 0 && h.side != t.GetSide() && gap >= 0 && gap <= washSeconds && near(h.base, t.GetBaseAmount()) &&
		!h.passesOn(pool, r.GetSignature()) && !m.state.lapses.since(h.at)
	if !goesOn {
		h.turns = nil
	}
	h.side, h.base, h.at, h.pool = t.GetSide(), t.GetBaseAmount(), at, pool
	now := turn{slot: r.GetSlot(), side: t.GetSide(), base: t.GetBaseAmount(), quote: t.GetQuoteAmount()}
	copy(now.signature[:], r.GetSignature())
	h.turns = append(h.turns, now)
	if len(h.turns) <= washRounds {
		return
	}
	f := single(r, t)
	f.Evidence, f.Count = nil, washRounds
	for i := range h.turns {
		u := &h.turns[i]
		f.Evidence = append(f.Evidence, &sdk.FindingTrade{
			Role: sdk.RoleLeg, Signature: u.signature[:], Slot: u.slot, Trader: k.trader.Bytes(), Side: u.side, BaseAmount: u.base, QuoteAmount: u.quote,
		})
	}
	m.emit("wash", k.mint, f)
	h.turns = h.turns[len(h.turns)-1:]
}

// passesOn tells whether a trade gives on in a pool what the one before it took from another in the same transaction: an arbitrage, or a
// route, and no turn.
func (h *turning) passesOn(pool sdk.Key, signature []byte) bool {
	last := len(h.turns) - 1
	return last >= 0 && !h.pool.IsZero() && h.pool != pool && bytes.Equal(h.turns[last].signature[:], signature)
}

// near says whether two amounts are within 5 % of the first.
func near(a, b uint64) bool { return max(a, b)-min(a, b) <= a/20 }

func readHolder(r *pack.Reader) holder { return holder{mint: r.Key(), trader: r.Key()} }

func appendTurning(b []byte, h *turning) []byte {
	b = pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(b, uint64(h.side)), h.base), uint64(h.at))
	b = pack.AppendUvarint(b, uint64(len(h.turns)))
	for i := range h.turns {
		u := &h.turns[i]
		b = append(b, u.signature[:]...)
		for _, n := range []uint64{u.slot, uint64(u.side), u.base, u.quote} {
			b = pack.AppendUvarint(b, n)
		}
	}
	return pack.AppendOptionalKey(b, h.pool)
}

func readTurning(r *pack.Reader, h *turning, version uint32) {
	h.side, h.base, h.at = sdk.Side(r.Uvarint()), r.Uvarint(), int64(r.Uvarint())
	for range r.Count(64 + 4) {
		h.turns = append(h.turns, turn{
			signature: readSignature(r), slot: r.Uvarint(), side: sdk.Side(r.Uvarint()), base: r.Uvarint(), quote: r.Uvarint(),
		})
	}
	if version > 7 {
		h.pool = r.OptionalKey()
	}
}

// read reads those of a state in one piece.
func (w *turnings) read(r *pack.Reader) {
	for range r.Count(64 + 4) {
		readTurning(r, w.holders.Put(readHolder(r)), 5)
	}
}
