// Package figures works out what an observer of a chain must report, from its ground truth alone: prices, volumes, candles, windows,
// fees, reserves, and every pattern that fits its definition in docs/definitions.md. It is written against those definitions and shares no
// code with the monitors, so that tests can hold one against the other. It keeps all facts and counts in whole numbers of any size: made
// for tests, not for speed.
package figures

import (
	"math/big"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var wsol, usdc = dex.WSOL.String(), dex.USDC.String()

// Book takes the facts of a chain in its order. It is not safe for concurrent use.
type Book struct {
	late    int64 // seconds
	facts   []geysersim.Truth
	symbols map[string]string
	totals  map[string]*total
	pools   map[string]*Pool
	curves  map[string]*Curve
	clock   clock
	dollars dollars
	usd     map[string]uint64 // worth of a trade by its signature and ordinal, whole dollars

	timeless map[string]bool // signatures
	series   []*series
}

// New makes an empty book. Candles and windows close when chain time is lateSeconds past their end, as the trading monitor's late_seconds
// says; candles are their lengths in seconds, and windows says whether windows are wanted.
func New(lateSeconds int64, candles []int64, windows bool) *Book {
	b := &Book{
		late: lateSeconds, symbols: map[string]string{}, totals: map[string]*total{}, pools: map[string]*Pool{}, curves: map[string]*Curve{}, usd: map[string]uint64{}, timeless: map[string]bool{},
	}
	for _, seconds := range candles {
		b.series = append(b.series, &series{seconds: seconds})
	}
	if windows {
		for _, seconds := range []int64{60, 300, 3600} {
			b.series = append(b.series, &series{seconds: seconds, step: true})
		}
	}
	return b
}

// Timeless names a transaction whose block time the observer did not know: Raydium's logs do not tell it, and what else does may come later.
func (b *Book) Timeless(signature string) { b.timeless[signature] = true }

// Due is what the next fact must make a trading monitor say, beside findings.
type Due struct {
	Trade   *eventv1.TradeReported // nil when the fact is none
	Candles []*eventv1.CandleClosed
	Windows []*eventv1.WindowClosed
}

// Add takes the next fact.
func (b *Book) Add(f geysersim.Truth) (d Due) {
	b.facts = append(b.facts, f)
	b.addPool(&f)
	b.addCurve(&f)
	switch f.Kind {
	case geysersim.TruthTokenCreated:
		b.symbols[f.Mint] = f.Symbol
	case geysersim.TruthTrade:
		d.Trade = b.trade(&f)
		d.Candles, d.Windows = b.tick(&f)
	}
	return d
}

// key is the bytes of a base58 key, nil for none.
func key(text string) []byte {
	if text == "" {
		return nil
	}
	k, err := base58.Decode(text)
	if err != nil {
		panic("figures: " + text + ": " + err.Error()) // a truth that the simulator did not write
	}
	return k
}

func n(v uint64) *big.Int { return new(big.Int).SetUint64(v) }

// ratio is quote / base, nil when either is nothing.
func ratio(quote, base uint64) *big.Rat {
	if quote == 0 || base == 0 {
		return nil
	}
	return new(big.Rat).SetFrac(n(quote), n(base))
}

// ppm is a ratio in millionths, rounded towards zero.
func ppm(r *big.Rat) int64 {
	scaled := new(big.Rat).Mul(r, big.NewRat(1_000_000, 1))
	return new(big.Int).Quo(scaled.Num(), scaled.Denom()).Int64()
}

// beyond is r - 1 in millionths.
func beyond(r *big.Rat) int64 { return ppm(new(big.Rat).Sub(r, big.NewRat(1, 1))) }

var venues = map[string]eventv1.Venue{
	geysersim.VenuePump: eventv1.Venue_VENUE_PUMP, geysersim.VenuePumpSwap: eventv1.Venue_VENUE_PUMPSWAP,
	geysersim.VenueRaydiumV4: eventv1.Venue_VENUE_RAYDIUM_V4,
}

func side(f *geysersim.Truth) eventv1.Side {
	if f.Side == "buy" {
		return eventv1.Side_SIDE_BUY
	}
	return eventv1.Side_SIDE_SELL
}
