package monitor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// startFailures is how many starts in a row may fail before the program is not tried again.
const startFailures = 3

// policy decides what follows a crash. Only the goroutine of Run uses it.
type policy struct {
	cfg *Config

	restarts     backoff
	failedStarts int
	crashes      []time.Time // within the window, oldest first
	probing      bool        // the start at hand is the one try of a quarantined instance
}

// verdict is what follows a crash.
type verdict struct {
	// state is Backoff, Quarantined, Rejected or ConfigError.
	state State
	// reason says why it is not Backoff.
	reason string
	// wait is the time to the next start; 0 when only an operator makes one.
	wait time.Duration
}

// after judges a crash. The host's own failures are not held against the plugin.
func (p *policy) after(c *Crash) verdict {
	if c.Cause == CauseStart {
		p.failedStarts++
	} else {
		p.failedStarts = 0
	}
	switch {
	case c.Cause == CauseConfig:
		return verdict{state: ConfigError, reason: c.Detail}
	case c.Cause == CauseState, c.Cause == CauseFatal, p.failedStarts >= startFailures:
		return verdict{state: Rejected, reason: c.Detail}
	case c.Cause == CauseProtocol:
		return p.quarantine("it broke the contract: " + c.Detail)
	case c.Cause == CauseJournal:
		return p.again()
	case p.probing:
		return p.quarantine("it crashed again when it was tried: " + c.Error())
	}
	p.crashes = append(p.crashes, c.At)
	p.crashes = slices.DeleteFunc(p.crashes, func(at time.Time) bool { return c.At.Sub(at) > p.cfg.CrashWindow })
	if p.cfg.CrashLimit > 0 && len(p.crashes) >= p.cfg.CrashLimit {
		return p.quarantine(fmt.Sprintf("it crashed %d times within %s, last by %s", len(p.crashes), p.cfg.CrashWindow, c.Error()))
	}
	return p.again()
}

// again has the plugin started after a wait. The first is a tenth of what the others begin with: most crashes do not come twice, and whatever
// the monitor has to say comes that much later.
func (p *policy) again() verdict {
	if p.restarts.tries == 0 {
		p.restarts.tries++
		return verdict{state: Backoff, wait: rand.N(max(p.cfg.BackoffMin/10, 1)) + 1}
	}
	return verdict{state: Backoff, wait: p.restarts.next(p.cfg.BackoffMin, p.cfg.BackoffMax)}
}

// quarantine lets it be tried once in a while: what it choked on may have passed.
func (p *policy) quarantine(reason string) verdict {
	p.probing = true
	return verdict{state: Quarantined, reason: reason, wait: p.cfg.ProbeEvery}
}

// trust forgets everything: the plugin was live for long enough and saved its state, or an operator says so.
func (p *policy) trust() { *p = policy{cfg: p.cfg} }

// solved takes back the crashes of a record that is parked now. The rest of the story stays.
func (p *policy) solved() { p.crashes, p.restarts = nil, backoff{} }
