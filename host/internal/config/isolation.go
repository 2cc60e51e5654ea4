package config

import (
	"regexp"
	"runtime"
	"strings"
)

// Limits bound a plugin with its children.
type Limits struct {
	// Memory that is resident, in bytes. Default 2 GiB.
	Memory Bytes `koanf:"memory"`
	// CPU in cores, 0 for all. Default 0.
	CPU float64 `koanf:"cpu"`
	// Tasks are processes and threads. Default 512.
	Tasks int `koanf:"tasks"`
	// Files that one process may have open. Default 1024.
	Files int `koanf:"files"`
	// Output is what it may emit at once, in bytes. Default a fortieth of journal.max_bytes, at least 16 MiB.
	Output Bytes `koanf:"output"`
}

// leastMemory is what a plugin needs to start at all.
const leastMemory = 32 << 20

// leastOutput is room for two frames of the largest outputs.
const leastOutput = 16 << 20

// outputOf is what a plugin may emit at once, so that five crashes over it leave seven eighths of the journal to the others.
func outputOf(journal Bytes) Bytes { return max(journal/40, leastOutput) }

func (p *Plugin) fillIsolation(journal Bytes) {
	orValue(&p.Limits.Output, outputOf(journal))
	orValue(&p.Isolation, "auto")
	orValue(&p.Limits.Memory, 2<<30)
	orValue(&p.Limits.Tasks, 512)
	orValue(&p.Limits.Files, 1024)
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (p *Plugin) validateIsolation(key string, bad func(key, format string, args ...any)) {
	oneOf(bad, key+".isolation", p.Isolation, "auto", "L0", "L1", "L2")
	if p.Limits.Memory < leastMemory {
		bad(key+".limits.memory", "%s is too little to start a plugin: give at least %s", p.Limits.Memory, Bytes(leastMemory))
	}
	if p.Limits.CPU < 0 || p.Limits.CPU > 0 && p.Limits.CPU < 0.01 {
		bad(key+".limits.cpu", "%g is no number of cores: use 0 for all %d, or at least 0.01", p.Limits.CPU, runtime.NumCPU())
	}
	if p.Limits.Tasks < 32 {
		bad(key+".limits.tasks", "%d is too few to start a plugin: give at least 32", p.Limits.Tasks)
	}
	if p.Limits.Files < 32 {
		bad(key+".limits.files", "%d is too few to start a plugin: give at least 32", p.Limits.Files)
	}
	if p.Limits.Output < leastOutput {
		bad(key+".limits.output", "%s is too little for one frame of outputs: give at least %s", p.Limits.Output, Bytes(leastOutput))
	}
	for _, name := range p.Env {
		switch {
		case !envName.MatchString(name):
			bad(key+".env", "%q is no name of a variable: give the name alone, and its value in the environment of weir", name)
		case strings.HasPrefix(name, "WEIR_"):
			bad(key+".env", "%s belongs to weir itself and may hold a token: use another name", name)
		}
	}
}
