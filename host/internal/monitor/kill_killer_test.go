package monitor

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// killer kills processes where a plan says, from within the host.
type killer struct {
	hits     string            // file of the kills that came about
	programs map[string]string // by version: old and next

	mu   sync.Mutex
	seen map[string]int
	plan []kill
}

// step is told of each step of the host.
func (k *killer) step(what, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	point := what + " " + name
	k.seen[point]++
	for n, entry := range k.plan {
		if entry.Where == "host" && entry.Point == point && entry.N <= k.seen[point] && k.do(entry) {
			k.plan = slices.Delete(k.plan, n, n+1)
			return
		}
	}
}

// do kills, after a note of it; false when the victim does not live.
func (k *killer) do(entry kill) bool {
	pid := os.Getpid()
	if entry.Victim != "host" {
		if pid = childRunning(k.programs[entry.Victim]); pid == 0 {
			return false
		}
	}
	if err := addLine(k.hits, entry.String()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	if entry.Victim == "host" {
		select {}
	}
	return true
}

func addLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(line + "\n")
	return err
}

// childRunning finds the child of this process that runs a program; 0 when none does.
func childRunning(path string) int {
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, task := range tasks {
		children, _ := os.ReadFile(task)
		for pid := range strings.FieldsSeq(string(children)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			if program, _, _ := strings.Cut(string(line), "\x00"); program == path {
				return atoi(pid)
			}
		}
	}
	return 0
}

// killJournal is a journal between whose steps the killer can come. flaw breaks it on purpose: dedup forgets which
// outputs are stored, flush stores the newest ones with those after them, whatever a checkpoint says.
type killJournal struct {
	Journal

	killer *killer
	flaw   string
}

func (j killJournal) SaveDeadLetter(ctx context.Context, instance string, d DeadLetter) error {
	j.killer.step("letter", "before")
	err := j.Journal.SaveDeadLetter(ctx, instance, d)
	j.killer.step("letter", "after")
	return err
}

func (j killJournal) OpenOutputs(
	ctx context.Context, instance, monitor string, epoch uint64, durable func(firstCause, lastCause uint64, count int),
) (Outputs, error) {
	log, err := j.Journal.OpenOutputs(ctx, instance, monitor, epoch, durable)
	return &killOutputs{Outputs: log, killer: j.killer, flaw: j.flaw}, err
}

type killOutputs struct {
	Outputs

	killer *killer
	flaw   string
	held   [][]byte // with the flaw flush
	last   Cursor
}

func (o *killOutputs) Cursor() Cursor {
	if o.flaw == "dedup" {
		return Cursor{}
	}
	return o.Outputs.Cursor()
}

func (o *killOutputs) Append(outputs [][]byte, last Cursor) error {
	o.killer.step("append", "outputs")
	if o.flaw == "flush" {
		held, before := o.held, o.last
		o.held, o.last = nil, last
		for _, output := range outputs {
			o.held = append(o.held, bytes.Clone(output))
		}
		outputs, last = held, before
	}
	err := o.Outputs.Append(outputs, last)
	o.killer.step("appended", "outputs")
	return err
}

func (o *killOutputs) Flush(ctx context.Context) error {
	err := o.Outputs.Flush(ctx)
	o.killer.step("flushed", "outputs")
	return err
}
