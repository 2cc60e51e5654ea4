package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Exit is how a process ended.
type Exit struct {
	// Code it exited with; -1 when a signal killed it.
	Code int
	// Signal that killed it, else 0.
	Signal syscall.Signal
	// Panic is what the Go runtime printed before, in lines and bounded; nil when there was no panic.
	Panic []string
	// Offence is what it was killed for; nil for nothing.
	Offence *Offence
}

// String says it in words.
func (e Exit) String() string {
	if e.Signal != 0 {
		return fmt.Sprintf("killed by signal %d (%s)", int(e.Signal), e.Signal)
	}
	return fmt.Sprintf("exited with code %d", e.Code)
}

func (p *process) exit() Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := Exit{Code: -1, Panic: p.panics.lines(), Offence: p.offence}
	if p.state == nil {
		return e
	}
	e.Code = p.state.ExitCode()
	if status, ok := p.state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = status.Signal()
	}
	return e
}

func rootText(err error) string {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
