package rows

import (
	"strings"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// figures are the last ones of a coin, all of one moment.
var figures = made(table{
	name: "token_figures", key: []string{"mint"},
	state: strings.Fields(`event slot at phase quote_mint trades buys agent_trades complete holders market_cap market_cap_usd_micros usd_slot progress_ppm
	price_quote price_base base_reserve quote_reserve`),
})

// addFigures keeps the figures that came with something that was said of a coin.
func addFigures(b *Batch, h head, mint []byte, phase eventv1.TokenPhase, quoteMint []byte, f *eventv1.TokenFigures) {
	if f == nil {
		return
	}
	priceQuote, priceBase := ratio(f.GetPrice())
	r := f.GetReserves()
	if r == nil {
		r = &eventv1.Reserves{}
	}
	b.put(figures, named(mint), h.event, count(h.GetSlot()), signedOr(h.BlockTime), tokenPhases.or(int32(phase)), key(quoteMint),
		count(f.GetTrades()), count(f.GetBuys()), count(f.GetAgentTrades()), f.GetComplete(), countOr(f.Holders),
		amountOr(f.MarketCap), amountOr(f.MarketCapUsdMicros), countOr(f.UsdSlot), smallOr(f.ProgressPpm),
		priceQuote, priceBase, amountOr(r.Base), amountOr(r.Quote))
}

// states is what does not change of a coin and is told again of a coin some time after something of it changed.
var states = made(table{
	name: "tokens", key: []string{"mint"}, first: []string{"first_event"}, rest: strings.Fields("name symbol creator quote_mint"),
})

func addTokenState(b *Batch, h head) {
	s := h.GetTokenState()
	b.put(states, named(s.GetMint()), h.event, text(s.GetName()), text(s.GetSymbol()), key(s.GetCreator()), key(s.GetQuoteMint()))
	addFigures(b, h, s.GetMint(), s.GetPhase(), s.GetQuoteMint(), s.GetFigures())
}

func addMilestone(b *Batch, h head) {
	m := h.GetTokenMilestone()
	signal{mint: key(m.GetMint()), quoteMint: key(m.GetQuoteMint()), pool: key(m.GetPool()), actor: key(m.GetTrader())}.add(b, h, asJSON(m))
	addFigures(b, h, m.GetMint(), m.GetPhase(), m.GetQuoteMint(), m.GetFigures())
}

var (
	activities = made(table{
		name: "tokens", key: []string{"mint"}, first: []string{"first_event"}, rest: strings.Fields("symbol quote_mint activity activity_event"),
	})
	activityChanges = labelsOf(eventv1.TokenActivityChange_name, "TOKEN_ACTIVITY_CHANGE_")
)

func addActivity(b *Batch, h head) {
	a := h.GetTokenActivity()
	signal{mint: key(a.GetMint()), quoteMint: key(a.GetQuoteMint())}.add(b, h, asJSON(a))
	b.put(activities, named(a.GetMint()), h.event, text(a.GetSymbol()), key(a.GetQuoteMint()),
		activityChanges.of(int32(a.GetChange())), h.event)
	addFigures(b, h, a.GetMint(), a.GetPhase(), a.GetQuoteMint(), a.GetFigures())
}
