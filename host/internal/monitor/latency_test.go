package monitor

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBucketsAreTight(t *testing.T) {
	for us := uint64(0); us < 1<<36; us += 1 + us/37 {
		b := bucketOf(us)
		top := ceiling(b)
		if us > top || (b > 0 && us <= ceiling(b-1)) || float64(top) > float64(us)*(1+1.0/16)+1 {
			t.Fatalf("%d us is in bucket %d of %d to %d", us, b, ceiling(max(b-1, 0))+1, top)
		}
	}
	if got := bucketOf(1 << 62); got != len(histogram{}.buckets)-1 {
		t.Errorf("a century is in bucket %d; want the last", got)
	}
}

func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h histogram
	var all []int
	for range 10_000 {
		us := int(random.ExpFloat64() * 3000)
		all = append(all, us)
		h.add(time.Duration(us) * time.Microsecond)
	}
	slices.Sort(all)
	sum := h.sum()
	for _, c := range []struct {
		name string
		got  time.Duration
		want int
	}{{"p50", sum.P50, all[4999]}, {"p99", sum.P99, all[9899]}} {
		if got := int(c.got.Microseconds()); got < c.want || float64(got) > float64(c.want)*(1+1.0/16)+1 {
			t.Errorf("%s is %d us; want %d to a sixteenth more", c.name, got, c.want)
		}
	}
	if sum.Max != time.Duration(all[9999])*time.Microsecond || sum.Count != 10_000 {
		t.Errorf("max %s, count %d; want %d us, 10000", sum.Max, sum.Count, all[9999])
	}
	var empty histogram
	if empty.sum() != (Latency{}) {
		t.Errorf("an empty histogram sums to %+v", empty.sum())
	}
}

func TestLatencyWindows(t *testing.T) {
	var l latencies
	now := time.Unix(1_800_000_000, 0)
	l.add(now, time.Second)
	l.add(now.Add(15*time.Second), time.Millisecond)
	if recent, total := l.sums(now.Add(16 * time.Second)); recent.Count != 2 || total.Count != 2 {
		t.Errorf("after 16 s: recent %d, total %d; want 2 and 2", recent.Count, total.Count)
	}
	if recent, _ := l.sums(now.Add(21 * time.Second)); recent.Count != 1 || recent.Max != time.Millisecond {
		t.Errorf("after 21 s: recent is %+v; want only the second", recent)
	}
	if recent, total := l.sums(now.Add(time.Hour)); recent.Count != 0 || total.Count != 2 || total.Max != time.Second {
		t.Errorf("after an hour: recent is %+v, total %+v", recent, total)
	}
}

func TestLatencyClock(t *testing.T) {
	var sums latencies
	c := &latencyClock{after: 10, sums: &sums}
	received := time.Now().Add(-50 * time.Millisecond).UnixNano()
	for n := uint64(8); n <= 14; n++ {
		c.received(n, received)
	}
	c.caused([]Cursor{{Cause: 9}, {Cause: 11}, {Cause: 11, Index: 1}, {Cause: 14}})
	c.durable(9, 11, 3)
	if _, total := sums.sums(time.Now()); total.Count != 2 {
		t.Errorf("%d measured; want the two of record 11, which is no replay", total.Count)
	}
	c.durable(14, 14, 1)
	c.durable(14, 14, 5) // more than are known is no reason to fall over
	_, total := sums.sums(time.Now())
	if total.Count != 3 || total.P50 < 50*time.Millisecond || total.Max > 5*time.Second {
		t.Errorf("total is %+v; want three of 50 ms or a little more", total)
	}
}
