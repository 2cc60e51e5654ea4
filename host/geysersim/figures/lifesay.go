package figures

import (
	"math/big"
	"slices"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// What every coin of the market has: its supply, and what its curve has to sell.
const (
	supply  = 1_000_000_000_000_000
	initial = 793_100_000_000_000
)

// weigh works out what the whole supply is worth at the last price.
func (t *life) weigh(dollar *big.Rat, slot uint64) {
	t.usd, t.usdSlot = nil, slot
	worth := new(big.Rat).Mul(ratio(t.last.After.PriceQuote, t.last.After.PriceBase), new(big.Rat).SetInt64(supply))
	t.cap = new(big.Int).Quo(worth.Num(), worth.Denom())
	if dollar != nil {
		t.usd = new(big.Int).SetUint64(micros(t.cap.Uint64(), dollar))
	}
}

func (t *life) figures() *eventv1.TokenFigures {
	f := &eventv1.TokenFigures{
		Trades: t.trades, Buys: t.buys, Complete: true, TransfersSeen: t.moved, LastSlot: t.lastSlot, LastTime: new(t.lastTime),
		HoldersAbsent: eventv1.Absence_ABSENCE_FORGOTTEN,
	}
	if t.known {
		f.Holders, f.HoldersAbsent = new(uint64(len(t.wallets))), 0
	}
	if t.last == nil {
		f.MarketCapAbsent, f.UsdAbsent = eventv1.Absence_ABSENCE_FORGOTTEN, eventv1.Absence_ABSENCE_FORGOTTEN
		if f.ProgressAbsent = eventv1.Absence_ABSENCE_FORGOTTEN; t.phase >= eventv1.TokenPhase_TOKEN_PHASE_COMPLETED {
			f.ProgressAbsent, f.ProgressPpm = 0, new(uint32(1_000_000))
		}
		return f
	}
	f.ProgressPpm, f.Reserves, f.MarketCap = new(uint32(t.progress)), reserves(t.last.After), new(t.cap.Uint64())
	f.Price = &eventv1.Price{Quote: t.last.After.PriceQuote, Base: t.last.After.PriceBase}
	f.UsdAbsent = eventv1.Absence_ABSENCE_DOLLARS
	if t.usd != nil {
		f.MarketCapUsdMicros, f.UsdSlot, f.UsdAbsent = new(t.usd.Uint64()), new(t.usdSlot), 0
	}
	return f
}

func reserves(r *geysersim.TruthReserves) *eventv1.Reserves {
	return &eventv1.Reserves{Base: &r.Base, Quote: &r.Quote, PriceBase: &r.PriceBase, PriceQuote: &r.PriceQuote}
}

// where is curve or pool.
func (t *life) where() (eventv1.Venue, []byte) {
	if t.pool != "" {
		return eventv1.Venue_VENUE_PUMPSWAP, key(t.pool)
	}
	return eventv1.Venue_VENUE_PUMP, key(t.f.Pool)
}

// symbol is forgotten with the rest, until a trade says it again.
func (t *life) symbol() string {
	if t.slept && t.last == nil {
		return ""
	}
	return t.f.Symbol
}

func (l *Lives) activity(kind string, t *life, change eventv1.TokenActivityChange) {
	l.say(kind, &eventv1.TokenActivity{
		Mint: key(t.f.Mint), Symbol: t.symbol(), QuoteMint: dex.WSOL[:], Change: change, Phase: t.phase,
		IdleSeconds: uint64(l.clock - t.lastTime), Figures: t.figures(),
	})
}

func (l *Lives) state(t *life) *eventv1.TokenState {
	s := &eventv1.TokenState{
		Mint: key(t.f.Mint), Symbol: t.symbol(), Creator: key(t.f.Trader), QuoteMint: dex.WSOL[:], Phase: t.phase, CreatedSlot: &t.f.Slot,
		Figures: t.figures(),
	}
	if !t.slept {
		s.Name = t.f.Name
	}
	s.Venue, s.Pool = t.where()
	return s
}

// measure reports the milestones that a trade brought.
func (l *Lives) measure(t *life, f *geysersim.Truth, curve bool) {
	reach := func(measure eventv1.TokenMeasure, list []uint64, scale, value uint64) {
		before := t.marks[measure]
		t.marks[measure] = max(before, value)
		for _, level := range slices.Sorted(slices.Values(list)) {
			if level *= scale; before < level && level <= value {
				l.milestone("token_milestone", t, f, measure, level, value)
			}
		}
	}
	reach(eventv1.TokenMeasure_TOKEN_MEASURE_MARKET_CAP, l.config.Caps, 1, t.cap.Uint64())
	if t.usd != nil {
		reach(eventv1.TokenMeasure_TOKEN_MEASURE_MARKET_CAP_USD, l.config.Dollars, 1_000_000, t.usd.Uint64())
	}
	if t.known {
		reach(eventv1.TokenMeasure_TOKEN_MEASURE_HOLDERS, l.config.Holders, 1, uint64(len(t.wallets)))
	}
	reach(eventv1.TokenMeasure_TOKEN_MEASURE_TRADES, l.config.Trades, 1, t.trades)
	if !curve {
		return
	}
	sold := uint64(t.progress)
	reach(eventv1.TokenMeasure_TOKEN_MEASURE_PROGRESS, l.config.Progress, 1, sold)
	if !t.near && sold >= l.config.Near && sold < 1_000_000 {
		t.near = true
		l.milestone("token_near_graduation", t, f, eventv1.TokenMeasure_TOKEN_MEASURE_PROGRESS, l.config.Near, sold)
	}
}

func (l *Lives) milestone(kind string, t *life, f *geysersim.Truth, measure eventv1.TokenMeasure, level, value uint64) {
	m := &eventv1.TokenMilestone{
		Mint: key(t.f.Mint), Symbol: t.f.Symbol, QuoteMint: dex.WSOL[:], Measure: measure, Threshold: level, Value: value, Phase: t.phase,
		Trader: key(f.Trader), Figures: t.figures(),
	}
	m.Venue, m.Pool = t.where()
	l.say(kind, m)
}
