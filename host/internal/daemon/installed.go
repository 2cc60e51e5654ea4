package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

// Installed returns the plugins of the configuration and of its plugins_dir. One that the configuration names by its name alone runs the
// installed program; one that it does not name runs with the defaults, as an instance of its own name. A program that is not the one of
// weir.lock is an error: it may be anything.
func Installed(cfg config.Config) ([]config.Plugin, error) {
	out := slices.Clone(cfg.Plugins)
	installed, err := catalog.List(cfg.PluginsDir)
	if err != nil {
		return nil, err
	}
	for _, p := range installed {
		if p.Problem != nil {
			return nil, p.Problem
		}
		named := false
		for i := range out {
			if out[i].Path == "weir-"+p.Name {
				out[i].Path, named = p.Path, true
			}
		}
		if named || slices.ContainsFunc(out, func(have config.Plugin) bool { return have.Name == p.Name }) {
			continue // in the second case the configuration gives that instance a program of its own
		}
		one, err := config.InstalledPlugin(p.Name, p.Path)
		if err != nil {
			return nil, fmt.Errorf("installed plugin %s: %w", p.Name, err)
		}
		out = append(out, one)
	}
	return out, nil
}

// installedEvery is how often the daemon looks what was installed or removed, and changeLimit how long one change may take.
const (
	installedEvery = time.Second
	changeLimit    = 2 * time.Minute
)

// watchInstalled lets plugins come, change and go with the folder of plugins. feeding is the context of the monitors.
func (d *Daemon) watchInstalled(ctx, feeding context.Context) error {
	ticker := time.NewTicker(installedEvery)
	defer ticker.Stop()
	lock := filepath.Join(d.cfg.PluginsDir, catalog.LockFile)
	seen, said := d.lockSeen, ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now := stamp(lock)
		if now == seen {
			continue
		}
		switch err := d.muster(ctx, feeding); {
		case err == nil:
			seen, said = now, ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			d.log.Warn("plugins stay as they are until this is mended, which is looked at every second", "error", err)
		}
	}
}

// stamp tells two states of a file apart; empty when there is none. It is replaced as a whole, so its number changes each time.
func stamp(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}

// errLater says that a plugin cannot be changed at this moment.
var errLater = errors.New("it is not live yet")

// muster makes the monitors those that should be. Called again after an error it goes on where it was.
func (d *Daemon) muster(ctx, feeding context.Context) error {
	wanted, err := Installed(d.cfg)
	if err != nil {
		return err
	}
	for _, m := range d.roster.all() {
		if !slices.ContainsFunc(wanted, func(p config.Plugin) bool { return p.Name == m.Name() }) {
			d.dismiss(m)
		}
	}
	var late error
	for _, p := range wanted {
		members := d.roster.all()
		i := slices.IndexFunc(members, func(m *member) bool { return m.Name() == p.Name })
		if i < 0 {
			m, err := d.recruit(ctx, p)
			if err != nil {
				return err
			}
			d.log.Info("plugin was installed", "instance", p.Name, "path", p.Path)
			d.roster.add(m)
			d.roster.start(feeding, m)
			continue
		}
		if err := d.exchange(ctx, members[i], p.Path); err != nil {
			late = errors.Join(late, fmt.Errorf("plugin %s: %w", p.Name, err))
		}
	}
	return late
}

// dismiss stops a monitor that is not installed any more. Its state and events stay: installed again it goes on from there.
func (d *Daemon) dismiss(m *member) {
	d.log.Info("plugin was removed", "instance", m.Name())
	m.stop()
	<-m.done
	d.roster.remove(m)
}

// exchange puts the program at a path in the place of a monitor's, without a gap where it is live. An error means later: a program that does
// not take over is said and the old one goes on.
func (d *Daemon) exchange(ctx context.Context, m *member, path string) error {
	if found, err := FindPlugin(path); err == nil {
		path = found
	}
	before := d.roster.configured(m)
	if path == before {
		return nil
	}
	d.roster.configure(m, path) // what is chosen from here on stands in for it
	err := d.exchangeFor(ctx, m, path)
	if err != nil {
		d.roster.configure(m, before)
	}
	return err
}

func (d *Daemon) exchangeFor(ctx context.Context, m *member, path string) error {
	switch st := m.Status(); st.State {
	case monitor.Quarantined, monitor.Rejected, monitor.ConfigError, monitor.Backoff:
		return m.Replace(ctx, path)
	case monitor.Live:
	default:
		return errLater
	}
	limited, cancel := context.WithTimeoutCause(ctx, changeLimit, fmt.Errorf("it did not catch up within %s", changeLimit))
	defer cancel()
	err := m.Upgrade(limited, monitor.Upgrade{Path: path, MaxDiff: math.MaxUint64, Report: func(monitor.UpgradeReport) {}})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		d.log.Info("the installed program took over; weir plugin rollback "+m.Name()+" takes it back", slog.String("path", path))
		return nil
	case m.Status().State != monitor.Live:
		return errLater // the old one crashed meanwhile
	}
	d.log.Error("the installed program does not take over, and the old one goes on; weir plugin upgrade tries again",
		"instance", m.Name(), "path", path, "error", err)
	return m.Stay(ctx)
}
