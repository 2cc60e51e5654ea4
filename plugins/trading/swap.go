package trading

import (
	"cmp"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// swap is what detection keeps of a trade until its slot is over.
type swap struct {
	signature                 [64]byte
	tx, outer, inner          uint64 // inner is one more than the path says; 0 is the outer instruction itself
	trader, payer, router     sdk.Key
	pool, mint, quote         sdk.Key
	venue                     sdk.Venue
	side                      sdk.Side
	base, quoteAmount, pooled uint64 // pooled is what the price curve saw of the quote mint
	seen                      uint64 // what it saw of the coin: base without the fees that were taken in the coin
	before, after             price
	tip, costs                uint64 // costs is tip and priority fee
	agent, costsKnown         bool
	taken                     bool // is part of a sandwich; not saved
}

// maxSwaps is how many trades of one slot are looked at together. Blocks hold some 2,000 of them.
const maxSwaps = 10_000

// slotTrades are the trades of the newest slot.
type slotTrades struct {
	slot  uint64
	swaps []swap
}

func swapOf(r *sdk.Record, t *sdk.Trade) swap {
	s := swap{
		tx: r.GetTxIndex(), outer: uint64(r.GetInstruction().GetOuter()),
		trader: sdk.KeyOf(t.GetTrader()), payer: sdk.KeyOf(t.GetFeePayer()), router: sdk.KeyOf(t.GetRouter()),
		pool: sdk.KeyOf(t.GetPool()), mint: sdk.KeyOf(t.GetMint()), quote: sdk.KeyOf(t.GetQuoteMint()),
		venue: t.GetVenue(), side: t.GetSide(), base: t.GetBaseAmount(), quoteAmount: t.GetQuoteAmount(), pooled: t.GetPoolQuoteAmount(),
		before: spot(t.GetReservesBefore()), after: spot(t.GetReservesAfter()),
		tip: t.GetTip(), costs: t.GetTip() + t.GetPriorityFee(), agent: t.GetAgent(),
		costsKnown: t.Tip != nil && t.PriorityFee != nil,
	}
	s.seen = feesOf(t.GetFees()).seen(t)
	copy(s.signature[:], r.GetSignature())
	if path := r.GetInstruction(); path != nil && path.Inner != nil {
		s.inner = uint64(path.GetInner()) + 1
	}
	return s
}

// told says whether it is known what the trader gave or got with fees: the oldest records do not say it.
func (s *swap) told() bool { return s.quoteAmount > 0 || s.pooled == 0 }

func byOrder(a, b *swap) int {
	return cmp.Or(cmp.Compare(a.tx, b.tx), cmp.Compare(a.outer, b.outer), cmp.Compare(a.inner, b.inner))
}

// evidence is the swap as a piece of it.
func (s *swap) evidence(role sdk.FindingRole, slot uint64) *sdk.FindingTrade {
	return &sdk.FindingTrade{
		Role: role, Signature: s.signature[:], Slot: slot, TxIndex: new(s.tx), Trader: s.trader.Bytes(), Side: s.side,
		BaseAmount: s.base, QuoteAmount: s.quoteAmount,
	}
}

// watch keeps the trade, and looks at the slot before it when a new one begins. Trades of older slots come too late.
func (m *monitor) watch(r *sdk.Record, t *sdk.Trade) {
	m.reach(r.GetSlot())
	if r.TxIndex == nil || r.GetSlot() < m.state.slot.slot || len(m.state.slot.swaps) >= maxSwaps {
		return
	}
	m.state.slot.swaps = append(m.state.slot.swaps, swapOf(r, t))
}

// reach ends the slot at hand when a later one begins.
func (m *monitor) reach(slot uint64) {
	s := &m.state.slot
	if slot <= s.slot {
		return
	}
	order := make([]*swap, len(s.swaps))
	for i := range s.swaps {
		order[i] = &s.swaps[i]
	}
	slices.SortStableFunc(order, byOrder)
	m.findInSlot(s.slot, order)
	s.slot, s.swaps = slot, s.swaps[:0]
	m.state.launches.forget(slot, m.config.SniperSlots)
}

// emit gives a finding out.
func (m *monitor) emit(kind string, key sdk.Key, f *sdk.Finding) {
	const shown = 16
	if f.Trades == 0 {
		f.Trades = uint64(len(f.Evidence))
	}
	f.Evidence = f.Evidence[:min(len(f.Evidence), shown)]
	m.host.Emit(&sdk.Output{Kind: kind, Key: key.String(), Body: &sdk.FindingBody{Finding: f}})
}

func (s *slotTrades) append(b []byte) []byte {
	b = pack.AppendUvarint(pack.AppendUvarint(b, s.slot), uint64(len(s.swaps)))
	for i := range s.swaps {
		b = s.swaps[i].append(b)
	}
	return b
}

func (s *swap) append(b []byte) []byte {
	b = append(b, s.signature[:]...)
	for _, k := range []sdk.Key{s.trader, s.payer, s.router, s.pool, s.mint, s.quote} {
		b = pack.AppendOptionalKey(b, k)
	}
	flags := uint64(0)
	if s.agent {
		flags = 1
	}
	if s.costsKnown {
		flags |= 2
	}
	for _, n := range []uint64{
		s.tx, s.outer, s.inner, uint64(s.venue), uint64(s.side), s.base, s.quoteAmount, s.pooled,
		s.before.quote, s.before.base, s.after.quote, s.after.base, s.tip, s.costs, flags, s.seen,
	} {
		b = pack.AppendUvarint(b, n)
	}
	return b
}

func readSignature(r *pack.Reader) (s [64]byte) {
	one, two := r.Key(), r.Key()
	copy(s[:], one[:])
	copy(s[32:], two[:])
	return s
}

func readSlot(r *pack.Reader, version uint32) (s slotTrades) {
	s.slot = r.Uvarint()
	for range r.Count(64 + 6 + 15) {
		s.swaps = append(s.swaps, readSwap(r, version))
	}
	return s
}

func readSwap(r *pack.Reader, version uint32) (s swap) {
	s.signature = readSignature(r)
	for _, k := range []*sdk.Key{&s.trader, &s.payer, &s.router, &s.pool, &s.mint, &s.quote} {
		*k = r.OptionalKey()
	}
	s.tx, s.outer, s.inner = r.Uvarint(), r.Uvarint(), r.Uvarint()
	s.venue, s.side = sdk.Venue(r.Uvarint()), sdk.Side(r.Uvarint())
	s.base, s.quoteAmount, s.pooled = r.Uvarint(), r.Uvarint(), r.Uvarint()
	s.before = price{quote: r.Uvarint(), base: r.Uvarint()}
	s.after = price{quote: r.Uvarint(), base: r.Uvarint()}
	s.tip, s.costs = r.Uvarint(), r.Uvarint()
	flags := r.Uvarint()
	s.agent, s.costsKnown = flags&1 != 0, flags&2 != 0
	if s.seen = s.base; version > 4 {
		s.seen = r.Uvarint()
	}
	return s
}

// retract notes that a slot never happened: nothing is found in it any more. Totals, candles and windows keep what they counted of it.
func (m *monitor) retract(slot uint64) error {
	if m.state.slot.slot == slot {
		m.state.slot.swaps = m.state.slot.swaps[:0]
	}
	m.host.Retracted(slot)
	return nil
}
