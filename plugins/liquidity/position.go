package liquidity

import (
	"math"
	"math/big"

	"github.com/weir-run/weir/sdk"
)

// seat names a position: a wallet's LP tokens in a pool, or an NFT.
type seat struct{ pool, holder sdk.Key }

// position is what is remembered of one.
type position struct {
	owner               sdk.Key
	nft                 bool
	known               bool   // held is all that it has
	held                amount // LP tokens, or liquidity, after the last change
	entry               entry
	ranged              bool // its ticks are known
	lower, upper        int32
	feesBase, feesQuote uint64
	locked              bool
}

// at returns a position, which becomes the one that changed last. Of a pool that was seen from its creation on, a new one began empty.
func (m *monitor) at(key seat, p *pool) *position {
	all := m.state.positions
	if pos := all.Touch(key); pos != nil {
		return pos
	}
	for all.Len() >= m.config.MaxPositions {
		oldest, _, _ := all.Oldest()
		if of := m.state.pools.Change(oldest.pool); of != nil {
			of.whole = false // who comes back may have had something
		}
		all.Delete(oldest)
	}
	pos := all.Put(key)
	pos.known = p.whole
	return pos
}

// add takes what came in. told is what the position has then, where the chain says it.
func (pos *position) add(of amount, told *uint64) {
	pos.held = pos.held.plus(of)
	if told != nil {
		pos.held, pos.known = amount{low: *told}, true
	}
}

// enter is add with what was paid for it.
func (pos *position) enter(of amount, base, quote uint64, told *uint64) {
	pos.add(of, told)
	pos.entry.add(of, base, quote)
	pos.entry.cut(pos.held)
}

// remove takes what went out. Of a position that was not all paid for before our eyes, it is not known which part went.
func (pos *position) remove(of amount, told *uint64) {
	was := pos.held
	switch {
	case told != nil:
		pos.held = amount{low: *told}
		was, pos.known = pos.held.plus(of), true
	case pos.known && !pos.held.less(of):
		pos.held = pos.held.minus(of)
	default:
		pos.held, pos.known = amount{}, false
	}
	if !pos.known || pos.entry.of != was {
		pos.entry = entry{}
		return
	}
	pos.entry.cut(pos.held)
}

// enter is the creator's first liquidity.
func (m *monitor) enter(key sdk.Key, p *pool, owner sdk.Key, of amount, base, quote uint64) {
	s := seat{pool: key, holder: owner}
	pos := m.at(s, p)
	pos.owner = owner
	pos.enter(of, base, quote, nil)
	m.reportPosition(s, p, pos, sdk.PositionAdded)
}

// provide follows the position whose liquidity changed.
func (m *monitor) provide(key sdk.Key, p *pool, l *sdk.LiquidityChanged) {
	if l.GetPosition() != nil {
		m.provideNFT(key, p, l)
		return
	}
	s := seat{pool: key, holder: sdk.KeyOf(l.GetOwner())}
	if s.holder.IsZero() {
		return
	}
	pos, change := m.at(s, p), sdk.PositionAdded
	pos.owner = s.holder
	base, quote := p.turn(l.GetBaseAmount(), l.GetQuoteAmount())
	lp := amount{low: l.GetLpAmount()}
	if l.GetDirection() == sdk.LiquidityRemoved {
		change = sdk.PositionRemoved
		pos.remove(lp, l.OwnerLpAfter)
	} else {
		pos.enter(lp, base, quote, l.OwnerLpAfter)
	}
	if l.LpAmount == nil {
		pos.known, pos.entry = l.OwnerLpAfter != nil, entry{}
	}
	m.reportPosition(s, p, pos, change)
}

// provideNFT is provide on a pool of concentrated liquidity.
func (m *monitor) provideNFT(key sdk.Key, p *pool, l *sdk.LiquidityChanged) {
	n := l.GetPosition()
	s := seat{pool: key, holder: sdk.KeyOf(n.GetNftMint())}
	base, quote := p.turn(l.GetFeesBaseAmount(), l.GetFeesQuoteAmount())
	p.fees.collect(base, quote)
	if s.holder.IsZero() {
		return
	}
	pos := m.at(s, p)
	pos.nft = true
	pos.feesBase, pos.feesQuote = add(pos.feesBase, base), add(pos.feesQuote, quote)
	if owner := sdk.KeyOf(l.GetOwner()); !owner.IsZero() {
		pos.owner = owner
	}
	of := amount{high: n.GetLiquidityHigh(), low: n.GetLiquidityLow()}
	base, quote = p.turn(l.GetBaseAmount(), l.GetQuoteAmount())
	change := sdk.PositionAdded
	switch {
	case l.GetDirection() == sdk.LiquidityAdded:
		if n.TickLower != nil && n.TickUpper != nil { // it was opened by this
			pos.known, pos.ranged, pos.lower, pos.upper = true, true, n.GetTickLower(), n.GetTickUpper()
		}
		pos.enter(of, base, quote, nil)
	case of == (amount{}):
		change = sdk.PositionCollected
	default:
		change = sdk.PositionRemoved
		pos.remove(of, nil)
	}
	m.reportPosition(s, p, pos, change)
}

// reportPosition says what the position is now. An empty one is forgotten.
func (m *monitor) reportPosition(s seat, p *pool, pos *position, change sdk.PositionChange) {
	if m.config.Positions {
		m.host.Emit(&sdk.Output{Kind: "lp_position", Key: s.pool.String(), Body: &sdk.PoolPositionBody{PoolPosition: pos.message(s, p, change)}})
	}
	if pos.known && pos.held == (amount{}) {
		m.state.positions.Delete(s)
	}
}

func (pos *position) message(s seat, p *pool, change sdk.PositionChange) *sdk.PoolPosition {
	o := &sdk.PoolPosition{
		Venue: p.venue, Pool: s.pool[:], Owner: pos.owner.Bytes(), Change: change, BaseMint: p.base.Bytes(), QuoteMint: p.quote.Bytes(),
		PoolLpBurned: new(p.burned), PoolLpLocked: new(p.kept), Locked: pos.locked || change == sdk.PositionLocked,
	}
	if pos.known && pos.entry.of == pos.held && pos.held != (amount{}) {
		o.EntryBaseAmount, o.EntryQuoteAmount = new(pos.entry.base), new(pos.entry.quote)
	}
	if pos.nft {
		pos.sayNFT(o, s)
		return o
	}
	if p.supplied {
		o.LpSupply = new(p.supply)
	}
	if pos.known && pos.held.high == 0 {
		o.LpAmount = new(pos.held.low)
	}
	o.ShareAbsent = pos.sayShare(o, p)
	o.ImpermanentLossAbsent = pos.sayLoss(o, p)
	return o
}

func (pos *position) sayNFT(o *sdk.PoolPosition, s seat) {
	o.NftMint, o.ShareAbsent, o.ImpermanentLossAbsent = s.holder[:], sdk.AbsentConcentrated, sdk.AbsentConcentrated
	o.FeesBaseAmount, o.FeesQuoteAmount = new(pos.feesBase), new(pos.feesQuote)
	if pos.known {
		o.LiquidityHigh, o.LiquidityLow = new(pos.held.high), new(pos.held.low)
	}
	if pos.ranged {
		o.TickLower, o.TickUpper = new(pos.lower), new(pos.upper)
	}
}

func (pos *position) sayShare(o *sdk.PoolPosition, p *pool) sdk.Absent {
	v := &p.reserves
	switch {
	case !pos.known:
		return sdk.AbsentEarlierUnknown
	case !p.supplied:
		return sdk.AbsentSupplyUnknown
	case pos.held.high != 0 || pos.held.low > p.supply:
		return sdk.AbsentTooLarge
	}
	share, ok := ratio(pos.held.big(), new(big.Int).SetUint64(max(p.supply, 1)))
	if !ok || share > million {
		return sdk.AbsentTooLarge
	}
	o.SharePpm = &share
	switch {
	case v.boosted():
		return sdk.AbsentBoosted
	case !v.priced:
		return sdk.AbsentReservesUnknown
	case p.supply == 0:
		o.BaseAmount, o.QuoteAmount = new(uint64), new(uint64)
		return sdk.Present
	}
	base, ok1 := mulDiv(v.priceBase, pos.held.low, p.supply)
	quote, ok2 := mulDiv(v.priceQuote, pos.held.low, p.supply)
	if !ok1 || !ok2 {
		return sdk.AbsentTooLarge
	}
	o.BaseAmount, o.QuoteAmount = &base, &quote
	return sdk.Present
}

func (pos *position) sayLoss(o *sdk.PoolPosition, p *pool) sdk.Absent {
	switch {
	case pos.known && pos.held == (amount{}):
		return sdk.AbsentEmpty
	case !pos.known || pos.entry.of != pos.held || pos.entry.base == math.MaxUint64 || pos.entry.quote == math.MaxUint64:
		return sdk.AbsentEntryUnknown
	}
	loss, absent := pos.entry.loss(&p.reserves)
	if absent == sdk.Present {
		o.ImpermanentLossPpm = &loss
	}
	return absent
}
