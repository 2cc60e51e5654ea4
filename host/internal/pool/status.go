package pool

import (
	"math"
	"time"

	"github.com/weir-run/weir/host/internal/breaker"
)

// State of a Pool, as status calls it.
type State string

// States.
const (
	// Connecting: a stream is being opened, or is open and has sent nothing yet.
	Connecting State = "connecting"
	// Streaming: updates come.
	Streaming State = "streaming"
	// Waiting: for the budget, the breaker, the backoff, or room in the queue.
	Waiting State = "waiting"
	// Stopped: Run has ended.
	Stopped State = "stopped"
)

// Status is a snapshot. Counts are since New.
type Status struct {
	Endpoint string
	State    State
	Breaker  breaker.State
	// Updates and Bytes received, pings not counted. Opens made, Overflows that dropped a stream, Gaps reported.
	Updates, Bytes, Opens, Overflows, Gaps uint64
	// OpensLeft is how many opens the budget allows right now.
	OpensLeft int
	// Slot is the highest seen, 0 before the first.
	Slot uint64
	// Lag is receipt minus the node's stamp of the newest update, the clocks of both machines compared; LagKnown is false before the
	// first update that has a stamp. Replayed content keeps old stamps.
	Lag      time.Duration
	LagKnown bool
	// QueuedUpdates and QueuedBytes wait to be read.
	QueuedUpdates, QueuedBytes int
	// LastError ended the last stream that ended, nil when none did. It may be long over.
	LastError   error
	LastErrorAt time.Time
}

const noLag = math.MinInt64

// Status returns a snapshot.
func (p *Pool) Status() Status {
	s := Status{
		Endpoint:  p.config.Endpoint.Name,
		State:     p.state.Load().(State),
		Breaker:   p.breaker.State(),
		Updates:   p.updates.Load(),
		Bytes:     p.bytes.Load(),
		Opens:     p.opens.Load(),
		Overflows: p.overflows.Load(),
		Gaps:      p.gaps.Load(),
		OpensLeft: p.config.Budget.Left(),
		Slot:      p.slot.Load(),
	}
	if lag := p.lag.Load(); lag != noLag {
		s.Lag, s.LagKnown = time.Duration(lag), true
	}
	s.QueuedUpdates, s.QueuedBytes = p.queue.size()
	p.mu.Lock()
	defer p.mu.Unlock()
	s.LastError, s.LastErrorAt = p.lastError, p.lastErrorAt
	return s
}

func (p *Pool) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastError, p.lastErrorAt = err, time.Now()
}
