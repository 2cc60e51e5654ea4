package latency

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
	if empty.sum() != (Summary{}) {
		t.Errorf("an empty histogram sums to %+v", empty.sum())
	}
}

func TestWindows(t *testing.T) {
	var l Recorder
	now := time.Unix(1_800_000_000, 0)
	l.Add(now, time.Second)
	l.Add(now.Add(15*time.Second), time.Millisecond)
	if recent, total := l.Sums(now.Add(16 * time.Second)); recent.Count != 2 || total.Count != 2 {
		t.Errorf("after 16 s: recent %d, total %d; want 2 and 2", recent.Count, total.Count)
	}
	if recent, _ := l.Sums(now.Add(21 * time.Second)); recent.Count != 1 || recent.Max != time.Millisecond {
		t.Errorf("after 21 s: recent is %+v; want only the second", recent)
	}
	if recent, total := l.Sums(now.Add(time.Hour)); recent.Count != 0 || total.Count != 2 || total.Max != time.Second {
		t.Errorf("after an hour: recent is %+v, total %+v", recent, total)
	}
}
