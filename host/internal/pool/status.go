package pool

import (
	"math"
	"time"

	"github.com/weir-run/weir/host/internal/breaker"
)

// State of a connection, as status calls it.
type State string

// States.
const (
	// Idle: there is no group for it.
	Idle State = "idle"
	// Connecting: a stream is being opened, or is open and has sent nothing yet.
	Connecting State = "connecting"
	// Streaming: updates come.
	Streaming State = "streaming"
	// Waiting: for the budget, the breaker, the backoff, or room in the queue.
	Waiting State = "waiting"
	// Stopped: Run has ended, or the endpoint can never be used.
	Stopped State = "stopped"
)

// Status is a snapshot. Counts are since New.
type Status struct {
	// Connections by index.
	Connections []ConnectionStatus
	// QueuedUpdates and QueuedBytes wait to be read.
	QueuedUpdates, QueuedBytes int
	// Gaps reported, Moves of groups from one connection to another.
	Gaps, Moves uint64
	// Alarms names the groups that are served and bring nothing. There are none before Routed is called.
	Alarms []string
}

// ConnectionStatus is a snapshot of one connection.
type ConnectionStatus struct {
	Index    int
	Endpoint string
	State    State
	Breaker  breaker.State
	// Groups that its stream serves, Proven those of them that it brings without a hole, Home those that belong to it.
	Groups, Proven, Home []string
	// Filters on transactions in the request of its stream.
	Filters int
	// Updates and Bytes received, pings not counted. Opens made, Requests sent in an open stream, Overflows that dropped a stream.
	Updates, Bytes, Opens, Requests, Overflows uint64
	// TPS is updates and BytesPerSecond bytes a second, over some seconds.
	TPS, BytesPerSecond float64
	// OpensUsed of the OpensLimit that the budget of its token allows in a window count right now.
	OpensUsed, OpensLimit int
	// Profile is the name of the provider's.
	Profile string
	// Slot is the highest seen, 0 before the first.
	Slot uint64
	// Lag is receipt minus the node's stamp of the newest update, the clocks of both machines compared; LagKnown is false before the
	// first update that has a stamp. Replayed content keeps old stamps.
	Lag      time.Duration
	LagKnown bool
	// ParseRate is the part of its updates that could be read, WinRate the part of its transactions that came here first, 0 to 1; 1 before
	// the first.
	ParseRate, WinRate float64
	// Parsed, Failed, Won and Lost are what the rates are made of.
	Parsed, Failed, Won, Lost uint64
	// ErrorsPerMinute is how many streams ended in trouble within the last minute.
	ErrorsPerMinute float64
	// LastError ended the last stream that ended, nil when none did. It may be long over.
	LastError   error
	LastErrorAt time.Time
}

const noLag = math.MinInt64

// Status returns a snapshot.
func (p *Pool) Status() Status {
	s := Status{Gaps: p.gaps.Load()}
	s.QueuedUpdates, s.QueuedBytes = p.queue.size()
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Moves, s.Alarms = p.moves, p.table.names(p.watch.Raised())
	for _, k := range p.connections {
		s.Connections = append(s.Connections, k.status())
	}
	return s
}

// status is called with Pool.mu held.
func (k *connection) status() ConnectionStatus {
	p, c := k.pool, &k.count
	s := ConnectionStatus{
		Index:     k.index,
		Endpoint:  k.source.Endpoint.Name,
		State:     c.state.Load().(State),
		Breaker:   k.source.breaker.State(),
		Groups:    p.table.names(k.sent),
		Updates:   c.updates.Load(),
		Bytes:     c.bytes.Load(),
		Opens:     c.opens.Load(),
		Requests:  c.changes.Load(),
		Overflows: c.overflows.Load(),
		TPS:       k.rates.tps, BytesPerSecond: k.rates.bytes,
		Profile: k.source.profile.Name,
		Slot:    c.slot.Load(),
		Parsed:  c.parsed.Load(), Failed: c.failed.Load(), Won: c.won.Load(), Lost: c.lost.Load(),
		ErrorsPerMinute: float64(len(k.ends)),
	}
	s.OpensUsed, s.OpensLimit, _ = k.source.Budget.Use()
	s.ParseRate, s.WinRate = share(s.Parsed, s.Failed), share(s.Won, s.Lost)
	if lag := c.lag.Load(); lag != noLag {
		s.Lag, s.LagKnown = time.Duration(lag), true
	}
	if last := c.lastError.Load(); last != nil {
		s.LastError, s.LastErrorAt = last.err, last.at
	}
	k.served(&s)
	return s
}

func (k *connection) served(s *ConnectionStatus) {
	var proven, home GroupSet
	for g := range k.pool.table.active.All() {
		if k.pool.homes[g].has(k.index) {
			home = home.With(g)
		}
		if k.streaming && k.sent.Has(g) && k.pool.cover.proven(k.index, g) {
			proven = proven.With(g)
		}
	}
	s.Proven, s.Home = k.pool.table.names(proven), k.pool.table.names(home)
	if k.stream == nil {
		return
	}
	if r, err := k.request(k.sent, 0); err == nil {
		s.Filters = len(r.GetTransactions())
	}
}

func share(good, bad uint64) float64 {
	if good+bad == 0 {
		return 1
	}
	return float64(good) / float64(good+bad)
}
