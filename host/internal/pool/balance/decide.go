package balance

import "time"

// Balancer remembers what was measured and what was moved. One goroutine at a time.
type Balancer struct {
	config Config
}

// New returns a Balancer.
func New(c Config) *Balancer { return &Balancer{config: c} }

// Observe takes the state of all connections. To be called at an even pace, about each second.
func (b *Balancer) Observe(now time.Time, connections []Connection) {}

// Decide returns a move, if one is worth it, as of the last Observe. It counts as begun: the caller carries it out.
func (b *Balancer) Decide(now time.Time) (Decision, bool) { return Decision{}, false }

// Failover returns where the groups of a dead connection go, as of the last Observe, at once and regardless of any interval.
func (b *Balancer) Failover(dead int) []Decision { return nil }

// Score returns the smoothed load of a connection, 100 at what it can bear, and what is foreseen; ok is false for one never observed.
func (b *Balancer) Score(connection int) (load, foreseen float64, ok bool) { return 0, 0, false }

// Assign spreads groups over n connections at a start: a high group alone where there are two or more, the others evenly.
// It returns the connection, 0 to n-1, of each group.
func Assign(groups []Load, n int) []int { return make([]int, len(groups)) }
