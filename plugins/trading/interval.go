package trading

import (
	"slices"

	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/pack"
)

// closesAtOnce is how many buckets of an interval one record closes: a day has an end for every coin at the same moment.
const closesAtOnce = 256

// interval cuts chain time into periods of one length, each with a bucket for every pair that traded in it.
type interval struct {
	seconds int64
	window  bool      // steps of windows, which count traders; else candles
	periods []*period // by their start; the first ones may be due and not closed to the end
}

type period struct {
	start int64
	open  bounded.Map[pair, bucket]
}

// add counts a trade of chain time at; now is the latest time seen, and at a time is closed once that is grace seconds behind.
// A trade whose period is closed is late: it counts in the oldest one that is not. A pair beyond limit has no bucket.
func (v *interval) add(o *observation, at, now, grace int64, limit int) {
	start := at - at%v.seconds
	oldest := now - grace
	oldest -= oldest % v.seconds
	late := start < oldest
	p := v.period(max(start, oldest))
	if p.open.Get(o.pair) == nil && p.open.Len() >= limit {
		return
	}
	b := p.open.Put(o.pair)
	b.add(o, late)
	if v.window {
		b.traders.add(o.trader)
	}
}

// period finds the one that begins at start, or makes it. It is nearly always the last one.
func (v *interval) period(start int64) *period {
	at := len(v.periods)
	for at > 0 && v.periods[at-1].start > start {
		at--
	}
	if at > 0 && v.periods[at-1].start == start {
		return v.periods[at-1]
	}
	p := &period{start: start}
	v.periods = slices.Insert(v.periods, at, p)
	return p
}

// close gives the buckets of periods that ended by then, in the order in which the pairs first traded, some at a time.
func (v *interval) close(by int64, give func(pair, int64, *bucket)) {
	for left := closesAtOnce; len(v.periods) > 0 && v.periods[0].start+v.seconds <= by; v.periods = v.periods[1:] {
		p := v.periods[0]
		for p.open.Len() > 0 {
			if left == 0 {
				return
			}
			left--
			for k, b := range p.open.All() {
				give(k, p.start, b)
				break
			}
			p.open.DeleteOldest()
		}
	}
}

func (v *interval) append(b []byte) []byte {
	window := uint64(0)
	if v.window {
		window = 1
	}
	b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(v.seconds)), window)
	b = pack.AppendUvarint(b, uint64(len(v.periods)))
	for _, p := range v.periods {
		b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(p.start)), uint64(p.open.Len()))
		for k, bucket := range p.open.All() {
			b = bucket.append(k.append(b))
		}
	}
	return b
}

func readInterval(r *pack.Reader) *interval {
	v := &interval{seconds: int64(r.Uvarint()), window: r.Uvarint() == 1}
	for range r.Count(2) {
		p := &period{start: int64(r.Uvarint())}
		n := r.Count(64 + smallestBucket)
		p.open.Grow(n)
		for range n {
			k := readPair(r)
			*p.open.Put(k) = readBucket(r)
		}
		v.periods = append(v.periods, p)
	}
	return v
}
