//go:build unix

package sdk

import (
	"os"
	"syscall"
)

// redirectStdout keeps descriptor 1 for the handshake under another number, and makes 1 a second 2.
func redirectStdout() (*stdio, error) {
	handshake, err := duplicate(1, "handshake")
	if err != nil {
		return nil, err
	}
	logs, err := duplicate(2, "stderr")
	if err != nil {
		return nil, err
	}
	if err := duplicateOnto(2, 1); err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return &stdio{handshake: handshake, logs: logs}, nil
}

// duplicate makes a copy of a descriptor that child processes do not inherit. No process is started this early, so the two
// steps cannot be torn.
func duplicate(fd int, name string) (*os.File, error) {
	copied, err := syscall.Dup(fd)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(copied)
	return os.NewFile(uintptr(copied), name), nil
}
