package trading

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// steps are how windows move on: when a step closes in which the pair traded, the windows that end there are given out.
var steps = [...]stepping{
	{60, []int64{60, 300}},
	{300, []int64{3600}},
	{3600, []int64{86400}},
}

// stepping is a step and the windows that move by it, shortest first, in seconds.
type stepping struct {
	seconds int64
	windows []int64
}

// history is the closed steps of one pair that a window can still reach, oldest first.
type history [len(steps)][]past

type past struct {
	start  int64
	bucket bucket
}

// histories are bounded: the pair whose last step closed longest ago is forgotten.
type histories struct {
	pairs *keyed.Map[pair, history]
}

func newHistories() histories {
	return histories{keyed.NewMap(keyed.Codec[pair, history]{
		AppendKey: func(b []byte, p pair) []byte { return p.append(b) }, ReadKey: readPair, Append: appendHistory, Read: readHistory,
	})}
}

// push adds a closed step and returns those that the longest window of its kind reaches.
func (h *histories) push(k pair, step int, p past, limit int) []past {
	if !h.pairs.Has(k) && h.pairs.Len() >= limit {
		h.pairs.DeleteOldest()
	}
	h.pairs.Put(k)
	all := h.pairs.Touch(k)
	windows := steps[step].windows
	from := p.start + steps[step].seconds - windows[len(windows)-1]
	all[step] = append(slices.DeleteFunc(all[step], func(q past) bool { return q.start < from }), p)
	return all[step]
}

// closeStep keeps a step and gives the windows out that end with it.
func (m *monitor) closeStep(seconds int64) func(pair, int64, *bucket) {
	step := slices.IndexFunc(steps[:], func(s stepping) bool { return s.seconds == seconds })
	return func(k pair, start int64, b *bucket) {
		end := start + seconds
		kept := m.state.histories.push(k, step, past{start: start, bucket: *b}, m.config.MaxWindows)
		for _, length := range steps[step].windows {
			var sum bucket
			for i := range kept {
				if kept[i].start >= end-length {
					sum.join(&kept[i].bucket)
				}
			}
			m.giveWindow(k, end, length, &sum)
		}
	}
}

func (m *monitor) giveWindow(k pair, end, length int64, b *bucket) {
	traders, estimated := b.traders.count()
	m.host.Emit(&sdk.Output{Kind: "window", Key: k.mint.String(), Body: &sdk.WindowClosedBody{WindowClosed: &sdk.WindowClosed{
		Mint: k.mint[:], QuoteMint: k.quote[:], End: end, Seconds: uint32(length), Buys: b.buys, Sells: b.sells,
		BaseVolume: b.base.String(), QuoteVolume: b.quote.String(), BuyQuoteVolume: b.bought.String(),
		Traders: traders, TradersEstimated: estimated, High: b.high.message(), Low: b.low.message(),
		Gap: m.state.lapses.in(end-length, end),
	}}})
}

func appendHistory(b []byte, all *history) []byte {
	for _, kept := range all {
		b = pack.AppendUvarint(b, uint64(len(kept)))
		for i := range kept {
			b = kept[i].bucket.append(pack.AppendUvarint(b, uint64(kept[i].start)))
		}
	}
	return b
}

func readHistory(r *pack.Reader, all *history) {
	for step := range all {
		for range r.Count(1 + smallestBucket) {
			all[step] = append(all[step], past{start: int64(r.Uvarint()), bucket: readBucket(r)})
		}
	}
}

// read reads those of a state in one piece.
func (h *histories) read(r *pack.Reader) {
	for range r.Count(64 + len(steps)) {
		readHistory(r, h.pairs.Put(readPair(r)))
	}
}
