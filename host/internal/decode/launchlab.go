package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// labEvent gives the record of one event of LaunchLab. One that cannot be read is counted, and left to the later strategies.
func (d *Decoder) labEvent(c *call, f *found) {
	switch tag := dex.Tag(f.raw); tag {
	case launchlab.TagTrade:
		d.labTrade(c, f)
	case launchlab.TagPoolCreate:
		d.labCreate(c, f)
	default:
		d.unknownEvent(lab, tag)
	}
}

func (d *Decoder) labTrade(c *call, f *found) {
	e := d.labTrades.next()
	if !d.parsed(lab, e.Parse(f.raw), e.Tail) {
		return
	}
	base, quote, ok1 := e.Legs()
	fees, ok2 := e.Fees()
	net, ok3 := withFees(quote, fees, e.IsBuy())
	if !ok1 || !ok2 || !ok3 || e.TradeDirection > launchlab.DirectionSell {
		d.stats.of[lab].malformed.Add(1)
		return
	}
	s, ok := d.labFacts(c)
	if !ok || !d.isPool(c, launchlab.Kind(c.kind).Places().Pool, &e.PoolState) { // nothing names user and mints
		d.lose(c)
		return
	}
	s.buy, s.legBase, s.legQuote = e.IsBuy(), base, quote
	s.base, s.quote = e.AmountIn, e.AmountOut
	if s.buy {
		s.base, s.quote = s.quote, s.base
	} else if s.quote == quote { // in case the event tells it before fees
		s.quote = net
	}
	d.stats.of[lab].agree(s.base == base && s.quote == net)
	d.labCheck(c, e, &s)
	s.before, s.after = labState(e, e.Before()), labState(e, e.After())
	b := d.trade(c, f.strategy, &s)
	b.trade.ExactIn = exactly(launchlab.Kind(c.kind).IsExactIn())
	d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, e.ProtocolFee, -1, false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_PLATFORM, e.PlatformFee, -1, false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_CREATOR, e.CreatorFee, -1, false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_REFERRER, e.ShareFee, -1, false)
	if bps, ok := e.Progress(); ok {
		b.trade.CurveProgressBps = d.pool.u32.of(uint32(bps))
	}
	if e.PoolStatus != launchlab.StatusFund {
		d.labComplete(c, f.strategy, &s)
	}
}

// labFacts are what the instruction of a trade says.
func (d *Decoder) labFacts(c *call) (swapFacts, bool) {
	kind := launchlab.Kind(c.kind)
	p := kind.Places()
	s := swapFacts{
		pool: d.account(c, p.Pool), user: d.account(c, p.User), baseMint: d.account(c, p.BaseMint), quoteMint: d.account(c, p.QuoteMint),
		buy: kind.IsBuy(),
	}
	if !kind.IsTrade() || s.pool == nil || s.user == nil || s.baseMint == nil || s.quoteMint == nil {
		return s, false
	}
	s.baseDecimals = d.decimalsOf(s.baseMint, d.balanceAt(c, p.BaseVault))
	s.quoteDecimals = d.decimalsOf(s.quoteMint, d.balanceAt(c, p.QuoteVault))
	return s, true
}

// labCheck takes the limit from the arguments, and holds the event against them. The buy that completes a curve may be filled in part.
func (d *Decoder) labCheck(c *call, e *launchlab.TradeEvent, s *swapFacts) {
	in, err := launchlab.ParseInstruction(c.in.Data)
	if err != nil {
		return
	}
	s.limit, s.limited = in.Limit, true
	exact := e.AmountOut
	if in.Kind.IsExactIn() {
		exact = e.AmountIn
	}
	d.stats.of[lab].agree(in.Kind.IsBuy() == s.buy && (exact == in.Amount || s.buy && exact < in.Amount))
}

// labState turns the sold amounts of an event into what the curve still has. Prices are those of the constant-product curve, which the
// event does not name: they stand where the trade follows it.
func labState(e *launchlab.TradeEvent, c launchlab.Curve) state {
	s := state{quote: c.RealQuote}
	if c.RealBase <= e.TotalBaseSell {
		s.base, s.held = e.TotalBaseSell-c.RealBase, true
	}
	if e.IsConstantProduct() {
		s.priceBase, s.priceQuote, s.priced = c.Price()
	}
	return s
}

func (d *Decoder) labComplete(c *call, s eventv1.Strategy, f *swapFacts) {
	d.seldom(c, s, 0).Body = &eventv1.Record_CurveCompleted{CurveCompleted: &eventv1.CurveCompleted{
		Venue: eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB, Mint: f.baseMint, Curve: f.pool, User: f.user, QuoteMint: f.quoteMint,
	}}
}

func (d *Decoder) labCreate(c *call, f *found) {
	e, err := launchlab.ParsePoolCreateEvent(f.raw)
	if !d.parsed(lab, err, e.Tail) {
		return
	}
	kind := launchlab.Kind(c.kind)
	p := kind.Places()
	mint, quote := d.account(c, p.BaseMint), d.account(c, p.QuoteMint)
	if !kind.IsInitialize() || mint == nil || quote == nil || !d.isPool(c, p.Pool, &e.PoolState) {
		d.lose(c)
		return
	}
	decimals := d.pool.u32.of(uint32(e.Mint.Decimals))
	t := &eventv1.TokenCreated{
		Venue: eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB, Mint: mint, Curve: e.PoolState[:], Creator: e.Creator[:], User: d.account(c, p.User),
		Name: text(e.Mint.Name), Symbol: text(e.Mint.Symbol), Uri: text(e.Mint.URI), QuoteMint: quote, Decimals: decimals,
		TokenProgram: d.account(c, p.BaseProgram), TotalSupply: d.pool.u64.of(e.Curve.Supply),
	}
	if e.Curve.Curve == launchlab.CurveConstant {
		t.Reserves = d.reserves(&eventv1.Reserves{}, &state{base: e.Curve.TotalBaseSell, held: true}, false)
	}
	d.seldom(c, f.strategy, 0).Body = &eventv1.Record_TokenCreated{TokenCreated: t}
	d.seldom(c, f.strategy, 0).Body = &eventv1.Record_PoolCreated{PoolCreated: &eventv1.PoolCreated{
		Venue: eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB, Pool: e.PoolState[:], Creator: e.Creator[:], BaseMint: mint, QuoteMint: quote,
		BaseAmount: e.Curve.Supply, BaseDecimals: decimals, QuoteDecimals: d.knownDecimals(quote, d.balanceAt(c, p.QuoteVault)),
		Config: e.Config[:],
	}}
}

// lab answers for a trade whose event is lost, and for migrations, of which no event tells.
func (l ledger) lab() bool {
	kind := launchlab.Kind(l.c.kind)
	switch {
	case kind.IsTrade():
		return l.labTrade(kind)
	case kind.IsMigrate():
		return l.labMigrate(kind)
	}
	return false
}

// labTrade tells a trade by what the user's accounts and the curve's vault of the coin gained and lost; the exact side must be the
// instruction's argument. What the curve got without fees stays unknown.
func (l ledger) labTrade(kind launchlab.Kind) bool {
	p := kind.Places()
	f, ok := l.d.labFacts(l.c)
	in, err := launchlab.ParseInstruction(l.c.in.Data)
	base, ok1 := l.tokens(p.BaseVault)
	quote, ok2 := l.tokens(p.UserQuote)
	at, ok3 := place(l.c, p.BaseVault)
	buy := kind.IsBuy()
	if !ok || err != nil || !ok1 || !ok2 || !ok3 || base == 0 || quote == 0 || base > 0 == buy || quote > 0 == buy || !l.feeless(at) {
		return false
	}
	f.base, f.quote, f.limit, f.limited = magnitude(base), magnitude(quote), in.Limit, true
	exact, other := f.base, f.quote
	if kind == launchlab.BuyExactIn || kind == launchlab.SellExactOut {
		exact, other = other, exact
	}
	if exact != in.Amount || kind.IsExactIn() && other < in.Limit || !kind.IsExactIn() && other > in.Limit {
		return false
	}
	f.legBase, f.legQuote = f.base, f.quote
	b := l.d.trade(l.c, l.strategy(), &f)
	b.trade.ExactIn = exactly(kind.IsExactIn())
	return true
}

// labMigrate tells of a curve's liquidity that moved to a pool.
func (l ledger) labMigrate(kind launchlab.Kind) bool {
	d, c, p := l.d, l.c, kind.Places()
	m := &eventv1.TokenMigrated{
		Venue: eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB, Mint: d.account(c, p.BaseMint), QuoteMint: d.account(c, p.QuoteMint),
		Curve: d.account(c, p.Pool), Pool: d.account(c, p.Target), User: d.account(c, p.User),
		PoolVenue: eventv1.Venue_VENUE_RAYDIUM_CPMM,
	}
	if kind == launchlab.MigrateAmm {
		m.PoolVenue = eventv1.Venue_VENUE_RAYDIUM_V4
	}
	if m.Mint == nil || m.QuoteMint == nil || m.Curve == nil || m.Pool == nil {
		return false
	}
	base, ok1 := l.tokens(p.TargetBase)
	quote, ok2 := l.tokens(p.TargetQuote)
	if known := ok1 && ok2 && base > 0 && quote > 0; known {
		m.BaseAmount, m.QuoteAmount = uint64(base), uint64(quote)
	} else if l.transfers {
		return false // the balances may tell
	}
	d.seldom(c, l.strategy(), 0).Body = &eventv1.Record_TokenMigrated{TokenMigrated: m}
	return true
}
