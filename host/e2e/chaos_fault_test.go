package e2e_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/geysersim"
)

// ofEndpoint tells whether recovery from a class is that of an endpoint. From what shuts us out for minutes nobody recovers but by the
// others, so that counts too.
func (c class) ofEndpoint() bool {
	return !slices.Contains([]class{control, pluginKill, pluginStop, hostKill}, c)
}

// ending is a status with which a stream ends.
type ending struct {
	code codes.Code
	text string
}

var endings = map[class][]ending{
	unavailable: {
		{codes.Unavailable, "server is shutting down try again later"}, {codes.Unavailable, "upstream connect error"}, {codes.Unavailable, "connection reset by peer"},
	},
	lagged:   {{codes.Internal, "lagged to send an update"}, {codes.Internal, "lagged to receive geyser messages"}},
	dataLoss: {{codes.DataLoss, "lagged"}},
	otherCode: {
		{codes.Unknown, "transport error"},
		{codes.Aborted, "aborted"},
		{codes.DeadlineExceeded, "deadline exceeded"},
		{codes.Canceled, "stream is canceled"},
		{codes.Internal, "stream terminated by RST_STREAM"},
	},
	shutOut: {
		{codes.ResourceExhausted, "rate limit exceeded"}, {codes.PermissionDenied, "Maximum connection count reached"}, {codes.Unauthenticated, "No valid auth token"},
	},
}

// flaw is an endpoint of the chaos run.
type flaw struct {
	server *geysersim.Server
	start  atomic.Uint64 // first slot of the play: nothing before it can be replayed
	wg     sync.WaitGroup
}

// hit does to an endpoint what s says. What lasts ends by itself.
func (f *flaw) hit(s strike) {
	switch s.class {
	case unavailable, lagged, dataLoss, otherCode:
		f.drop(s)
	case cleanEnd:
		f.server.CloseCleanly(geysersim.Now())
	case reset:
		f.server.ResetConnections()
	case silence:
		f.server.Silence(s.hold)
	case late:
		f.server.Delay(time.Duration(100+s.pick%500) * time.Millisecond)
		f.after(s.hold, func() { f.server.Delay(0) })
	case duplicates:
		f.server.DuplicateEvery(1 + s.pick%5)
		f.after(s.hold, func() { f.server.DuplicateEvery(0) })
	case refusal:
		f.server.Refuse(codes.Unavailable, "server is shutting down try again later")
		f.drop(s)
		f.after(s.hold, f.server.Accept)
	case replayOlder, replayNewer:
		f.refuseReplay(s)
		f.drop(s)
	case replayDrop:
		open := f.server.Served().Open
		f.drop(s)
		if open > 0 { // else it would wait for later streams, and meet them with others like it
			f.server.DropStreams(geysersim.AfterUpdates(uint64(s.n)), codes.Unavailable, "connection reset by peer")
		}
	case flapping:
		f.drop(s)
		f.after(s.hold/2, func() { f.drop(s) })
		f.after(s.hold, func() { f.drop(s) })
	case shutOut:
		e := endings[shutOut][s.pick%len(endings[shutOut])]
		f.server.Refuse(e.code, e.text)
		f.server.DropStreams(geysersim.Now(), e.code, e.text)
		f.after(s.hold, f.server.Accept)
	default:
		panic("no fault of an endpoint: " + string(s.class))
	}
}

// drop ends the open streams with a status of the class, or of the first one where it has none.
func (f *flaw) drop(s strike) {
	some := endings[s.class]
	if len(some) == 0 {
		some = endings[unavailable]
	}
	e := some[s.pick%len(some)]
	f.server.DropStreams(geysersim.Now(), e.code, e.text)
}

// refuseReplay refuses requests with from_slot in the words of real servers: one or two because the slot is not there yet, or those
// from before a slot of the margin, which is gone. What the host really needs is there.
func (f *flaw) refuseReplay(s strike) {
	var mu sync.Mutex
	var asked int
	var oldest uint64
	f.server.ControlReplay(func(from uint64) error {
		mu.Lock()
		defer mu.Unlock()
		asked++
		switch {
		case from < f.start.Load()+64: // with less than the margin behind it, what is needed may lie nearer
			return nil
		case s.class == replayOlder && asked <= 1+s.pick%2:
			return status.Error(codes.Internal, "failed to get replay response")
		case s.class == replayNewer && oldest == 0:
			oldest = from + uint64(1+s.pick%20)
		}
		if from < oldest {
			return status.Errorf(codes.OutOfRange, "broadcast from %d is not available, last available: %d", from, oldest)
		}
		return nil
	})
	f.after(5*time.Second, func() { f.server.ControlReplay(nil) })
}

func (f *flaw) after(d time.Duration, do func()) {
	f.wg.Go(func() {
		time.Sleep(d)
		do()
	})
}

// heal waits until what lasts has ended and takes away the rest.
func (f *flaw) heal() {
	f.wg.Wait()
	f.server.ClearFaults()
}

// pause stops a process for a while.
func pause(pid int, d time.Duration) {
	if syscall.Kill(pid, syscall.SIGSTOP) == nil {
		time.Sleep(d)
		_ = syscall.Kill(pid, syscall.SIGCONT) // it may have died with its host meanwhile
	}
}
