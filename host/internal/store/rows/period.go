package rows

import (
	"strings"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var (
	periods = made(table{name: "pool_periods", rest: strings.Fields(`event instance cause idx venue pool base_mint quote_mint seconds start_time trades
		base_volume quote_volume added_base added_quote removed_base removed_quote base_reserve quote_reserve lp_supply
		value_mint value_amount value_usd_micros turnover_ppm fee_apr_ppm late fees depth gap retracted`)})
	depths = made(table{
		name: "pools", key: []string{"pool"}, first: strings.Fields("first_event venue base_mint quote_mint last_event last_slot last_change"),
		state: strings.Fields("depth depth_event"),
	})
)

func addPeriod(b *Batch, h head) {
	p := h.GetPoolPeriod()
	r := p.GetReserves()
	if r == nil {
		r = &eventv1.Reserves{}
	}
	valueMint, value, dollars := worth(p.GetValue())
	var depth any
	if p.GetDepth() != nil {
		depth = asJSON(p.GetDepth())
	}
	pool := named(p.GetPool())
	touched := within(b.Marks.poolTimes[pool.(string)], p.GetStart(), p.GetStart()+int64(p.GetSeconds()))
	b.put(periods, h.event, h.instance, count(h.GetCause()), int64(h.GetIndex()), venues.of(int32(p.GetVenue())), pool,
		key(p.GetBaseMint()), key(p.GetQuoteMint()), int64(p.GetSeconds()), p.GetStart(), count(p.GetTrades()), sum(p.GetBaseVolume()), sum(p.GetQuoteVolume()),
		sum(p.GetAddedBase()), sum(p.GetAddedQuote()), sum(p.GetRemovedBase()), sum(p.GetRemovedQuote()), amountOr(r.Base), amountOr(r.Quote), amountOr(p.LpSupply),
		valueMint, value, dollars, amountOr(p.TurnoverPpm), amountOr(p.FeeAprPpm), count(p.GetLate()), feesJSON(p.GetFees()), depth, p.GetGap(), touched)
}

// feesJSON prints fees as a list.
func feesJSON(all []*eventv1.FeeTotal) any {
	if len(all) == 0 {
		return nil
	}
	parts := make([]string, len(all))
	for i, f := range all {
		parts[i] = asJSON(f).(string)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func addDepth(b *Batch, h head) {
	d := h.GetPoolDepth()
	b.put(depths, named(d.GetPool()), h.event, venues.of(int32(d.GetVenue())), key(d.GetBaseMint()), key(d.GetQuoteMint()), h.event, count(h.GetSlot()), "depth", asJSON(d), h.event)
}
