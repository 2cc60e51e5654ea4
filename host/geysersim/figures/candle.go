package figures

import (
	"math/big"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// atOnce is how many candles, or steps, of each length one trade closes at most.
const atOnce = 256

// clock is chain time.
type clock struct{ now int64 }

// at moves chain time on and gives the time at which a trade counts: chain time for one whose own time is not known. 0 is none, as long as
// none is known.
func (c *clock) at(f *geysersim.Truth, timeless bool) int64 {
	if !timeless {
		if f.BlockTime < c.now {
			panic("figures: block time goes back") // the order of facts is that of the chain
		}
		c.now = f.BlockTime
	}
	return c.now
}

// deal is a trade with the time at which it counts.
type deal struct {
	*geysersim.Truth
	at int64
}

type pair struct{ mint, quote string }

// span is one pair in one interval.
type span struct {
	pair
	start int64
}

// series is all intervals of one length. What is open stands in the order in which it closes.
type series struct {
	seconds int64
	step    bool // of windows
	open    []span
	deals   map[pair][]deal // all so far
}

// tick closes what is due and enters the trade.
func (b *Book) tick(f *geysersim.Truth) (candles []*eventv1.CandleClosed, windows []*eventv1.WindowClosed) {
	at := b.clock.at(f, b.timeless[f.Signature])
	if at == 0 {
		return nil, nil
	}
	for _, s := range b.series {
		for range atOnce {
			if len(s.open) == 0 || s.open[0].start+s.seconds > at-b.late {
				break
			}
			next := s.open[0]
			s.open = s.open[1:]
			if s.step {
				windows = append(windows, s.windows(next)...)
			} else {
				candles = append(candles, s.candle(next))
			}
		}
		s.add(deal{f, at})
	}
	return candles, windows
}

func (s *series) add(d deal) {
	if s.deals == nil {
		s.deals = map[pair][]deal{}
	}
	p := pair{d.Mint, d.QuoteMint}
	s.deals[p] = append(s.deals[p], d)
	at := span{p, d.at - d.at%s.seconds}
	for i := len(s.open) - 1; i >= 0 && s.open[i].start == at.start; i-- {
		if s.open[i] == at {
			return
		}
	}
	s.open = append(s.open, at)
}

// sums are the figures of the trades of a pair in [from, to).
type sums struct {
	open, high, low, close *geysersim.TruthReserves
	buys, sells            uint64
	base, quote, bought    big.Int
	traders                map[string]bool
}

func (s *series) sum(p pair, from, to int64) *sums {
	v := &sums{traders: map[string]bool{}}
	for _, d := range s.deals[p] {
		if d.at < from || d.at >= to {
			continue
		}
		if d.Side == "buy" {
			v.buys++
			v.bought.Add(&v.bought, n(d.PoolQuoteAmount))
		} else {
			v.sells++
		}
		v.base.Add(&v.base, n(d.BaseAmount))
		v.quote.Add(&v.quote, n(d.PoolQuoteAmount))
		v.traders[d.Trader] = true
		price := spot(d.After)
		if price == nil {
			continue
		}
		if v.open == nil {
			v.open, v.high, v.low = d.After, d.After, d.After
		}
		v.close = d.After
		if price.Cmp(spot(v.high)) > 0 {
			v.high = d.After
		}
		if price.Cmp(spot(v.low)) < 0 {
			v.low = d.After
		}
	}
	return v
}

func message(r *geysersim.TruthReserves) *eventv1.Price {
	if r == nil {
		return nil
	}
	return &eventv1.Price{Quote: r.PriceQuote, Base: r.PriceBase}
}

func (s *series) candle(a span) *eventv1.CandleClosed {
	v := s.sum(a.pair, a.start, a.start+s.seconds)
	return &eventv1.CandleClosed{
		Mint: key(a.mint), QuoteMint: key(a.quote), Start: a.start, Seconds: uint32(s.seconds), Open: message(v.open), High: message(v.high),
		Low: message(v.low), Close: message(v.close), Buys: v.buys, Sells: v.sells, BaseVolume: v.base.String(), QuoteVolume: v.quote.String(),
	}
}

// lengths of the windows that end with a step.
var lengths = map[int64][]int64{60: {60, 300}, 300: {3600}, 3600: {86400}}

// windows gives those that end with the step.
func (s *series) windows(a span) (all []*eventv1.WindowClosed) {
	end := a.start + s.seconds
	for _, length := range lengths[s.seconds] {
		v := s.sum(a.pair, end-length, end)
		all = append(all, &eventv1.WindowClosed{
			Mint: key(a.mint), QuoteMint: key(a.quote), End: end, Seconds: uint32(length), Buys: v.buys, Sells: v.sells,
			BaseVolume: v.base.String(), QuoteVolume: v.quote.String(), BuyQuoteVolume: v.bought.String(), Traders: uint64(len(v.traders)),
			High: message(v.high), Low: message(v.low),
		})
	}
	return all
}
