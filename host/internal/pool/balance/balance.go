// Package balance decides which group of programs moves to another connection. Measurements go in, at most one move at a time comes
// out. It knows no clock, no connection and no goroutine: the caller says what time it is and carries the move out.
package balance

import (
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// Config of a Balancer. The zero value of a field is its default.
type Config struct {
	// TPS, BytesPerSecond and Lag are what one connection can bear: at these its load is 100. They are absolute: compared with the
	// busiest connection, a nearly idle one next to an idle one would look overloaded. Defaults 5,000 updates a second, 32 MiB a second,
	// 5 s.
	TPS            float64
	BytesPerSecond float64
	Lag            time.Duration
	// ErrorsPerMinute is how many ends of streams a minute count as 100 of load. Default 6.
	ErrorsPerMinute float64
	// Hot is the load from which on a connection gives a group away, Cool the load up to which one takes a group. Defaults 70 and 40.
	Hot, Cool float64
	// Benefit is by how much a move must lower the higher load of the two. Default 10.
	Benefit float64
	// Hold is how long a connection must be hot without a break. Default 15 s.
	Hold time.Duration
	// Interval is the least time between two moves of any group, Cooldown between two moves of the same. Defaults 1 min and 5 min.
	Interval, Cooldown time.Duration
	// Smoothing is the time constant of the moving average. Default 10 s.
	Smoothing time.Duration
	// Window is how far the trend looks back, Horizon how far ahead. Defaults 60 s and 30 s.
	Window, Horizon time.Duration
}

func (c Config) withDefaults() Config {
	orDefault(&c.TPS, 5_000)
	orDefault(&c.BytesPerSecond, 32<<20)
	orDefault(&c.Lag, 5*time.Second)
	orDefault(&c.ErrorsPerMinute, 6)
	orDefault(&c.Hot, 70)
	orDefault(&c.Cool, 40)
	orDefault(&c.Benefit, 10)
	orDefault(&c.Hold, 15*time.Second)
	orDefault(&c.Interval, time.Minute)
	orDefault(&c.Cooldown, 5*time.Minute)
	orDefault(&c.Smoothing, 10*time.Second)
	orDefault(&c.Window, time.Minute)
	orDefault(&c.Horizon, 30*time.Second)
	return c
}

func orDefault[T float64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Sample is what was measured on a connection since its last sample.
type Sample struct {
	// TPS is updates a second without pings, BytesPerSecond their bytes.
	TPS, BytesPerSecond float64
	// Lag is receipt less the node's stamp; 0 when not known. Not to be measured on replayed content.
	Lag time.Duration
	// Unparsed is the part of transactions that could not be read, 0 to 1.
	Unparsed float64
	// ErrorsPerMinute is how often its streams ended by trouble.
	ErrorsPerMinute float64
	// QueueShare is how much of its share of the queue is taken, 0 to 1.
	QueueShare float64
}

// Load is what one group brings on a connection.
type Load struct {
	Group               int
	Priority            fold.Priority
	TPS, BytesPerSecond float64
}

// Connection is one connection as it is now.
type Connection struct {
	// ID names it; it stays the same for its life.
	ID int
	// Alive tells that it streams.
	Alive bool
	// Provider names whose it is, for reasons.
	Provider string
	Sample   Sample
	// Groups it serves, with their loads.
	Groups []Load
	// Room is how many more groups its provider's limits let in; negative for any number.
	Room int
}

// Decision is a move to carry out.
type Decision struct {
	Group, From, To int
	// Reason is for people.
	Reason string
}
