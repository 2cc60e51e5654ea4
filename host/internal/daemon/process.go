package daemon

import (
	"runtime"
	"syscall"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// processStatus is what this process uses. Reading it stops the world for some tens of microseconds.
func processStatus() *adminv1.ProcessStatus {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := &adminv1.ProcessStatus{
		HeapBytes: m.HeapAlloc, Allocations: m.Mallocs, AllocatedBytes: m.TotalAlloc, Goroutines: uint64(runtime.NumGoroutine()),
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err == nil { // it cannot fail for the own process
		s.CpuMicros = uint64((u.Utime.Nano() + u.Stime.Nano()) / 1000)
	}
	s.RssBytes, s.MemoryLimitBytes = memoryStatus()
	return s
}
