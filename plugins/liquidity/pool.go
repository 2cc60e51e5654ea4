package liquidity

import "github.com/weir-run/weir/sdk"

// The currencies that coins are priced in, best first. The host names the quote mint of trades by the same order.
var currencies = []sdk.Key{
	mustKey("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"), // USDC
	mustKey("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"), // USDT
	mustKey("So11111111111111111111111111111111111111112"),  // wrapped SOL
}

func mustKey(s string) sdk.Key {
	k, err := sdk.ParseKey(s)
	if err != nil {
		panic(err)
	}
	return k
}

// isCurrency tells whether of a pool's two mints the one that the venue calls base is the currency.
func isCurrency(base, quote sdk.Key) bool {
	for _, c := range currencies {
		switch c {
		case quote:
			return false
		case base:
			return true
		}
	}
	return false
}

// pool is what is remembered of a pool. Its zero value is a pool that was never heard of.
type pool struct {
	venue        sdk.Venue
	base, quote  sdk.Key // zero where no record said it yet
	turned       bool    // the venue calls the currency base
	lpMint       sdk.Key
	creator      sdk.Key
	feesTo       sdk.Key // who gets creator fees
	reserves     reserves
	whole        bool // its creation was seen, so all positions are known
	supplied     bool // supply is known
	supply       uint64
	burned, kept uint64 // LP tokens burned and locked
	since        uint64 // slot
	fees         fees
	steps        []step  // of those who may be emptying it
	drained      [2]bool // it was reported as drained by withdrawals, by sales
}

// learn takes the mints as the venue calls them; a record may lack them.
func (p *pool) learn(venue sdk.Venue, base, quote, lpMint []byte) {
	p.venue = venue
	if b, q := sdk.KeyOf(base), sdk.KeyOf(quote); !b.IsZero() && !q.IsZero() {
		if p.turned = isCurrency(b, q); p.turned {
			b, q = q, b
		}
		p.base, p.quote = b, q
	}
	if lp := sdk.KeyOf(lpMint); !lp.IsZero() {
		p.lpMint = lp
	}
}

// turn gives two amounts that the venue calls base and quote as those of the coin and the currency.
func (p *pool) turn(base, quote uint64) (uint64, uint64) {
	if p.turned {
		return quote, base
	}
	return base, quote
}

// open takes the creation. The price begins with what is put in, but on pools of concentrated liquidity, which begin empty.
func (p *pool) open(c *sdk.PoolCreated) {
	*p = pool{since: p.since, whole: true, creator: sdk.KeyOf(c.GetCreator()), feesTo: sdk.KeyOf(c.GetCoinCreator())}
	p.learn(c.GetVenue(), c.GetBaseMint(), c.GetQuoteMint(), c.GetLpMint())
	base, quote := p.turn(c.GetBaseAmount(), c.GetQuoteAmount())
	p.reserves = reserves{held: true, base: base, quote: quote}
	if p.venue == sdk.RaydiumCLMM {
		p.reserves.concentrate(c.GetConcentrated(), reserves{})
	} else {
		p.reserves.priced, p.reserves.priceBase, p.reserves.priceQuote = true, base, quote
	}
	p.supplied, p.supply = c.LpSupply != nil, c.GetLpSupply()
}

// state before a change of liquidity.
type before struct {
	reserves reserves
	supplied bool
	supply   uint64
}

// change takes liquidity that was added or removed, and returns what was before.
func (p *pool) change(l *sdk.LiquidityChanged) before {
	p.learn(l.GetVenue(), l.GetBaseMint(), l.GetQuoteMint(), l.GetLpMint())
	last := p.reserves
	was := before{reserves: reservesOf(l.GetReservesBefore(), p.turned), supplied: p.supplied, supply: p.supply}
	p.reserves = reservesOf(l.GetReservesAfter(), p.turned)
	if p.venue == sdk.RaydiumCLMM {
		p.reserves.concentrate(l.GetConcentrated(), last)
		was.reserves.concentrate(l.GetConcentrated(), last)
		return was
	}
	p.reserves.follow(last, was.reserves)
	if !was.reserves.priced && !last.past && last.held && was.reserves.held && last.base == was.reserves.base && last.quote == was.reserves.quote {
		was.reserves = last
	}
	if l.LpSupplyBefore != nil {
		was.supplied, was.supply = true, l.GetLpSupplyBefore()
	}
	lp, added := l.GetLpAmount(), l.GetDirection() == sdk.LiquidityAdded
	p.supplied = was.supplied && l.LpAmount != nil && (added || lp <= was.supply)
	switch {
	case !p.supplied:
		p.supply = 0
	case added:
		p.supply = add(was.supply, lp)
	default:
		p.supply = was.supply - lp
	}
	return was
}

// trade takes the reserves after a trade. Its mints are named as here.
func (p *pool) trade(t *sdk.Trade) {
	p.venue, p.base, p.quote = t.GetVenue(), sdk.KeyOf(t.GetMint()), sdk.KeyOf(t.GetQuoteMint())
	p.turned = len(t.GetPoolBaseMint()) > 0 && sdk.KeyOf(t.GetPoolBaseMint()) == p.quote
	last := p.reserves
	p.reserves = reservesOf(t.GetReservesAfter(), false)
	p.reserves.boost = t.GetBoosted()
	switch {
	case p.venue == sdk.RaydiumCLMM:
		p.reserves.concentrate(t.GetConcentrated(), last)
	case !p.reserves.priced: // CPMM keeps a part of the fee out of the price that its event does not tell
		p.reserves = reservesOf(t.GetReservesBefore(), false)
		p.reserves.past = p.reserves.priced
	}
}

// boosted takes the reserves behind a step of a boost, whose price is not told.
func (p *pool) boosted(c *sdk.ReservesChanged) {
	p.reserves = reservesOf(c.GetReservesAfter(), p.quote == sdk.KeyOf(c.GetMint()))
}

// refilled says that liquidity came: the pool may be drained anew.
func (p *pool) refilled() { p.drained = [2]bool{} }
