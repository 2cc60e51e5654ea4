package trading

import (
	"slices"

	"github.com/weir-run/weir/sdk"
)

// lengths are the candles that can be asked for, in seconds.
var lengths = map[string]int64{
	"1s": 1, "5s": 5, "15s": 15, "30s": 30, "1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "4h": 14400, "12h": 43200, "1d": 86400,
}

// arrange makes the intervals fit the configuration, which may have changed since the checkpoint. What is no longer asked for is dropped.
func (m *monitor) arrange() {
	want := make([]*interval, 0, len(m.config.Candles)+len(steps))
	for _, name := range m.config.Candles {
		want = append(want, &interval{seconds: lengths[name]})
	}
	if m.config.Windows {
		for _, s := range steps {
			want = append(want, &interval{seconds: s.seconds, window: true})
		}
	}
	for _, v := range want {
		if at := slices.IndexFunc(m.state.intervals, func(old *interval) bool { return old.seconds == v.seconds && old.window == v.window }); at >= 0 {
			v.periods = m.state.intervals[at].periods
		}
	}
	m.state.intervals, m.state.arranged = want, true
}

// time moves chain time on and gives the time at which a trade counts, 0 as long as none is known.
func (m *monitor) time(r *sdk.Record) int64 {
	at := r.GetBlockTime()
	if at <= 0 {
		return m.state.now
	}
	m.state.now = max(m.state.now, at)
	m.state.lapses.end(m.state.now)
	return at
}

// tick closes what is due at chain time and counts the trade, which is of time at.
func (m *monitor) tick(t *sdk.Trade, pair pair, at int64) {
	if !m.state.arranged {
		m.arrange()
	}
	if len(m.state.intervals) == 0 || at == 0 {
		return
	}
	for _, v := range m.state.intervals {
		give := m.closeCandle(v.seconds)
		if v.window {
			give = m.closeStep(v.seconds)
		}
		v.close(m.state.now-m.config.LateSeconds, give)
	}
	o := observe(t, pair)
	for _, v := range m.state.intervals {
		v.add(&o, at, m.state.now, m.config.LateSeconds, m.config.MaxCandles)
	}
}

func observe(t *sdk.Trade, pair pair) observation {
	o := observation{
		pair: pair, side: t.GetSide(), base: t.GetBaseAmount(), quote: t.GetPoolQuoteAmount(), trader: hash(t.GetTrader()),
	}
	p, source := priceOf(t)
	if source != sdk.PriceAmounts || (p.base >= dust && p.quote >= dust) {
		o.price = p
	}
	return o
}

// closeCandle gives a candle out.
func (m *monitor) closeCandle(seconds int64) func(pair, int64, *bucket) {
	return func(k pair, start int64, b *bucket) {
		m.host.Emit(&sdk.Output{Kind: "candle", Key: k.mint.String(), Body: &sdk.CandleClosedBody{CandleClosed: &sdk.CandleClosed{
			Mint: k.mint[:], QuoteMint: k.quote[:], Start: start, Seconds: uint32(seconds),
			Open: b.open.message(), High: b.high.message(), Low: b.low.message(), Close: b.last.message(),
			Buys: b.buys, Sells: b.sells, BaseVolume: b.base.String(), QuoteVolume: b.quote.String(), LateTrades: b.late,
			Gap: m.state.lapses.in(start, start+seconds),
		}}})
	}
}
