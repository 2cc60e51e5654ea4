package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/monitor/process"
)

// roster is the monitors of a daemon: they come and go with what is installed. All methods may be called at the same time.
type roster struct {
	mu      sync.Mutex
	members []*member
	running sync.WaitGroup
}

// member is one monitor and what it was made of.
type member struct {
	*monitor.Instance

	lines   *lines
	upgrade atomic.Pointer[string] // how far one is, nil when none is under way
	plugin  config.Plugin          // as the configuration and what is installed have it; its path changes with the installed program
	stop    context.CancelFunc
	done    chan struct{}
}

func (r *roster) all() []*member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.members)
}

func (r *roster) add(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = append(r.members, m)
}

func (r *roster) remove(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = slices.DeleteFunc(r.members, func(other *member) bool { return other == m })
}

// configured is the path that an upgrade stands in for.
func (r *roster) configured(m *member) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return m.plugin.Path
}

func (r *roster) configure(m *member, path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m.plugin.Path = path
}

// snapshot returns all members with their settings.
func (r *roster) snapshot() ([]*member, []config.Plugin) {
	r.mu.Lock()
	defer r.mu.Unlock()
	settings := make([]config.Plugin, len(r.members))
	for i, m := range r.members {
		settings[i] = m.plugin
	}
	return slices.Clone(r.members), settings
}

// start runs a member until ctx ends or it is stopped.
func (r *roster) start(ctx context.Context, m *member) {
	ctx, m.stop = context.WithCancel(ctx)
	m.done = make(chan struct{})
	r.running.Go(func() {
		defer close(m.done)
		_ = m.Run(ctx) // its errors are in its status
	})
}

// recruit makes a monitor of its settings. A program that is not there is no error: its instance says so, at each start.
func (d *Daemon) recruit(ctx context.Context, p config.Plugin) (*member, error) {
	if found, err := FindPlugin(p.Path); err == nil {
		p.Path = found
	}
	settings, err := json.Marshal(p.Config)
	if err != nil {
		return nil, fmt.Errorf("configuration of plugin %s: %w", p.Name, err)
	}
	if len(p.Config) == 0 {
		settings = nil
	}
	kept := newLines()
	m, c := &member{plugin: p, lines: kept}, monitor.Config{
		Instance: p.Name, Config: settings, SocketDir: d.sockets, Env: p.Env, Isolation: isolationOf(p, d.controlGroups()),
		CheckpointEvery: p.CheckpointEvery, CheckpointRecords: p.CheckpointRecords, DrainTimeout: p.DrainTimeout, Rota: d.rota,
		CrashLimit: p.CrashLimit, CrashWindow: p.CrashWindow, StallTimeout: p.StallTimeout, MaxOutput: int(p.Limits.Output),
		Log: keeping(d.log, kept).With("room", "monitor"), Births: d.births, Questions: monitor.Questions{Tokens: d.enricher, Shown: &d.shown},
	}
	if err := d.program(ctx, m, &c); err != nil {
		return nil, err
	}
	m.Instance = monitor.New(c, monitor.On(d.journal))
	return m, nil
}

// controlGroups finds out once whether plugins can have some.
func (d *Daemon) controlGroups() *process.Groups {
	d.groupsOnce.Do(func() { d.cgroups = process.FindGroups() })
	return d.cgroups
}
