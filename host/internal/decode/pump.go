package decode

import (
	"bytes"
	"strings"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// pumpEvent gives the record of one event of the pump program. One that cannot be read is counted, and left to the later
// strategies.
func (d *Decoder) pumpEvent(c *call, f *found) {
	switch dex.Tag(f.raw) {
	case pumpfun.TagTrade:
		d.pumpTrade(c, f)
	case pumpfun.TagCreate:
		d.pumpCreate(c, f)
	case pumpfun.TagComplete:
		d.pumpComplete(c, f)
	case pumpfun.TagMigration:
		d.pumpMigration(c, f)
	case pumpfun.TagPostCompleteBuy:
		d.pumpPostComplete(c, f)
	default:
		d.rareEvent(c, f)
	}
}

func (d *Decoder) pumpTrade(c *call, f *found) {
	e := d.pumpTrades.next()
	if !d.parsed(pump, e.Parse(f.raw), e.Tail) {
		return
	}
	places := pumpfun.Kind(c.kind).Places(accounts(c))
	quote := e.Quote()
	s := swapFacts{
		pool: d.curve(c, places, &e.Mint), user: e.User[:], baseMint: e.Mint[:], quoteMint: pumpQuote(&e.QuoteMint),
		buy: e.IsBuy, base: e.TokenAmount, legBase: e.TokenAmount, legQuote: quote.Amount, timestamp: e.Timestamp,
		baseDecimals: pumpfun.Decimals,
	}
	held := d.balanceAt(c, places.CurveBase)
	if held.mint != nil && *held.mint == e.Mint {
		s.baseDecimals = int(held.decimals)
	}
	s.quoteDecimals = d.decimalsOf(s.quoteMint, balance{})
	fees, known := e.Fee+e.CreatorFee+e.Cashback+e.HolderRewards, e.Has(pumpfun.TradeFees)
	if !known {
		fees, known = d.oldPumpFee(c, places, e.IsBuy)
	}
	if known { // else the user's amount stays 0: it is not the leg
		var fits bool
		if s.quote, fits = withFees(quote.Amount, fees, e.IsBuy); !fits {
			d.stats.of[pump].malformed.Add(1)
			return
		}
	}
	if !pumpState(&s, e, quote) {
		d.stats.of[pump].malformed.Add(1)
		return
	}
	d.pumpLimit(c, &s, e)
	b := d.trade(c, f.strategy, &s)
	b.trade.InstructionName = instructionName(e.IxName)
	b.trade.CurveProgressBps = d.progress(e)
	d.worth(b, &s.after, curveSupply(e))
	if e.Has(pumpfun.TradeFees) {
		d.fees(b, [...]feeLine{
			{},
			{e.Fee, e.FeeBasisPoints},
			{e.CreatorFee, e.CreatorFeeBasisPoints},
			{e.Cashback, e.CashbackFeeBasisPoints},
			{e.HolderRewards, e.HolderRewardsBps},
			{e.BuybackFee, e.BuybackFeeBasisPoints},
		})
	} else if known {
		d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, fees, -1, false)
	}
}

// withFees is what a buyer gave or a seller got. It is false when that does not fit.
func withFees(leg, fees uint64, buy bool) (uint64, bool) {
	if buy {
		return leg + fees, leg+fees >= leg
	}
	return leg - fees, fees <= leg
}

// pumpState turns the event's reserves, which are those after the trade, into both states. It is false for amounts that they cannot have
// given: the layout is not the one that is known.
func pumpState(s *swapFacts, e *pumpfun.TradeEvent, quote pumpfun.Quote) bool {
	after := e.Curve()
	s.after = state{
		base: after.RealToken, quote: after.RealQuote, priceBase: after.VirtualToken, priceQuote: after.VirtualQuote,
		held: e.Has(pumpfun.TradeReal), priced: true,
	}
	before := after.Before(e.IsBuy, e.TokenAmount, quote.Amount)
	s.before = state{
		base: before.RealToken, quote: before.RealQuote, priceBase: before.VirtualToken, priceQuote: before.VirtualQuote,
		held: s.after.held, priced: true,
	}
	return !wraps(&s.before, &s.after, e.IsBuy) && e.TokenAmount <= mostTokens
}

// mostTokens is more than any trade on a curve moves: the agents of mayhem coins mint beyond the standard supply, but not that far.
const mostTokens = 10 * pumpfun.Supply

// wraps tells whether two states cannot be those around a buy or sell: computing one went past the end of the numbers.
func wraps(before, after *state, buy bool) bool {
	if !buy {
		before, after = after, before
	}
	return before.priceBase < after.priceBase || before.priceQuote > after.priceQuote ||
		before.held && (before.base < after.base || before.quote > after.quote)
}

// pumpLimit reads the user's limit from the arguments, and counts when arguments and event disagree.
func (d *Decoder) pumpLimit(c *call, s *swapFacts, e *pumpfun.TradeEvent) {
	kind := pumpfun.Kind(c.kind)
	if c.in == nil || !kind.IsBuy() && !kind.IsSell() {
		return
	}
	in, err := pumpfun.ParseInstruction(c.in.Data)
	if err != nil {
		return
	}
	s.limit, s.limited = in.Limit, true
	stats := &d.stats.of[pump]
	stats.agree(kind.IsBuy() == e.IsBuy)
	if kind.IsSell() {
		stats.agree(in.Amount == e.TokenAmount)
	}
}

// curve is the bonding curve account of a trade: the instruction's where it deals with that mint, else derived from the mint.
func (d *Decoder) curve(c *call, p pumpfun.Places, mint *dex.Key) []byte {
	if p.Curve >= 0 && p.Mint >= 0 {
		same := bytes.Equal(d.account(c, p.Mint), mint[:])
		if key := d.account(c, p.Curve); same && key != nil {
			return key
		}
		d.stats.of[pump].agree(same)
	}
	return d.curves.of(mint)
}

// progress is how much of the curve is sold, for curves that a real reserve is known of.
func (d *Decoder) progress(e *pumpfun.TradeEvent) *uint32 {
	if !e.Has(pumpfun.TradeReal) || e.RealTokenReserves > pumpfun.InitialRealToken {
		return nil
	}
	return d.pool.u32.of(uint32(e.Curve().Progress(pumpfun.InitialRealToken)))
}

// pumpPostComplete adds the part of a buy that went past the end of the curve to the trade that completed it.
func (d *Decoder) pumpPostComplete(c *call, f *found) {
	e, err := pumpfun.ParsePostCompleteBuyEvent(f.raw)
	if !d.parsed(pump, err, e.Tail) {
		return
	}
	t := c.record
	if t == nil || t.Side != eventv1.Side_SIDE_BUY || !bytes.Equal(t.Mint, e.Mint[:]) {
		d.lose(c)
		return
	}
	t.BaseAmount += e.BaseOut
	t.QuoteAmount += e.QuoteIn + e.Fee + e.CreatorFee
	t.PoolQuoteAmount += e.QuoteIn
	for _, more := range [...]struct {
		kind   eventv1.FeeKind
		amount uint64
	}{
		{eventv1.FeeKind_FEE_KIND_PROTOCOL, e.Fee},
		{eventv1.FeeKind_FEE_KIND_CREATOR, e.CreatorFee},
		{eventv1.FeeKind_FEE_KIND_BUYBACK, e.BuybackFee},
	} {
		d.raise(t, more.kind, more.amount)
	}
}

// raise adds to a fee that the first part of a trade has, and to a creator's substitute where the coin has one.
func (d *Decoder) raise(t *eventv1.Trade, kind eventv1.FeeKind, amount uint64) {
	if amount == 0 {
		return
	}
	for _, fee := range t.Fees {
		if fee.Kind == kind {
			fee.Amount += amount
			return
		}
	}
	t.Fees = append(t.Fees, &eventv1.Fee{Kind: kind, Amount: amount}) // seldom
}

// pumpQuote names native SOL, which the program writes as the zero key, by the wrapped SOL mint.
func pumpQuote(mint *dex.Key) []byte {
	if *mint == (dex.Key{}) {
		return dex.WSOL[:]
	}
	return mint[:]
}

// lose counts an event that was read but gave no record, because what else a record needs is not there.
func (d *Decoder) lose(c *call) {
	c.lost = true
	d.stats.of[c.venue].unresolved.Add(1)
}

// parsed counts what a parser said, and tells whether the event can be used.
func (d *Decoder) parsed(v venue, err error, tail int) bool {
	if err != nil {
		d.stats.of[v].malformed.Add(1)
		return false
	}
	if tail > 0 {
		d.stats.of[v].unknownTail.Add(1)
	}
	return true
}

// accounts is how many accounts an instruction has.
func accounts(c *call) int {
	if c.in == nil {
		return 0
	}
	return len(c.in.Accounts)
}

// text copies what someone wrote on chain and replaces what is not UTF-8, which no protobuf string may hold.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
