package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// play does rounds, some at a time: they wait more than they work.
func (m *matrix) play(plans [][]kill) {
	var all sync.WaitGroup
	next := make(chan []kill)
	for range 4 {
		all.Go(func() {
			for plan := range next {
				if err := m.round(stage{Kills: plan}); err != nil {
					m.t.Errorf("seed %d, round %v: %v", m.seed, plan, err)
				}
			}
		})
	}
	for _, plan := range plans {
		next <- plan
	}
	close(next)
	all.Wait()
}

// round plays a story and compares. The files of one that goes wrong stay, unless it was meant to.
func (m *matrix) round(s stage) error {
	dir, got, err := m.perform(s)
	if err == nil && got != m.want {
		err = differ(got, m.want)
	}
	if err == nil || s.Flaw != "" {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return fmt.Errorf("%w; its files are in %s", err, dir)
}

func differ(got, want string) error {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return fmt.Errorf("outputs differ from line %d on: %d lines, undisturbed %d; %.300q in the place of %.300q", n+1, len(a), len(b), a[min(n, len(a)-1)], b[min(n, len(b)-1)])
}

// perform plays a story in a folder of its own, with as many host processes as it takes, and returns the outputs.
func (m *matrix) perform(s stage) (dir, outputs string, err error) {
	s.Old, s.Next, s.Seed = m.old, m.next, m.seed
	if s.Dir, err = os.MkdirTemp("", "weir"); err != nil {
		return "", "", err
	}
	defer func() { m.note(s.hits()) }()
	if err := os.WriteFile(s.hits(), nil, 0o600); err != nil {
		return s.Dir, "", err
	}
	for deadline := time.Now().Add(roundTime); ; {
		killed, err := s.host()
		if err != nil {
			return s.Dir, "", err
		}
		if !killed {
			break
		}
		if time.Now().After(deadline) {
			return s.Dir, "", errors.New("the round does not end")
		}
	}
	text, err := os.ReadFile(filepath.Join(s.Dir, "outputs"))
	return s.Dir, string(text), err
}

// hits is the file of the kills that came about.
func (s stage) hits() string { return filepath.Join(s.Dir, "hits") }

// host runs one host process to its end and tells whether it was killed as planned.
func (s stage) host() (killed bool, err error) {
	before, err := os.ReadFile(s.hits())
	if err != nil {
		return false, err
	}
	s.Kills = slices.DeleteFunc(slices.Clone(s.Kills), func(k kill) bool { return strings.Contains(string(before), k.String()+"\n") })
	var plugins []string
	for _, k := range s.Kills {
		if k.Where != "host" {
			plugins = append(plugins, k.String())
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return false, err
	}
	told, said := filepath.Join(s.Dir, "stage"), filepath.Join(s.Dir, "log")
	out, err := os.OpenFile(said, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err = errors.Join(err, os.WriteFile(told, text, 0o600)); err != nil {
		return false, err
	}
	defer out.Close()
	ctx, cancel := context.WithTimeout(context.Background(), roundTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), stageEnv+"="+told, "VICTIM_HITS="+s.hits(), "VICTIM_KILL="+strings.Join(plugins, ","))
	cmd.Stderr = out
	err = cmd.Run()
	after, _ := os.ReadFile(s.hits())
	planned := strings.Count(string(after), "host") > strings.Count(string(before), "host")
	if planned && cmd.ProcessState != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true, nil
	}
	if err != nil {
		text, _ := os.ReadFile(said)
		return false, fmt.Errorf("host: %w: %s", err, tail(string(text), 1500))
	}
	return false, nil
}

// note counts the kills of a round by point.
func (m *matrix) note(hits string) {
	text, _ := os.ReadFile(hits)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		fields[3] = "0" // the count
		m.hits[strings.Join(fields, " ")]++
		m.kills++
	}
}
