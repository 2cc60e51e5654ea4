package lifecycle

import (
	"github.com/weir-run/weir/sdk"
)

// measure reports the thresholds that a trade brought a token to or past, each once: a figure is reported when it rises above the
// highest that it was. A token whose creation was not seen begins with the figures of its first trade: what lies below was reached some
// time before.
func (m *monitor) measure(mint sdk.Key, t *token, trade *sdk.Trade) {
	x, s := m.levels(), &t.now
	if s.capOut == 0 {
		from := t.rise(seenCap, &t.marks.cap, s.cap)
		m.pass(mint, t, trade, sdk.MeasureMarketCap, x.caps[t.quote], from, s.cap)
	}
	if s.usdOut == 0 {
		from := t.rise(seenUSD, &t.marks.usd, s.usd)
		m.pass(mint, t, trade, sdk.MeasureMarketCapUSD, x.capsUSD, from, s.usd)
	}
	if t.wallets.absent == 0 {
		n := uint64(len(t.wallets.list))
		from := uint64(t.marks.holders)
		t.marks.holders = uint32(max(from, n))
		m.pass(mint, t, trade, sdk.MeasureHolders, x.holders, from, n)
	}
	if !trade.GetAgent() {
		m.pass(mint, t, trade, sdk.MeasureTrades, x.trades, t.organic()-1, t.organic())
	}
	if t.phase < phase(sdk.PhaseCompleted) && s.progressOut == 0 {
		m.measureProgress(mint, t, trade)
	}
}

func (m *monitor) measureProgress(mint sdk.Key, t *token, trade *sdk.Trade) {
	now, mark := uint64(t.now.progress), uint64(t.marks.progress)
	from := t.rise(seenProgress, &mark, now)
	t.marks.progress = uint32(mark)
	m.pass(mint, t, trade, sdk.MeasureProgress, m.levels().progress, from, now)
	near := m.config.NearGraduation
	if near > 0 && now >= near && now < million && !t.is(nearSaid) {
		t.flags |= nearSaid
		m.give(kindNear, mint, t, trade, sdk.MeasureProgress, near, now)
	}
}

// rise lifts a high mark to a value and returns from where thresholds count.
func (t *token) rise(seen uint16, mark *uint64, value uint64) (from uint64) {
	if !t.is(seen) {
		t.flags |= seen
		if !t.is(sawCreation) {
			*mark = max(*mark, value)
		}
	}
	from = *mark
	*mark = max(*mark, value)
	return from
}

// pass reports the thresholds above from, up to a value.
func (m *monitor) pass(mint sdk.Key, t *token, trade *sdk.Trade, measure sdk.TokenMeasure, list []uint64, from, value uint64) {
	if value <= from {
		return
	}
	for _, threshold := range list {
		if threshold > value {
			return
		}
		if threshold > from {
			m.give(kindMilestone, mint, t, trade, measure, threshold, value)
		}
	}
}

func (m *monitor) give(kind string, mint sdk.Key, t *token, trade *sdk.Trade, measure sdk.TokenMeasure, threshold, value uint64) {
	m.host.Emit(&sdk.Output{Kind: kind, Key: mint.String(), Body: &sdk.TokenMilestoneBody{TokenMilestone: &sdk.TokenMilestone{
		Mint: mint.Bytes(), Symbol: t.symbol, QuoteMint: t.quote.Bytes(), Measure: measure, Threshold: threshold, Value: value,
		Phase: sdk.TokenPhase(t.phase), Venue: sdk.Venue(t.venue), Pool: t.place.Bytes(), Trader: trade.GetTrader(), Figures: t.figures(),
	}}})
}
