package balance

import "time"

// load is what weighs on a connection: each part is 0 at nothing and 100 at what it can bear.
type load struct {
	tps, bytes, queue, lag float64
	// trouble adds to the rest: streams that end, and transactions that cannot be read. It stays where it is when a group moves.
	trouble float64
}

// A connection whose streams end all the time counts for 20 more, one of which nothing can be read for 10.
const (
	errorWeight    = 20
	unparsedWeight = 10
)

func (c Config) weigh(s Sample) load {
	return load{
		tps:     100 * s.TPS / c.TPS,
		bytes:   100 * s.BytesPerSecond / c.BytesPerSecond,
		queue:   100 * s.QueueShare,
		lag:     100 * s.Lag.Seconds() / c.Lag.Seconds(),
		trouble: errorWeight*min(s.ErrorsPerMinute/c.ErrorsPerMinute, 1) + unparsedWeight*min(s.Unparsed, 1),
	}
}

// score is one number. The worst part counts, not a sum: a full queue is a full queue, however few the transactions are.
func (l load) score() float64 { return max(l.tps, l.bytes, l.queue, l.lag, 0) + l.trouble }

// toward moves l by part w, 0 to 1, of the way to other.
func (l load) toward(other load, w float64) load {
	step := func(from, to float64) float64 { return from + w*(to-from) }
	return load{
		step(l.tps, other.tps), step(l.bytes, other.bytes), step(l.queue, other.queue), step(l.lag, other.lag), step(l.trouble, other.trouble),
	}
}

// part is what a group takes along. Queue and lag cannot be told apart by group: they are divided as the flow is, which is
// cautious, because the target is taken to become as slow as the source was.
func (c Config) part(from load, g Load) load {
	p := load{tps: min(100*g.TPS/c.TPS, from.tps), bytes: min(100*g.BytesPerSecond/c.BytesPerSecond, from.bytes)}
	share := 0.0
	if from.tps > 0 {
		share = p.tps / from.tps
	}
	if from.bytes > 0 {
		share = max(share, p.bytes/from.bytes)
	}
	p.queue, p.lag = share*from.queue, share*from.lag
	return p
}

func (l load) plus(p load, sign float64) load {
	return load{l.tps + sign*p.tps, l.bytes + sign*p.bytes, l.queue + sign*p.queue, l.lag + sign*p.lag, l.trouble}
}

// history is what is remembered of one connection.
type history struct {
	smooth   load
	at       time.Time // of the last sample; zero before the first
	points   []point   // within the window, for the trend
	hotSince time.Time // zero while it is not hot
}

type point struct {
	at    time.Time
	score float64
}

func (h *history) add(c Config, now time.Time, s Sample) {
	l := c.weigh(s)
	if h.at.IsZero() {
		h.smooth = l
	} else if d := now.Sub(h.at); d > 0 {
		// The weight follows the time that passed, so that an uneven pace changes nothing.
		h.smooth = h.smooth.toward(l, d.Seconds()/(d+c.Smoothing).Seconds())
	}
	h.at = now
	for len(h.points) > 0 && now.Sub(h.points[0].at) > c.Window {
		h.points = h.points[1:]
	}
	h.points = append(h.points, point{now, h.smooth.score()})
	switch {
	case max(h.smooth.score(), h.foreseen(c)) < c.Hot:
		h.hotSince = time.Time{}
	case h.hotSince.IsZero():
		h.hotSince = now
	}
}

// foreseen is the score after Horizon if the trend goes on: a straight line through the window by least squares, followed as far as it
// explains what was seen, so that bursts are no trend. Before half of the window is known there is none.
func (h *history) foreseen(c Config) float64 {
	last := h.smooth.score()
	if len(h.points) < 3 || h.at.Sub(h.points[0].at) < c.Window/2 {
		return last
	}
	var meanT, meanS float64
	for _, p := range h.points {
		meanT += p.at.Sub(h.at).Seconds()
		meanS += p.score
	}
	n := float64(len(h.points))
	meanT, meanS = meanT/n, meanS/n
	var cov, devT, devS float64
	for _, p := range h.points {
		t, s := p.at.Sub(h.at).Seconds()-meanT, p.score-meanS
		cov += t * s
		devT += t * t
		devS += s * s
	}
	if devT == 0 || devS == 0 {
		return last
	}
	slope, explained := cov/devT, cov*cov/(devT*devS)
	return max(last+explained*slope*c.Horizon.Seconds(), 0)
}
