package process

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// usage of a plugin and its children.
type usage struct {
	memory int64 // bytes resident; pages that two processes share count twice
	tasks  int   // threads of all
	cpu    time.Duration
}

// ticks is how many units a second the kernel counts processor time in for /proc: 100 on every Linux that Go runs on.
const ticks = 100

// Use returns the processor time and the resident memory, in bytes, of one running process without its children; ok is false where the system
// does not tell. Any goroutine may call it.
func Use(pid int) (cpu time.Duration, memory int64, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, 0, false
	}
	_, _, u, ok := readStat(text)
	return u.cpu, u.memory, ok
}

// usageOf adds up the process, those in its group and all descendants of these. One that left the group and lost its parent is not
// found: only a control group holds such a one.
func usageOf(leader int) (sum usage) {
	dir, err := os.Open("/proc")
	if err != nil {
		return usage{}
	}
	defer closeAll(dir)
	names, _ := dir.Readdirnames(-1)
	parents := map[int]int{}
	stats := map[int]usage{}
	mine := map[int]bool{leader: true}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // it ended meanwhile
		}
		parent, group, u, ok := readStat(text)
		if !ok {
			continue
		}
		parents[pid], stats[pid] = parent, u
		if group == leader {
			mine[pid] = true
		}
	}
	for pid, u := range stats {
		if descends(pid, parents, mine) {
			sum.memory += u.memory
			sum.tasks += u.tasks
		}
	}
	return sum
}

func descends(pid int, parents map[int]int, mine map[int]bool) bool {
	for range len(parents) {
		if mine[pid] {
			return true
		}
		next, known := parents[pid]
		if !known || next == 0 {
			return false
		}
		pid = next
	}
	return false
}

// readStat reads /proc/PID/stat (proc(5)): fields 4, 5, 14, 15, 20 and 24. The name, field 2, may hold anything.
func readStat(text []byte) (parent, group int, u usage, ok bool) {
	end := bytes.LastIndexByte(text, ')')
	if end < 0 {
		return 0, 0, usage{}, false
	}
	fields := bytes.Fields(text[end+1:]) // from field 3
	if len(fields) < 22 {
		return 0, 0, usage{}, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(string(fields[i-3]))
		return n
	}
	return number(4), number(5), usage{memory: int64(number(24)) * int64(os.Getpagesize()), tasks: number(20), cpu: time.Duration(number(14)+number(15)) * time.Second / ticks}, true
}
