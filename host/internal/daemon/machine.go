package daemon

import (
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// diskStatus asks for the file system of a folder; nil when it cannot be asked.
func diskStatus(dir string) *adminv1.DiskStatus {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return nil
	}
	block := uint64(fs.Bsize)
	used := (fs.Blocks - fs.Bfree) * block
	return &adminv1.DiskStatus{FreeBytes: fs.Bavail * block, TotalBytes: used + fs.Bavail*block} // what is kept for root is not ours
}

// memoryStatus returns what is resident and what may be; nil for what the system does not tell.
func memoryStatus() (rss, limit *uint64) {
	if pages, ok := firstNumber("/proc/self/statm", 1); ok {
		rss = new(pages * uint64(os.Getpagesize()))
	}
	least := uint64(math.MaxUint64)
	if kib, ok := firstNumber("/proc/meminfo", 1); ok { // its first line is MemTotal
		least = kib << 10
	}
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if bytes, ok := firstNumber(file, 0); ok {
			least = min(least, bytes)
		}
	}
	if least != math.MaxUint64 {
		limit = &least
	}
	return rss, limit
}

// firstNumber reads the word at a place of a file's first line.
func firstNumber(file string, place int) (uint64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	words := strings.Fields(strings.SplitN(string(text), "\n", 2)[0])
	if len(words) <= place {
		return 0, false
	}
	n, err := strconv.ParseUint(words[place], 10, 64)
	return n, err == nil && n > 0
}

// ticks is how many units a second the kernel counts processor time in for /proc: 100 on every Linux that Go runs on.
const ticks = 100

// processUse reads what one process takes (proc(5), stat, fields 14, 15 and 24); nil for what the system does not tell.
func processUse(pid int) (cpuMicros, rss *uint64) {
	if pid == 0 {
		return nil, nil
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil, nil
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // from field 3
	if len(fields) < 22 {
		return nil, nil
	}
	user, err1 := strconv.ParseUint(fields[14-3], 10, 64)
	system, err2 := strconv.ParseUint(fields[15-3], 10, 64)
	pages, err3 := strconv.ParseUint(fields[24-3], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return nil, nil
	}
	return new((user + system) * 1_000_000 / ticks), new(pages * uint64(os.Getpagesize()))
}
