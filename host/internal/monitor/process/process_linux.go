package process

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// exec is the path by which a child that has the program as descriptor 3 runs it.
func (p *program) exec() string { return "/proc/self/fd/3" }

func groupOfItsOwn(g *group) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if g != nil {
		attr.UseCgroupFD, attr.CgroupFD = true, int(g.handle.Fd())
	}
	return attr
}

// awaitExit returns when the process is dead, and leaves it to be reaped: the state is nil.
func awaitExit(p *os.Process) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return nil
		}
	}
}
