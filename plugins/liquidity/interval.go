package liquidity

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/bounded"
)

// closesAtOnce is how many buckets of an interval one record closes: a day has an end for every pool at the same moment.
const closesAtOnce = 64

// interval cuts chain time into periods of one length, each with a bucket for every pool that changed in it.
type interval struct {
	seconds int64
	periods []*period // by their start; the first ones may be due and not closed to the end
}

type period struct {
	start int64
	open  bounded.Map[sdk.Key, bucket]
}

// bucket returns the one that a change at a time counts in: that of its own period, or of the oldest that is not closed. It is nil for
// pools beyond the limit.
func (v *interval) bucket(key sdk.Key, at, now, grace int64, limit int) *bucket {
	start := at - at%v.seconds
	oldest := now - grace
	oldest -= oldest % v.seconds
	p := v.period(max(start, oldest))
	if p.open.Get(key) == nil && p.open.Len() >= limit {
		return nil
	}
	b := p.open.Put(key)
	if start < oldest {
		b.late++
	}
	return b
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

// close gives the buckets of periods that ended by then, in the order in which the pools first changed, some at a time.
func (v *interval) close(by int64, give func(sdk.Key, int64, *bucket)) {
	for left := closesAtOnce; len(v.periods) > 0 && v.periods[0].start+v.seconds <= by; v.periods = v.periods[1:] {
		p := v.periods[0]
		for p.open.Len() > 0 {
			if left == 0 {
				return
			}
			left--
			for key, b := range p.open.All() {
				give(key, p.start, b)
				break
			}
			p.open.DeleteOldest()
		}
	}
}

// arrange makes the intervals fit the configuration, which may have changed since the checkpoint. What is no longer asked for is dropped.
func (m *monitor) arrange() {
	want := make([]*interval, 0, len(m.config.Periods))
	for _, name := range m.config.Periods {
		v := &interval{seconds: lengths[name]}
		if at := slices.IndexFunc(m.state.intervals, func(old *interval) bool { return old.seconds == v.seconds }); at >= 0 {
			v.periods = m.state.intervals[at].periods
		}
		want = append(want, v)
	}
	m.state.intervals, m.state.arranged = want, true
}

// tick moves chain time on, which closes what is due, and counts a change of the pool.
func (m *monitor) tick(r *sdk.Record, key sdk.Key, p *pool, count func(*bucket)) {
	if !m.state.arranged {
		m.arrange()
	}
	if len(m.state.intervals) == 0 {
		return
	}
	at := m.state.now
	if r.BlockTime != nil && r.GetBlockTime() > 0 {
		at = r.GetBlockTime()
	}
	if at == 0 {
		return // no time is known yet
	}
	m.state.now, m.state.slot = max(m.state.now, at), max(m.state.slot, r.GetSlot())
	for _, v := range m.state.intervals {
		v.close(m.state.now-m.config.LateSeconds, m.closePeriod(v.seconds))
	}
	for _, v := range m.state.intervals {
		if b := v.bucket(key, at, m.state.now, m.config.LateSeconds, m.config.MaxPeriods); b != nil {
			count(b)
			b.see(p)
		}
	}
}

// closePeriod gives a period out.
func (m *monitor) closePeriod(seconds int64) func(sdk.Key, int64, *bucket) {
	return func(key sdk.Key, start int64, b *bucket) {
		m.host.Emit(&sdk.Output{Kind: "pool_period", Key: key.String(), Body: &sdk.PoolPeriodBody{PoolPeriod: b.message(m, key, start, seconds)}})
	}
}
