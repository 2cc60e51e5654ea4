//go:build unix && !linux

package process

import (
	"os"
	"path/filepath"
	"syscall"
)

// exec is the program's path: other systems cannot run a descriptor, so a file swapped after hashing is not noticed.
func (p *program) exec() string {
	if path, err := filepath.Abs(p.path); err == nil {
		return path
	}
	return p.path
}

// groupOfItsOwn has no death signal here; plugins notice the end of the host by their standard input.
func groupOfItsOwn(*group) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// awaitExit waits for the end and reaps. Between that and the sweep of its group the number could be given to another one.
func awaitExit(p *os.Process) *os.ProcessState {
	state, _ := p.Wait()
	return state
}
