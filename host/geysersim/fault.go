package geysersim

import (
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// When says at which moment of a stream a fault strikes; its zero value is Now.
type When struct {
	updates uint64
	slot    uint64
	stream  uint64
	keep    bool
}

// Now strikes every stream that is open.
func Now() When { return When{} }

// AfterUpdates strikes a stream in place of its update n+1, pings not counted; for streams that are open already counting begins when
// the fault is set. n is at least 1.
func AfterUpdates(n uint64) When { return When{updates: max(n, 1)} }

// AtSlot strikes a stream in place of its first update of that slot or a later one.
func AtSlot(slot uint64) When { return When{slot: slot} }

// Keep makes a fault strike every stream that comes to the moment, again and again until ClearFaults. Without it a fault strikes one
// stream and is gone. Now ignores it.
func (w When) Keep() When {
	w.keep = true
	return w
}

// OnStream makes a fault concern only the n-th stream that the server accepted, counted from 1. 0 is any stream.
func (w When) OnStream(n uint64) When {
	w.stream = n
	return w
}

// errClean stands for a stream that ends without error.
var errClean = errors.New("stream ends cleanly")

// faults are what a server was told to do wrong.
type faults struct {
	armed atomic.Bool // anything below is set that concerns an update on its way

	mu         sync.Mutex
	changed    chan struct{} // closed and made anew with every change
	traps      []*trap
	effects    map[uint64]*effects // by stream, 0 for all of them
	n          int                 // transactions counted for duplicate and omit
	refuse     refusal             // of streams
	noReplay   refusal             // of requests with from_slot
	openHook   func(open uint64, token string) error
	replayHook func(from uint64) error
	struck     map[string]uint64
}

// trap is a fault that waits for a stream to come to its moment. act runs in the stream's sender; an error that it returns ends the
// stream.
type trap struct {
	When
	act  func(*stream) error
	base map[*stream]uint64 // updates that streams had when it was set
}

// refusal is an error for as long as it lasts.
type refusal struct {
	err   error
	until time.Time // zero: until it is taken back
}

func (r *refusal) now() error {
	if r.err == nil || !r.until.IsZero() && !time.Now().Before(r.until) {
		return nil
	}
	return r.err
}

// DropStreams ends streams with a status, as a real server does for codes.Internal "lagged to send an update", codes.Unavailable
// "server is shutting down try again later", codes.DataLoss and others. It returns how many were ended at once.
func (s *Server) DropStreams(when When, code codes.Code, message string) int {
	return s.strike(when, ender(status.Error(code, message)))
}

// CloseCleanly ends streams with status OK: the client reads EOF.
func (s *Server) CloseCleanly(when When) int { return s.strike(when, ender(errClean)) }

// ender ends a stream that is struck.
func ender(err error) func(*stream) error {
	return func(st *stream) error {
		st.s.counters.faulted.Add(1)
		return err
	}
}

// strike does something to streams, now or when they come to the moment, and returns to how many at once.
func (s *Server) strike(when When, act func(*stream) error) int {
	open := s.openStreams()
	if when.updates > 0 || when.slot > 0 {
		t := &trap{When: when, act: act, base: make(map[*stream]uint64)}
		for _, st := range open {
			t.base[st] = st.updates.Load()
		}
		s.faults.set(func(f *faults) { f.traps = append(f.traps, t) })
		return 0
	}
	n := 0
	for _, st := range open {
		if when.stream != 0 && when.stream != st.number {
			continue
		}
		if err := act(st); err != nil {
			st.end(err)
		}
		n++
	}
	return n
}

// Silence sends nothing on any stream for that long, no pings either, and cuts nothing: what would have been sent waits.
func (s *Server) Silence(d time.Duration) { s.faults.effect(0, silence, 1, d) }

// Delay sends live updates that much later than they happened; 0 ends it.
func (s *Server) Delay(d time.Duration) { s.faults.effect(0, delay, int(d), 0) }

// DuplicateEvery sends each n-th transaction of the server twice; 0 ends it.
func (s *Server) DuplicateEvery(n int) { s.faults.effect(0, duplicate, n, 0) }

// OmitEvery leaves each n-th transaction of the server out, which no real server admits to; 0 ends it. Block messages and the count in
// BlockMeta do not change.
func (s *Server) OmitEvery(n int) { s.faults.effect(0, omit, n, 0) }

// Refuse turns new streams away with a status until Accept.
func (s *Server) Refuse(code codes.Code, message string) {
	s.faults.set(func(f *faults) { f.refuse = refusal{err: status.Error(code, message)} })
}

// Accept ends Refuse.
func (s *Server) Accept() { s.faults.set(func(f *faults) { f.refuse = refusal{} }) }

// ControlOpen calls fn for every Subscribe open, counted from 1, before any other check but the token's; an error that it returns
// refuses the stream. fn is called by many goroutines, one at a time. nil takes it away.
func (s *Server) ControlOpen(fn func(open uint64, token string) error) {
	s.faults.set(func(f *faults) { f.openHook = fn })
}

// ControlReplay calls fn for every request with from_slot before the store is asked; an error that it returns ends the stream. fn is
// called by many goroutines, one at a time. nil takes it away.
func (s *Server) ControlReplay(fn func(from uint64) error) {
	s.faults.set(func(f *faults) { f.replayHook = fn })
}

// ClearFaults ends all of the above, and what scripts have set: but not scripts that still play.
func (s *Server) ClearFaults() {
	s.faults.set(func(f *faults) {
		f.traps, f.effects = nil, nil
		f.refuse, f.noReplay, f.openHook, f.replayHook = refusal{}, refusal{}, nil, nil
	})
	s.chain.clearFaults()
}

// Struck counts what scripts did so far, by the name of the action.
func (s *Server) Struck() map[string]uint64 {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return maps.Clone(s.faults.struck)
}
