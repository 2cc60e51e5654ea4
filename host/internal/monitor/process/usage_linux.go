package process

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"syscall"
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

// row is one process of the machine.
type row struct {
	pid, parent, group int
	usage
}

// table is what /proc said of all processes at a moment. There is one for all plugins: a look costs some microseconds for each process
// of the machine, whoever looks.
var table struct {
	sync.Mutex
	taken time.Time
	rows  []row
}

// tableAge is how old the table may be. Each plugin looks every watchEvery, at its own moments, so that one look serves them all.
const tableAge = watchEvery * 4 / 5

// processes returns the table, which nobody changes.
func processes() []row {
	table.Lock()
	defer table.Unlock()
	if time.Since(table.taken) < tableAge {
		return table.rows
	}
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer closeAll(dir)
	names, _ := dir.Readdirnames(-1)
	rows := make([]row, 0, len(names))
	var buf [1024]byte
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if parent, group, u, ok := readStat(statOf(name, buf[:])); ok {
			rows = append(rows, row{pid, parent, group, u})
		}
	}
	table.taken, table.rows = time.Now(), rows
	return rows
}

// statOf reads /proc/PID/stat into buf, in three calls of the system where os.ReadFile takes more. It is empty when the process has ended.
func statOf(pid string, buf []byte) []byte {
	file, err := syscall.Open("/proc/"+pid+"/stat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	n, _ := syscall.Read(file, buf)
	_ = syscall.Close(file)
	return buf[:max(n, 0)]
}

// usageOf adds up the process, those in its group and all descendants of these. One that left the group and lost its parent is not
// found: only a control group holds such a one.
func usageOf(leader int) (sum usage) {
	rows := processes()
	parents := make(map[int]int, len(rows))
	mine := map[int]bool{leader: true}
	for _, r := range rows {
		parents[r.pid] = r.parent
		if r.group == leader {
			mine[r.pid] = true
		}
	}
	for _, r := range rows {
		if descends(r.pid, parents, mine) {
			sum.memory += r.memory
			sum.tasks += r.tasks
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
