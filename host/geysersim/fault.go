package geysersim

import (
	"context"
	"errors"
	"slices"
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

// errClean stands for a stream that ends without error.
var errClean = errors.New("stream ends cleanly")

// faults are what a server was told to do wrong.
type faults struct {
	armed atomic.Bool // anything below is set that concerns an update on its way

	mu         sync.Mutex
	drops      []*drop
	silent     time.Time
	delay      time.Duration
	duplicate  int
	omit       int
	n          int   // transactions counted for duplicate and omit
	refuse     error // nil: streams are accepted
	openHook   func(open uint64, token string) error
	replayHook func(from uint64) error
}

// drop is a fault that ends streams.
type drop struct {
	When
	err  error
	base map[*stream]uint64 // updates that streams had when it was set
}

// DropStreams ends streams with a status, as a real server does for codes.Internal "lagged to send an update", codes.Unavailable
// "server is shutting down try again later", codes.DataLoss and others. It returns how many were ended at once.
func (s *Server) DropStreams(when When, code codes.Code, message string) int {
	return s.drop(when, status.Error(code, message))
}

// CloseCleanly ends streams with status OK: the client reads EOF.
func (s *Server) CloseCleanly(when When) int { return s.drop(when, errClean) }

func (s *Server) drop(when When, err error) int {
	open := s.openStreams()
	if when.updates == 0 && when.slot == 0 {
		for _, st := range open {
			st.end(err)
		}
		return len(open)
	}
	d := &drop{When: when, err: err, base: make(map[*stream]uint64)}
	for _, st := range open {
		d.base[st] = st.updates.Load()
	}
	s.faults.set(func(f *faults) { f.drops = append(f.drops, d) })
	return 0
}

// Silence sends nothing on any stream for that long, no pings either, and cuts nothing: what would have been sent waits.
func (s *Server) Silence(d time.Duration) {
	s.faults.set(func(f *faults) { f.silent = time.Now().Add(d) })
}

// Delay sends live updates that much later than they happened; 0 ends it.
func (s *Server) Delay(d time.Duration) { s.faults.set(func(f *faults) { f.delay = d }) }

// DuplicateEvery sends each n-th transaction of the server twice; 0 ends it.
func (s *Server) DuplicateEvery(n int) { s.faults.set(func(f *faults) { f.duplicate = n }) }

// OmitEvery leaves each n-th transaction of the server out, which no real server admits to; 0 ends it. Block messages and the count in
// BlockMeta do not change.
func (s *Server) OmitEvery(n int) { s.faults.set(func(f *faults) { f.omit = n }) }

// Refuse turns new streams away with a status until Accept.
func (s *Server) Refuse(code codes.Code, message string) {
	s.faults.set(func(f *faults) { f.refuse = status.Error(code, message) })
}

// Accept ends Refuse.
func (s *Server) Accept() { s.faults.set(func(f *faults) { f.refuse = nil }) }

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

// ClearFaults ends all of the above.
func (s *Server) ClearFaults() {
	s.faults.set(func(f *faults) {
		f.drops, f.silent, f.delay, f.duplicate, f.omit = nil, time.Time{}, 0, 0, 0
		f.refuse, f.openHook, f.replayHook = nil, nil, nil
	})
}

// ResetConnections closes every connection without a word and returns how many there were.
func (s *Server) ResetConnections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.conns)
	for c := range s.conns {
		_ = c.Close() // its owner sees the error
	}
	return n
}

func (f *faults) set(change func(*faults)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
	f.armed.Store(len(f.drops) > 0 || time.Now().Before(f.silent) || f.delay > 0 || f.duplicate > 0 || f.omit > 0)
}

func (f *faults) onOpen(open uint64, token string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse != nil || f.openHook == nil {
		return f.refuse
	}
	return f.openHook(open, token)
}

func (f *faults) onReplay(from uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.replayHook == nil {
		return nil
	}
	return f.replayHook(from)
}

// quiet waits while the server is silent.
func (f *faults) quiet(ctx context.Context) error {
	for f.armed.Load() {
		f.mu.Lock()
		until := f.silent
		f.mu.Unlock()
		if time.Until(until) <= tooShort {
			return ctx.Err()
		}
		if err := sleepUntil(ctx, until); err != nil {
			return err
		}
	}
	return nil
}

// late waits for the time at which a delayed event is due.
func (f *faults) late(ctx context.Context, happened time.Time) error {
	f.mu.Lock()
	delay := f.delay
	f.mu.Unlock()
	if delay == 0 {
		return nil
	}
	return sleepUntil(ctx, happened.Add(delay))
}

// strike gives the error of a fault whose moment has come for a stream that is about to send an update of a slot.
func (f *faults) strike(st *stream, slot uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, d := range f.drops {
		if d.updates > 0 && st.updates.Load()-d.base[st] < d.updates || d.updates == 0 && slot < d.slot {
			continue
		}
		if !d.keep {
			f.drops = slices.Delete(f.drops, i, i+1)
		}
		return d.err
	}
	return nil
}

// copies tells how often the next transaction is sent.
func (f *faults) copies() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	switch {
	case f.omit > 0 && f.n%f.omit == 0:
		return 0
	case f.duplicate > 0 && f.n%f.duplicate == 0:
		return 2
	default:
		return 1
	}
}
