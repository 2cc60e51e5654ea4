package monitor

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/process"
)

// Cause says why a process ended.
type Cause string

// Causes.
const (
	CauseStart    Cause = "start"    // it never became a plugin
	CauseConfig   Cause = "config"   // it refused its configuration
	CauseState    Cause = "state"    // it cannot read the checkpoint
	CauseExit     Cause = "exit"     // it exited
	CauseSignal   Cause = "signal"   // a signal killed it
	CauseMemory   Cause = "oom"      // it ran out of the memory that it may use
	CauseLimit    Cause = "limit"    // it ran into another limit
	CausePanic    Cause = "panic"    // the Go runtime gave up
	CauseDeadline Cause = "deadline" // it made no progress, or did not answer, and was killed
	CauseOutput   Cause = "output"   // it emitted more than it may
	CauseProtocol Cause = "protocol" // it broke the contract and was killed
	CauseStream   Cause = "stream"   // its stream ended with an error, though the process lived
	CauseFatal    Cause = "fatal"    // a handler returned a fatal error
	CauseRetry    Cause = "retry"    // a handler returned an error that may pass: the record is tried again
	CauseJournal  Cause = "journal"  // not its fault: the host could not read or store
)

// Crash is one unwanted end of a process.
type Crash struct {
	// Cause in one word.
	Cause Cause
	// Detail in one sentence: what was seen and, where there is one, the remedy.
	Detail string
	// Stack holds the first lines of a panic.
	Stack []string
	// At is when it was noticed.
	At time.Time
	// Record that CauseRetry is of, else 0.
	Record uint64
	// Through is the last record number done, Sent the last one sent.
	Through, Sent uint64
	// Frames are the headers of the last frames on the stream, oldest first.
	Frames []string
	// Version of the plugin, empty when it did not get as far as saying it.
	Version string
}

// ofRecord says whether a record may have caused it.
func (c Cause) ofRecord() bool {
	switch c {
	case CauseStart, CauseConfig, CauseState, CauseFatal, CauseRetry, CauseJournal, CauseProtocol, CauseStream:
		return false
	default:
		return true
	}
}

// Error makes a Crash an error.
func (c *Crash) Error() string { return string(c.Cause) + ": " + c.Detail }

// crashf makes its words text: much of them is what a plugin said, which may be any bytes, and status takes text only.
func crashf(cause Cause, format string, args ...any) *Crash {
	return &Crash{Cause: cause, Detail: shorten(fmt.Sprintf(format, args...)), At: time.Now()}
}

// maxSaid bounds what is kept of a plugin's words, in bytes: twice of what the SDK sends. A frame has room for megabytes of them, and they go
// into the log, the dead letters, status and alerts.
const maxSaid = 4 << 10

// shorten makes text of a plugin's words, of maxSaid bytes and an ellipsis at most.
func shorten(said string) string {
	if len(said) > maxSaid {
		return strings.ToValidUTF8(said[:maxSaid], "") + "..."
	}
	return strings.ToValidUTF8(said, "\uFFFD")
}

// crashOfExit reads a dead process. The panic text of its error output says more than the exit code.
func crashOfExit(e process.Exit) *Crash {
	switch {
	case e.Offence != nil:
		return crashOfOffence(*e.Offence)
	case len(e.Panic) > 0 && strings.Contains(e.Panic[0], "out of memory"):
		return crashf(CauseMemory, "%s (%s)", strings.TrimSpace(e.Panic[0]), e)
	case len(e.Panic) > 0:
		c := crashf(CausePanic, "%s (%s)", strings.TrimPrefix(strings.TrimSpace(e.Panic[0]), "panic: "), e) // the cause says panic
		c.Stack = e.Panic
		return c
	case e.Signal == syscall.SIGKILL:
		return crashf(CauseSignal, "%s, not by weir: by an operator, or by the kernel when the machine ran out of memory (see dmesg)", e)
	case e.Signal != 0:
		return crashf(CauseSignal, "%s", e)
	default:
		return crashf(CauseExit, "%s", e)
	}
}

// crashOfOffence says why the host or the kernel killed a process.
func crashOfOffence(o process.Offence) *Crash {
	switch o.Kind {
	case process.Memory:
		return crashf(CauseMemory, "%s", o.Detail)
	case process.Stranger:
		return crashf(CauseProtocol, "%s", o.Detail)
	default:
		return crashf(CauseLimit, "%s", o.Detail)
	}
}

// offence is what the process was killed for, or nil. It is known before the process is gone.
func (s *session) offence() *Crash {
	if s.Plugin == nil {
		return nil
	}
	if o := s.Offence(); o != nil {
		return crashOfOffence(*o)
	}
	return nil
}
