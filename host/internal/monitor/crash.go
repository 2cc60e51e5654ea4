package monitor

import (
	"fmt"
	"strings"
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
	CausePanic    Cause = "panic"    // the Go runtime gave up
	CauseDeadline Cause = "deadline" // it made no progress, or did not answer, and was killed
	CauseProtocol Cause = "protocol" // it broke the contract and was killed
	CauseStream   Cause = "stream"   // its stream ended with an error, though the process lived
	CauseFatal    Cause = "fatal"    // a handler returned a fatal error
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
	case CauseStart, CauseConfig, CauseState, CauseFatal, CauseJournal, CauseProtocol, CauseStream:
		return false
	default:
		return true
	}
}

// Error makes a Crash an error.
func (c *Crash) Error() string { return string(c.Cause) + ": " + c.Detail }

func crashf(cause Cause, format string, args ...any) *Crash {
	return &Crash{Cause: cause, Detail: fmt.Sprintf(format, args...), At: time.Now()}
}

// crashOfExit reads a dead process. The panic text of its error output says more than the exit code.
func crashOfExit(e process.Exit) *Crash {
	switch {
	case len(e.Panic) > 0:
		c := crashf(CausePanic, "%s (%s)", strings.TrimSpace(e.Panic[0]), e)
		c.Stack = e.Panic
		return c
	case e.Signal != 0:
		return crashf(CauseSignal, "%s", e)
	default:
		return crashf(CauseExit, "%s", e)
	}
}
