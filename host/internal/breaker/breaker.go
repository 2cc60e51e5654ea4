// Package breaker keeps us from an endpoint that does not work. Failures in a row open it, a delay later one probe is let through, and
// its success closes it again. failsafe-go does the state machine; this gives it our names.
package breaker

import (
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// State of a Breaker, as logs and status call it.
type State string

// States.
const (
	// Closed lets everything through.
	Closed State = "closed"
	// Open lets nothing through until its delay is over.
	Open State = "open"
	// HalfOpen lets one probe through.
	HalfOpen State = "half-open"
)

// Config of a Breaker. The zero value is good.
type Config struct {
	// Failures in a row open the breaker. Default 5.
	Failures uint
	// Delay is from opening to the probe. Default 15 s.
	Delay time.Duration
	// OnChange is told of each change. It must not call the Breaker; nil tells nobody.
	OnChange func(from, to State)
}

// Breaker of one endpoint. Any number of goroutines.
type Breaker struct {
	circuit circuitbreaker.CircuitBreaker[any]
}

// New returns a closed Breaker.
func New(c Config) *Breaker {
	if c.Failures == 0 {
		c.Failures = 5
	}
	if c.Delay <= 0 {
		c.Delay = 15 * time.Second
	}
	b := circuitbreaker.NewBuilder[any]().WithFailureThreshold(c.Failures).WithSuccessThreshold(1).WithDelay(c.Delay)
	if c.OnChange != nil {
		b = b.OnStateChanged(func(e circuitbreaker.StateChangedEvent) { c.OnChange(named(e.OldState), named(e.NewState)) })
	}
	return &Breaker{circuit: b.Build()}
}

// Allow tells whether an attempt may be made now. Each attempt that was allowed ends with one Success or Failure.
func (b *Breaker) Allow() bool { return b.circuit.TryAcquirePermit() }

// Success notes an attempt that worked.
func (b *Breaker) Success() { b.circuit.RecordSuccess() }

// Failure notes an attempt that did not.
func (b *Breaker) Failure() { b.circuit.RecordFailure() }

// Wait returns how long Allow will say no for sure; 0 when it may say yes.
func (b *Breaker) Wait() time.Duration { return b.circuit.RemainingDelay() }

// State returns the state. An open breaker whose delay is over stays Open until it is asked.
func (b *Breaker) State() State { return named(b.circuit.State()) }

func named(s circuitbreaker.State) State {
	switch s {
	case circuitbreaker.OpenState:
		return Open
	case circuitbreaker.HalfOpenState:
		return HalfOpen
	default:
		return Closed
	}
}
