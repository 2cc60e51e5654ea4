package process

import (
	"fmt"
	"syscall"
	"time"
)

// watchEvery is the time between two looks at what a plugin uses.
const watchEvery = 250 * time.Millisecond

// watch kills a plugin that is over a limit. The kernel is faster where there is a control group; a plugin that allocates quickly
// may be over its limit by what it can touch in watchEvery.
func (p *process) watch() {
	limits := p.isolation.Limits
	if p.isolation.effective() == L0 || (limits.Memory == 0 && limits.Tasks == 0) {
		return
	}
	every := time.NewTicker(watchEvery)
	defer every.Stop()
	for {
		select {
		case <-p.dead:
			return
		case <-every.C:
		}
		over := p.group.offence()
		if pid := p.running(); pid != 0 && p.group == nil { // every process descends from 0
			over = limits.exceeded(usageOf(pid))
		}
		if over != nil {
			p.condemn(*over)
			return
		}
	}
}

// OffenceKind says what a plugin did.
type OffenceKind string

// Kinds of offences.
const (
	Memory   OffenceKind = "memory"   // it used too much
	Tasks    OffenceKind = "tasks"    // it had too many processes and threads
	Stranger OffenceKind = "stranger" // another process answers on its socket
)

// Offence is why the host, or the kernel at its behest, killed a plugin.
type Offence struct {
	// Kind of it.
	Kind OffenceKind
	// Detail in one sentence.
	Detail string
}

func (l Limits) exceeded(u usage) *Offence {
	switch {
	case l.Tasks > 0 && u.tasks > l.Tasks:
		return &Offence{Tasks, fmt.Sprintf("it had %d processes and threads; its limit is %d: raise limits.tasks if it needs more", u.tasks, l.Tasks)}
	case l.Memory > 0 && u.memory > l.Memory:
		return &Offence{Memory, fmt.Sprintf("it used %s of memory; its limit is %s: raise limits.memory if it needs more", size(u.memory), size(l.Memory))}
	}
	return nil
}

// condemn notes why and kills the group.
func (p *process) condemn(why Offence) {
	p.mu.Lock()
	if p.offence == nil {
		p.offence = &why
	}
	p.mu.Unlock()
	_ = p.signal(syscall.SIGKILL)
}

func size(bytes int64) string {
	if bytes < 10<<20 {
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}
