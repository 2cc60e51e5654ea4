package daemon

import (
	"context"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/pool"
)

// watch keeps the subscriptions at what plugins want.
func (d *Daemon) watch(ctx context.Context) error {
	ticker := time.NewTicker(wantsEvery)
	defer ticker.Stop()
	current, asked := d.groups(nil), []want(nil)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			current, asked = d.follow(current, asked)
		}
	}
}

// follow subscribes to what the plugins want now, or wanted last while one of them has yet to say it: IDLs come and go all the same. It
// returns the groups in force and the wants; what a provider does not let in is not tried again until plugins want something else.
func (d *Daemon) follow(current []pool.Group, last []want) ([]pool.Group, []want) {
	members, plugins := d.roster.snapshot()
	statuses := make([]monitor.Status, len(members))
	for i, m := range members {
		statuses[i] = m.Status()
	}
	asked, known := wants(plugins, statuses)
	if !known {
		asked = last
	}
	groups := d.groups(asked)
	if len(groups) == 0 || sameGroups(groups, current) {
		return current, asked
	}
	d.pipeline.lock.Lock()
	defer d.pipeline.lock.Unlock()
	if err := d.pool.SetGroups(groups); err != nil {
		d.log.Error("subscriptions stay as they are", "error", err)
		return groups, asked
	}
	if err := d.regroup(); err != nil {
		d.log.Error("balance goes by the old subscriptions", "error", err)
	}
	d.log.Info("subscriptions follow what plugins want", "groups", names(groups))
	return groups, asked
}

// regroup tells all that count by group of the pool's groups. The pipeline must stand still.
func (d *Daemon) regroup() error {
	groups, _ := d.pool.Groups()
	d.pipeline.ingest.SetGroups(len(groups))
	d.ledger.SetGroups(names(groups))
	return d.pipeline.setGroups(d.pool)
}

func names(groups []pool.Group) []string {
	out := make([]string, len(groups))
	for i, g := range groups {
		out[i] = g.Name
	}
	return out
}

func sameGroups(a, b []pool.Group) bool {
	return slices.EqualFunc(a, b, func(x, y pool.Group) bool {
		return x.Name == y.Name && x.Priority == y.Priority && slices.Equal(x.Programs, y.Programs)
	})
}
