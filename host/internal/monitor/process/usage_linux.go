package process

import (
	"bytes"
	"os"
	"strconv"
)

// usage of a plugin and its children.
type usage struct {
	memory int64 // bytes resident; pages that two processes share count twice
	tasks  int   // threads of all
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

// readStat reads /proc/PID/stat (proc(5)): fields 4, 5, 20 and 24. The name, field 2, may hold anything.
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
	return number(4), number(5), usage{memory: int64(number(24)) * int64(os.Getpagesize()), tasks: number(20)}, true
}
