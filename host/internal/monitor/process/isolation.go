package process

import (
	"fmt"
	"math"
	"strconv"
)

// Level says how far a plugin is kept apart from the host. The numbers are those of docs/operating.md.
type Level string

// Levels.
const (
	// Auto is L2 where the control groups are delegated to the host, else L1.
	Auto Level = ""
	// L0 is for a plugin under development: the host's whole environment, no limits, no check of who answers on the socket.
	L0 Level = "L0"
	// L1 is an environment and a folder of its own, no new privileges, limits that the host enforces by looking.
	L1 Level = "L1"
	// L2 is L1 in a control group of its own, where the kernel enforces the limits.
	L2 Level = "L2"
)

// Limits of one plugin with all its children. Zero means none.
type Limits struct {
	// Memory in bytes, resident.
	Memory int64
	// CPU in cores. Below L2 it only sets GOMAXPROCS.
	CPU float64
	// Tasks are processes and threads.
	Tasks int
	// Files that one process may have open.
	Files int
}

// Isolation says how to keep a plugin apart. The zero value is L1 without limits.
type Isolation struct {
	Level  Level
	Limits Limits
	// Groups are the control groups in which plugins may be put; nil where there are none.
	Groups *Groups
}

// effective is the level that will be reached: never Auto.
func (i Isolation) effective() Level {
	switch {
	case i.Level != Auto:
		return i.Level
	case i.Groups.Missing() == "":
		return L2
	default:
		return L1
	}
}

// String says which level is reached, and why it is not a higher one.
func (i Isolation) String() string {
	level := i.effective()
	if i.Level == Auto && level == L1 {
		return fmt.Sprintf("%s (%s)", level, i.Groups.Missing())
	}
	return string(level)
}

// environment are the variables that tell Go's runtime of the limits. Nine tenths leave room for what the runtime does not count.
func (i Isolation) environment() (env []string) {
	if i.effective() == L0 {
		return nil
	}
	if i.Limits.Memory > 0 {
		env = append(env, "GOMEMLIMIT="+strconv.FormatInt(i.Limits.Memory/10*9, 10))
	}
	if i.Limits.CPU > 0 {
		env = append(env, "GOMAXPROCS="+strconv.Itoa(int(math.Ceil(i.Limits.CPU))))
	}
	return env
}
