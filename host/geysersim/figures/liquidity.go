package figures

import (
	"math/big"
	"slices"
	"strings"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// LiquidityBook works out what a liquidity monitor with all switched on must say of each fact of a chain. It takes the facts in order and
// is not safe for concurrent use.
type LiquidityBook struct {
	late    int64
	pools   map[string]*standing
	dollars dollars
	price   *big.Rat // of a lamport, as the last trade on a pool carried it
	priced  uint64   // slot that it is from
	now     int64    // chain time
	slot    uint64
	lengths []*periods
}

// NewLiquidity makes an empty book. believed is the pool that tells what SOL is worth, lengths those of periods in seconds, and
// lateSeconds the monitor's late_seconds.
func NewLiquidity(believed string, lengths []int64, lateSeconds int64) *LiquidityBook {
	b := &LiquidityBook{late: lateSeconds, pools: map[string]*standing{}}
	b.dollars.believed = []string{believed}
	for _, seconds := range lengths {
		b.lengths = append(b.lengths, &periods{seconds: seconds})
	}
	return b
}

// two is an amount of either mint: the coin and the currency.
type two struct{ coin, currency uint64 }

// standing is a pool after the last fact of it.
type standing struct {
	geysersim.Truth      // of the pool's creation, or of the first fact
	turned          bool // the venue calls the currency base
	born            bool // its creation is among the facts
	held, makes     two  // by the vaults, and what makes the price
	supply          *uint64
	burned          uint64
	seats           map[string]*seat
	takes           []geysersim.Truth // withdrawals and sales that count as steps of a drain
	states          []reservesAt
	drained         map[string]bool // by the kind of its steps
}

type reservesAt struct{ held, makes two }

// Add takes the next fact, with a block time only if its record has one, and gives the kinds and bodies that are due for it. Impermanent losses are exact.
func (b *LiquidityBook) Add(f geysersim.Truth) (due []*eventv1.Output) {
	switch {
	case f.Kind == geysersim.TruthTrade && f.Venue != geysersim.VenuePump:
		due = b.trade(&f)
	case f.Kind == geysersim.TruthPoolCreated:
		due = b.create(&f)
	case f.Kind == geysersim.TruthLiquidityAdded, f.Kind == geysersim.TruthLiquidityRemoved:
		due = b.change(&f)
	case f.Kind == geysersim.TruthLPBurned:
		p := b.pools[f.Pool]
		p.burned += f.LPAmount
		due = []*eventv1.Output{p.leave(&f, eventv1.PositionChange_POSITION_CHANGE_BURNED)}
	case f.Kind == geysersim.TruthTrade:
		b.dollars.learn(&f)
	}
	return due
}

// pool finds or makes the standing of a fact's pool.
func (b *LiquidityBook) pool(f *geysersim.Truth) *standing {
	p := b.pools[f.Pool]
	if p == nil {
		p = &standing{Truth: *f, seats: map[string]*seat{}, drained: map[string]bool{}}
		b.pools[f.Pool] = p
	}
	return p
}

// currencyIsBase tells whether of two mints the first is the one that prices the other.
func currencyIsBase(base, quote string) bool {
	rank := func(mint string) int { return dex.QuoteRank(dex.MustKey(mint)) }
	return rank(base) > rank(quote)
}

func (p *standing) turn(base, quote uint64) two {
	if p.turned {
		return two{coin: quote, currency: base}
	}
	return two{coin: base, currency: quote}
}

func (p *standing) coin() string     { return p.turnedText(p.Mint, p.QuoteMint) }
func (p *standing) currency() string { return p.turnedText(p.QuoteMint, p.Mint) }

func (p *standing) turnedText(straight, turned string) string {
	if p.turned {
		return turned
	}
	return straight
}

func (b *LiquidityBook) create(f *geysersim.Truth) []*eventv1.Output {
	p := b.pool(f)
	p.born, p.turned = true, currencyIsBase(f.Mint, f.QuoteMint)
	p.held = p.turn(f.BaseAmount, f.QuoteAmount)
	p.makes = p.held
	p.supply = new(new(big.Int).Sqrt(new(big.Int).Mul(n(f.BaseAmount), n(f.QuoteAmount))).Uint64())
	r := p.report(f, eventv1.PoolChange_POOL_CHANGE_CREATED)
	r.Reserves, r.LpAmount, r.Value, r.LpSupply = &eventv1.Reserves{Base: &f.BaseAmount, Quote: &f.QuoteAmount}, &f.LPAmount, b.value(p, f.Slot), p.supply
	due := []*eventv1.Output{{Kind: "pool_created", Body: &eventv1.Output_PoolReported{PoolReported: r}}, p.join(f)}
	return append(append(due, b.tick(f, p)...), p.depthOutput())
}

func (b *LiquidityBook) change(f *geysersim.Truth) []*eventv1.Output {
	p := b.pool(f)
	p.turned = currencyIsBase(f.Mint, f.QuoteMint)
	p.states = append(p.states, reservesAt{p.held, p.makes})
	was, moved := *p.supply, p.turn(f.BaseAmount, f.QuoteAmount)
	p.held = p.turn(f.After.Base, f.After.Quote)
	p.makes = p.turn(f.After.PriceBase, f.After.PriceQuote)
	added := f.Kind == geysersim.TruthLiquidityAdded
	whole := was
	if before := p.states[len(p.states)-1].makes; f.After.PriceBase == 0 && added { // PumpSwap says what the vaults hold
		p.makes = two{before.coin + moved.coin, before.currency + moved.currency}
	} else if f.After.PriceBase == 0 {
		p.makes = two{before.coin - moved.coin, before.currency - moved.currency}
	}
	kind, direction := "liquidity_removed", eventv1.PoolChange_POOL_CHANGE_REMOVED
	if added {
		kind, direction, whole = "liquidity_added", eventv1.PoolChange_POOL_CHANGE_ADDED, was+f.LPAmount
		p.supply = new(was + f.LPAmount)
		p.drained = map[string]bool{}
	} else {
		p.supply = new(was - f.LPAmount)
	}
	r := p.report(f, direction)
	r.Reserves, r.LpAmount, r.Value, r.LpSupply = contract(f.After), &f.LPAmount, b.value(p, f.Slot), p.supply
	r.SharePpm = new(uint64(ppm(new(big.Rat).SetFrac(n(f.LPAmount), n(whole)))))
	due := []*eventv1.Output{{Kind: kind, Body: &eventv1.Output_PoolReported{PoolReported: r}}}
	if added {
		due = append(due, p.join(f))
	} else {
		due = append(due, p.leave(f, eventv1.PositionChange_POSITION_CHANGE_REMOVED))
	}
	due = append(due, b.tick(f, p)...)
	if !added {
		due = append(due, b.drain(f, p, new(big.Rat).SetFrac(n(f.LPAmount), n(was)), was)...)
	}
	return append(due, p.depthOutput())
}

func (b *LiquidityBook) trade(f *geysersim.Truth) []*eventv1.Output {
	p := b.pool(f)
	if !p.born && p.Kind == geysersim.TruthTrade { // its mints are known of trades alone: those name the coin first
		p.turned = false
	}
	if price, slot := b.dollars.worth(f); price != nil && f.QuoteMint == wsol {
		b.price, b.priced = price, slot
	}
	b.dollars.learn(f)
	p.states = append(p.states, reservesAt{p.held, p.makes})
	p.held, p.makes = two{f.After.Base, f.After.Quote}, two{f.After.PriceBase, f.After.PriceQuote}
	r := p.report(f, eventv1.PoolChange_POOL_CHANGE_TRADED)
	r.QuoteAmount, r.Reserves, r.Value, r.LpSupply = f.PoolQuoteAmount, contract(f.After), b.value(p, f.Slot), p.supply
	due := append([]*eventv1.Output{{Kind: "pool_traded", Body: &eventv1.Output_PoolReported{PoolReported: r}}}, b.tick(f, p)...)
	if f.Side == "sell" {
		due = append(due, b.drain(f, p, new(big.Rat).SetFrac(n(f.PoolQuoteAmount), n(f.Before.PriceQuote)), f.Before.PriceQuote)...)
	}
	return due
}

func (p *standing) report(f *geysersim.Truth, change eventv1.PoolChange) *eventv1.PoolReported {
	return &eventv1.PoolReported{
		Venue: venues[f.Venue], Pool: key(f.Pool), Change: change, BaseMint: key(f.Mint), QuoteMint: key(f.QuoteMint), BaseAmount: f.BaseAmount,
		QuoteAmount: f.QuoteAmount, Owner: key(f.Trader),
	}
}

// contract is reserves as a record has them.
func contract(r *geysersim.TruthReserves) *eventv1.Reserves {
	v := &eventv1.Reserves{Base: &r.Base, Quote: &r.Quote}
	if r.PriceBase != 0 {
		v.PriceBase, v.PriceQuote = &r.PriceBase, &r.PriceQuote
	}
	return v
}

func (s reservesAt) contract() *eventv1.Reserves {
	return contract(&geysersim.TruthReserves{Base: s.held.coin, Quote: s.held.currency, PriceBase: s.makes.coin, PriceQuote: s.makes.currency})
}

// value is the currency that makes the price and the coin at the price that both make.
func (b *LiquidityBook) value(p *standing, slot uint64) *eventv1.PoolValue {
	v := &eventv1.PoolValue{Mint: key(p.currency())}
	price := ratio(p.makes.currency, p.makes.coin)
	worth := price.Mul(price, new(big.Rat).SetInt(n(p.makes.coin)))
	worth.Add(worth, new(big.Rat).SetInt(n(p.makes.currency)))
	v.Amount = new(new(big.Int).Quo(worth.Num(), worth.Denom()).Uint64())
	v.UsdMicros, v.UsdSlot = b.inDollars(p.currency(), v.GetAmount(), slot)
	return v
}

func (b *LiquidityBook) inDollars(mint string, amount, slot uint64) (usd, from *uint64) {
	switch {
	case mint == usdc:
		return &amount, new(uint64)
	case mint == wsol && b.price != nil && b.priced+dollarSlots >= slot:
		return new(micros(amount, b.price)), new(b.priced)
	}
	return nil, nil
}

// What makes a step of a drain, and a drain of steps.
var (
	leastWithdrawal, leastSale = big.NewRat(1, 100), big.NewRat(5, 100)
	drainPart                  = big.NewRat(80, 100)
)

const drainSlots = 150

// feeKind is the contract's name of a fee.
func feeKind(kind string) eventv1.FeeKind {
	return eventv1.FeeKind(eventv1.FeeKind_value["FEE_KIND_"+strings.ToUpper(kind)])
}

// byKind sorts sums of fees as an output has them.
func byKind(list []*eventv1.FeeTotal) {
	slices.SortFunc(list, func(a, b *eventv1.FeeTotal) int {
		if a.GetKind() != b.GetKind() {
			return int(a.GetKind() - b.GetKind())
		}
		if a.GetInBase() == b.GetInBase() {
			return 0
		}
		if b.GetInBase() {
			return -1
		}
		return 1
	})
}
