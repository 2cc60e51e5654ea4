//go:build unix

package weirtest

import (
	"syscall"
	"time"
)

// cpuTime is user and system time of this process.
func cpuTime() (time.Duration, error) {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0, err
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()), nil
}
