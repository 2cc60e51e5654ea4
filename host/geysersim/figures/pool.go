package figures

import (
	"math/big"
	"slices"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// Curve is a bonding curve after the last fact of it.
type Curve struct {
	Mint, Curve, Creator string
	// Reserves as the last trade left them.
	Reserves geysersim.TruthReserves
	// ProgressBps is 1 - tokens left / tokens at the start, in 1/10,000, rounded down.
	ProgressBps uint32
	// MarketCap is the worth of the whole supply at the last price, lamports, rounded down.
	MarketCap uint64
	Trades    uint64
	Complete  bool
	// Pool is where the coin migrated to, empty before.
	Pool string
	// Fees by kind, lamports; the buyback is part of the protocol fee.
	Fees map[string]uint64
}

// Curve gives the curve of a coin, nil when there is none.
func (b *Book) Curve(mint string) *Curve { return b.curves[mint] }

func (b *Book) addCurve(f *geysersim.Truth) {
	if f.Venue != geysersim.VenuePump {
		return
	}
	c := b.curves[f.Mint]
	if c == nil {
		c = &Curve{Mint: f.Mint, Curve: f.Pool, Fees: map[string]uint64{}}
		b.curves[f.Mint] = c
	}
	switch f.Kind {
	case geysersim.TruthTokenCreated:
		c.Creator = f.Trader
		c.stand(f.After)
	case geysersim.TruthTrade:
		c.Trades++
		c.stand(f.After)
		for _, fee := range f.Fees {
			c.Fees[fee.Kind] += fee.Amount
		}
	case geysersim.TruthCurveCompleted:
		c.Complete = true
	case geysersim.TruthTokenMigrated:
		c.Pool = f.TargetPool
	}
}

func (c *Curve) stand(r *geysersim.TruthReserves) {
	c.Reserves = *r
	sold := n(pumpfun.InitialRealToken - r.Base)
	c.ProgressBps = uint32(sold.Mul(sold, big.NewInt(10_000)).Quo(sold, n(pumpfun.InitialRealToken)).Uint64())
	c.MarketCap = new(big.Int).Quo(new(big.Int).Mul(n(pumpfun.Supply), n(r.PriceQuote)), n(r.PriceBase)).Uint64()
}

// Pool is a pool after the last fact of it. Base and quote are the mints that the venue calls so.
type Pool struct {
	Pool, Venue, BaseMint, QuoteMint string
	// Base and Quote are what its vaults hold.
	Base, Quote uint64
	// PriceBase and PriceQuote are the reserves of the price formula; 0 until a trade or, on PumpSwap, after liquidity moved.
	PriceBase, PriceQuote uint64
	// LPSupply counts what is locked for ever since the start.
	LPSupply uint64
	// Owners has the LP tokens that each got and did not give back by the pool's own instructions.
	Owners map[string]uint64
	Trades uint64
	// BaseFees and QuoteFees of trades by kind, raw units; the buyback is part of the protocol fee.
	BaseFees, QuoteFees map[string]uint64
	// BaseVolume and QuoteVolume are what traders and the curve exchanged: amounts without fees on the quote side of the trade.
	BaseVolume, QuoteVolume big.Int
}

// Pools gives all pools, by their address.
func (b *Book) Pools() map[string]*Pool { return b.pools }

// SharePPM is an owner's part of the LP supply in millionths, rounded down.
func (p *Pool) SharePPM(owner string) uint64 {
	return new(big.Int).Quo(new(big.Int).Mul(n(p.Owners[owner]), big.NewInt(1_000_000)), n(p.LPSupply)).Uint64()
}

// Value is what both vaults are worth in one of the mints, raw units rounded down, the other mint at the price of the pool. It is false
// where the price is not known.
func (p *Pool) Value(inQuote bool) (*big.Int, bool) {
	own, other, up, down := p.Quote, p.Base, p.PriceQuote, p.PriceBase
	if !inQuote {
		own, other, up, down = p.Base, p.Quote, p.PriceBase, p.PriceQuote
	}
	if down == 0 || up == 0 {
		return nil, false
	}
	worth := new(big.Int).Mul(n(other), n(up))
	return worth.Quo(worth, n(down)).Add(worth, n(own)), true
}

func (b *Book) addPool(f *geysersim.Truth) {
	switch f.Kind {
	case geysersim.TruthPoolCreated:
		p := &Pool{
			Pool: f.Pool, Venue: f.Venue, BaseMint: f.Mint, QuoteMint: f.QuoteMint, Base: f.BaseAmount, Quote: f.QuoteAmount,
			PriceBase: f.BaseAmount, PriceQuote: f.QuoteAmount, Owners: map[string]uint64{f.Trader: f.LPAmount},
			BaseFees: map[string]uint64{}, QuoteFees: map[string]uint64{},
		}
		p.LPSupply = new(big.Int).Sqrt(new(big.Int).Mul(n(f.BaseAmount), n(f.QuoteAmount))).Uint64()
		b.pools[f.Pool] = p
	case geysersim.TruthLiquidityAdded, geysersim.TruthLiquidityRemoved:
		p := b.pools[f.Pool]
		p.stand(f.After)
		if f.Kind == geysersim.TruthLiquidityAdded {
			p.LPSupply += f.LPAmount
			p.Owners[f.Trader] += f.LPAmount
		} else {
			p.LPSupply -= f.LPAmount
			p.Owners[f.Trader] -= f.LPAmount
		}
	case geysersim.TruthTrade:
		if p := b.pools[f.Pool]; p != nil {
			p.trade(f)
		}
	}
}

func (p *Pool) stand(r *geysersim.TruthReserves) {
	p.Base, p.Quote, p.PriceBase, p.PriceQuote = r.Base, r.Quote, r.PriceBase, r.PriceQuote
}

func (p *Pool) trade(f *geysersim.Truth) {
	p.Trades++
	after, base, quote, turned := *f.After, n(f.BaseAmount), n(f.PoolQuoteAmount), f.Mint != p.BaseMint
	if turned { // a trade names the coin first
		after = geysersim.TruthReserves{Base: after.Quote, Quote: after.Base, PriceBase: after.PriceQuote, PriceQuote: after.PriceBase}
		base, quote = quote, base
	}
	p.stand(&after)
	p.BaseVolume.Add(&p.BaseVolume, base)
	p.QuoteVolume.Add(&p.QuoteVolume, quote)
	for _, fee := range f.Fees {
		if fee.InBase != turned {
			p.BaseFees[fee.Kind] += fee.Amount
		} else {
			p.QuoteFees[fee.Kind] += fee.Amount
		}
	}
}

// Facts gives all facts so far, in order.
func (b *Book) Facts() []geysersim.Truth { return slices.Clone(b.facts) }
