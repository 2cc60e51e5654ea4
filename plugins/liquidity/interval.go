package liquidity

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// closesAtOnce is how many buckets of an interval one record closes: a day has an end for every pool at the same moment.
const closesAtOnce = 64

// interval cuts chain time into periods of one length, each with a bucket for every pool that changed in it. What comes late counts in
// the oldest period that is open, and the time of grace is shorter than a period, so two neighbouring ones are open at most: periods of
// even and odd number are kept apart, and in each map the oldest entry belongs to the first period.
type interval struct {
	seconds int64
	wanted  bool
	due     int64 // when the first open period ends; 0: to be looked up. Not saved
	open    [2]*keyed.Map[span, bucket]
}

// span names a bucket.
type span struct {
	start int64
	pool  sdk.Key
}

func newInterval(seconds int64) *interval {
	v := &interval{seconds: seconds}
	for i := range v.open {
		v.open[i] = keyed.NewMap(keyed.Codec[span, bucket]{
			AppendKey: func(b []byte, k span) []byte { return pack.AppendKey(binary.AppendUvarint(b, uint64(k.start)), k.pool) },
			ReadKey:   func(r *pack.Reader) span { return span{start: int64(r.Uvarint()), pool: r.Key()} },
			Append:    func(b []byte, v *bucket) []byte { return v.append(b) },
			Read:      func(r *pack.Reader, v *bucket) { *v = readBucket(r) },
		})
	}
	return v
}

// bucket returns the one that a change at a time counts in: that of its own period, or of the oldest that is not closed. It is nil for
// pools beyond the limit. Of a period that began before the end of a gap, records are missing.
func (v *interval) bucket(pool sdk.Key, at int64, rest *rest, grace int64, limit int) *bucket {
	start := at - at%v.seconds
	oldest := rest.now - grace
	oldest -= oldest % v.seconds
	key := span{start: max(start, oldest), pool: pool}
	open := v.open[key.start/v.seconds%2]
	if !open.Has(key) && open.Len() >= limit {
		return nil
	}
	b := open.Put(key)
	v.due = min(v.due, key.start+v.seconds)
	b.gap = b.gap || rest.losing || key.start <= rest.lost
	if start < oldest {
		b.late++
	}
	return b
}

// close gives the buckets of periods that ended by then, in the order in which the pools first changed, some at a time.
func (v *interval) close(by int64, give func(span, *bucket)) {
	if by < v.due {
		return
	}
	for range closesAtOnce {
		open, key, b := v.first()
		if open == nil || key.start+v.seconds > by {
			break
		}
		give(key, &b)
		open.Delete(key)
	}
	v.due = math.MaxInt64
	if open, key, _ := v.first(); open != nil {
		v.due = key.start + v.seconds
	}
}

// first is the bucket that closes first, and the map that holds it; nil when there is none.
func (v *interval) first() (in *keyed.Map[span, bucket], key span, b bucket) {
	for _, open := range v.open {
		if k, oldest, ok := open.Oldest(); ok && (in == nil || k.start < key.start) {
			in, key, b = open, k, oldest
		}
	}
	return in, key, b
}

// arrange makes the intervals fit the configuration, which may have changed since the checkpoint. What is no longer asked for is dropped.
func (m *monitor) arrange() {
	for _, v := range m.state.intervals {
		v.wanted = slices.ContainsFunc(m.config.Periods, func(name string) bool { return lengths[name] == v.seconds })
		for _, open := range v.open {
			for !v.wanted && open.DeleteOldest() {
			}
		}
	}
	m.state.arranged = true
}

// tick moves chain time on, which closes what is due, and counts a change of the pool.
func (m *monitor) tick(r *sdk.Record, key sdk.Key, p *pool, count func(*bucket)) {
	if !m.state.arranged {
		m.arrange()
	}
	if len(m.config.Periods) == 0 {
		return
	}
	rest := &m.state.rest
	at := rest.now
	if r.BlockTime != nil && r.GetBlockTime() > 0 {
		at = r.GetBlockTime()
		if rest.losing {
			rest.losing, rest.lost = false, max(rest.now, at)
		}
	}
	if at == 0 {
		return // no time is known yet
	}
	rest.now, rest.slot = max(rest.now, at), max(rest.slot, r.GetSlot())
	for _, v := range m.state.intervals {
		if v.wanted {
			v.close(rest.now-m.config.LateSeconds, m.closePeriod(v.seconds))
		}
	}
	for _, v := range m.state.intervals {
		if !v.wanted {
			continue
		}
		if b := v.bucket(key, at, rest, m.config.LateSeconds, m.config.MaxPeriods); b != nil {
			count(b)
			b.see(p)
		}
	}
}

// closePeriod gives a period out.
func (m *monitor) closePeriod(seconds int64) func(span, *bucket) {
	return func(k span, b *bucket) {
		m.host.Emit(&sdk.Output{Kind: "pool_period", Key: k.pool.String(), Body: &sdk.PoolPeriodBody{PoolPeriod: b.message(m, k.pool, k.start, seconds)}})
	}
}
