package balance

import (
	"math"
	"testing"
	"time"
)

func near(got, want float64) bool { return math.Abs(got-want) < 0.01 }

func TestScoreIsAbsolute(t *testing.T) {
	c := Config{TPS: 1_000, BytesPerSecond: 1_000_000, Lag: 10 * time.Second, ErrorsPerMinute: 4}.withDefaults()
	for _, k := range []struct {
		name string
		s    Sample
		want float64
	}{
		{"nothing", Sample{}, 0},
		{"one a second beside an idle one", Sample{TPS: 1, BytesPerSecond: 5_000}, 0.5},
		{"transactions", Sample{TPS: 600, BytesPerSecond: 100_000}, 60},
		{"bytes", Sample{TPS: 100, BytesPerSecond: 750_000}, 75},
		{"queue", Sample{TPS: 100, QueueShare: 0.9}, 90},
		{"lag", Sample{Lag: 4 * time.Second}, 40},
		{"a clock behind the node's", Sample{Lag: -4 * time.Second}, 0},
		{"errors", Sample{TPS: 100, ErrorsPerMinute: 2}, 20},
		{"many errors", Sample{TPS: 100, ErrorsPerMinute: 400}, 30},
		{"unreadable", Sample{TPS: 100, Unparsed: 0.5}, 15},
		{"over", Sample{TPS: 2_000}, 200},
	} {
		if got := c.weigh(k.s).score(); !near(got, k.want) {
			t.Errorf("%s: %.2f, want %.2f", k.name, got, k.want)
		}
	}
}

func TestDefaultsAndWhatIsSaid(t *testing.T) {
	d := Config{Hot: 80, Hold: time.Second}.withDefaults()
	if d.Hot != 80 || d.Hold != time.Second || d.Cool != 40 || d.Benefit != 10 || d.Interval != time.Minute || d.Cooldown != 5*time.Minute || d.TPS != 5_000 {
		t.Errorf("%+v", d)
	}
}

func TestSmoothingDependsOnTimeNotOnPace(t *testing.T) {
	c := Config{}.withDefaults()
	start := time.Now()
	run := func(pace time.Duration) float64 {
		h := &history{}
		h.add(c, start, Sample{})
		for at := pace; at <= 10*time.Second; at += pace {
			h.add(c, start.Add(at), Sample{TPS: 5_000})
		}
		return h.smooth.score()
	}
	// After one time constant about 63 % of a step have come through.
	for _, pace := range []time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second} {
		if got := run(pace); got < 55 || got > 66 {
			t.Errorf("pace %v: %.1f of a step to 100", pace, got)
		}
	}
}

func TestTrendIsAStraightLine(t *testing.T) {
	c := Config{Smoothing: time.Millisecond, Window: time.Minute, Horizon: 30 * time.Second}.withDefaults()
	start := time.Now()
	h := &history{}
	for s := range 90 {
		h.add(c, start.Add(time.Duration(s)*time.Second), Sample{TPS: float64(s) * 25}) // half a point a second
		want := float64(s) / 2
		if s >= 30 {
			want += 15
		}
		if got := h.foreseen(c); math.Abs(got-want) > 0.5 {
			t.Fatalf("after %d s: foreseen %.2f, want %.2f", s, got, want)
		}
	}
	if len(h.points) != 61 {
		t.Errorf("%d points are kept of a window of 60 s", len(h.points))
	}
	for s := range 60 { // falling: never below nothing
		h.add(c, start.Add(time.Duration(90+s)*time.Second), Sample{TPS: max(0, 2_225-float64(s)*40)})
	}
	if got := h.foreseen(c); got != 0 {
		t.Errorf("foreseen %.2f", got)
	}
}

func TestQueueAndLagAreDividedAsTheFlowIs(t *testing.T) {
	c := Config{TPS: 100, BytesPerSecond: 100}.withDefaults()
	from := load{tps: 80, bytes: 40, queue: 50, lag: 10, trouble: 5}
	p := c.part(from, Load{TPS: 20, BytesPerSecond: 20})
	if !near(p.tps, 20) || !near(p.bytes, 20) || !near(p.queue, 25) || !near(p.lag, 5) || p.trouble != 0 {
		t.Errorf("%+v", p)
	}
	// More than the whole is not taken along, and of nothing nothing.
	if p := c.part(from, Load{TPS: 200}); !near(p.tps, 80) || !near(p.queue, 50) {
		t.Errorf("%+v", p)
	}
	if p := c.part(load{queue: 50}, Load{TPS: 5}); p != (load{}) {
		t.Errorf("%+v", p)
	}
}
