package liquidity

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

const (
	maxSteps      = 32     // of one pool that are remembered
	maxEvidence   = 16     // of them that an output holds
	leastWithdraw = 10_000 // millionths of the LP supply, below which a withdrawal is no step
	leastSale     = 50_000 // millionths of the quote reserve, below which a sale is no step
)

// step is a withdrawal or sale that may be part of emptying a pool.
type step struct {
	actor       sdk.Key
	slot        uint64
	signature   [64]byte
	sale        bool
	taken, from uint64 // LP tokens of the supply, or quote of the reserve
	lp          uint64 // 0 where there are none
	base, quote uint64
	before      reserves
}

// cause is the place of its kind in pool.drained.
func (s *step) cause() int {
	if s.sale {
		return 1
	}
	return 0
}

// withdrawn looks at liquidity that was taken out.
func (m *monitor) withdrawn(r *sdk.Record, key sdk.Key, p *pool, l *sdk.LiquidityChanged, was before) {
	base, quote := p.turn(l.GetBaseAmount(), l.GetQuoteAmount())
	lp := l.GetLpAmount()
	s := step{actor: sdk.KeyOf(l.GetOwner()), taken: lp, from: was.supply, lp: lp, base: base, quote: quote, before: was.reserves}
	if !was.supplied || l.LpAmount == nil {
		s.taken, s.from = quote, was.reserves.quote // pools of concentrated liquidity have no LP tokens
	}
	m.drain(r, key, p, &s, leastWithdraw)
}

// sold looks at a trade.
func (m *monitor) sold(r *sdk.Record, key sdk.Key, p *pool, t *sdk.Trade) {
	if t.GetSide() != sdk.Sell || t.GetPoolQuoteAmount() < t.GetReservesBefore().GetPriceQuote()/(million/leastSale) {
		return
	}
	m.drain(r, key, p, &step{
		actor: sdk.KeyOf(t.GetTrader()), sale: true, taken: t.GetPoolQuoteAmount(), from: t.GetReservesBefore().GetPriceQuote(),
		base: t.GetBaseAmount(), quote: t.GetPoolQuoteAmount(), before: reservesOf(t.GetReservesBefore(), false),
	}, leastSale)
}

// drain remembers a step, and reports the pool when its actor took enough within the time.
func (m *monitor) drain(r *sdk.Record, key sdk.Key, p *pool, s *step, least uint64) {
	share, ok := mulDiv(s.taken, million, s.from)
	if !m.config.Drains || p.drained[s.cause()] || s.actor.IsZero() || !ok || share < least {
		return
	}
	s.slot = r.GetSlot()
	copy(s.signature[:], r.GetSignature())
	p.steps = slices.DeleteFunc(p.steps, func(old step) bool { return old.slot+m.config.DrainSlots < s.slot })
	if len(p.steps) == maxSteps {
		p.steps = slices.Delete(p.steps, 0, 1)
	}
	p.steps = append(p.steps, *s)
	own, share := s.since(p.steps, m.config.DrainPpm)
	if len(own) == 0 {
		return
	}
	p.drained[s.cause()] = true
	p.steps = slices.DeleteFunc(p.steps, func(old step) bool { return old.sale == s.sale })
	m.host.Emit(&sdk.Output{Kind: "pool_drained", Key: key.String(), Body: &sdk.PoolDrainedBody{PoolDrained: m.drained(key, p, own, share, s.slot)}})
}

// since gives the steps of the same actor that drained the pool, this one last, and what part they took: the longest row of them that took
// enough of what was there before it, of which no more is left now than the rest. Who puts liquidity back between two withdrawals, or sells
// what others buy back, took much and drained nothing. It is empty where there is no such row.
func (s *step) since(steps []step, ppm uint64) (own []step, share uint64) {
	for i := range steps {
		if o := &steps[i]; o.actor == s.actor && o.sale == s.sale && o.byLP() == s.byLP() {
			own = append(own, *o)
		}
	}
	left := s.from - min(s.taken, s.from)
	for ; len(own) > 0; own = own[1:] {
		taken, from := uint64(0), own[0].from
		for i := range own {
			taken = add(taken, own[i].taken)
		}
		share, fits := mulDiv(taken, million, from)
		gone, _ := mulDiv(from-min(left, from), million, from)
		if fits && share >= ppm && gone >= ppm {
			return own, min(share, million)
		}
	}
	return nil, 0
}

// byLP tells whether the step is measured by LP tokens, not by the currency.
func (s *step) byLP() bool { return s.lp > 0 && s.taken == s.lp }

func (m *monitor) drained(key sdk.Key, p *pool, steps []step, share, slot uint64) *sdk.PoolDrained {
	first := &steps[0]
	d := &sdk.PoolDrained{
		Venue: p.venue, Pool: key[:], BaseMint: p.base.Bytes(), QuoteMint: p.quote.Bytes(), Cause: sdk.DrainRemoved, Actor: first.actor[:],
		Creator:  first.actor == p.creator || first.actor == p.feesTo,
		FromSlot: first.slot, TakenPpm: share, ReservesBefore: first.before.message(), ReservesAfter: p.reserves.message(), StepCount: uint64(len(steps)),
	}
	if first.sale {
		d.Cause = sdk.DrainSoldOff
	}
	for i := range steps {
		s := &steps[i]
		d.QuoteAmount = add(d.QuoteAmount, s.quote)
		if !s.sale {
			d.BaseAmount = add(d.BaseAmount, s.base)
		}
		if i < maxEvidence {
			d.Steps = append(d.Steps, s.message())
		}
	}
	if usd, _, ok := m.state.rest.prices.of(p.quote, d.GetQuoteAmount(), slot, m.config.DollarSlots); ok {
		d.UsdMicros = &usd
	}
	return d
}

func (s *step) message() *sdk.DrainStep {
	e := &sdk.DrainStep{Signature: s.signature[:], Slot: s.slot, BaseAmount: s.base, QuoteAmount: s.quote}
	if s.lp > 0 {
		e.LpAmount = &s.lp
	}
	return e
}

func (s *step) append(b []byte) []byte {
	b = append(append(pack.AppendKey(b, s.actor), s.signature[:]...), flags(s.sale))
	for _, n := range []uint64{s.slot, s.taken, s.from, s.lp, s.base, s.quote} {
		b = pack.AppendUvarint(b, n)
	}
	return s.before.append(b)
}

func readStep(r *pack.Reader) (s step) {
	s.actor = r.Key()
	for i := range s.signature {
		s.signature[i] = r.Byte()
	}
	s.sale = r.Byte() != 0
	s.slot, s.taken, s.from, s.lp, s.base, s.quote = r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint()
	s.before = readReserves(r)
	return s
}
