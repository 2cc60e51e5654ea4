package daemon

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

func (d *Daemon) initJournal(ctx context.Context) (err error) {
	d.journal, err = journal.Open(ctx, journal.Config{
		Dir:            filepath.Join(d.cfg.DataDir, "journal"),
		URL:            d.cfg.NATS.URL,
		Listen:         d.cfg.Journal.Listen,
		SyncAlways:     d.cfg.Journal.Sync == "always",
		MaxBytes:       int64(d.cfg.Journal.MaxBytes),
		MaxAge:         d.cfg.Journal.MaxAge,
		EventsMaxBytes: int64(d.cfg.Journal.MaxBytes),
		// An instance's newest output says what it need not give again: outputs go later than the records that they are of.
		EventsMaxAge: d.cfg.Journal.MaxAge + d.cfg.Journal.MaxAge/10,
		Log:          d.log.With("room", "journal"),
	})
	return err // which says that the journal could not be opened
}

func (d *Daemon) initMonitors(ctx context.Context) error {
	abs, err := filepath.Abs(d.cfg.DataDir)
	if err != nil {
		return fmt.Errorf("find data folder: %w", err)
	}
	d.sockets = admin.RuntimeDir(abs)
	if err := admin.PrivateDir(d.sockets); err != nil {
		return err
	}
	if err := monitor.PrepareSocketDir(d.sockets); err != nil {
		return fmt.Errorf("prepare plugin sockets: %w", err)
	}
	if err := d.initShelf(ctx, abs); err != nil {
		return err
	}
	d.lockSeen = stamp(filepath.Join(d.cfg.PluginsDir, catalog.LockFile))
	plugins, err := Installed(d.cfg)
	if err != nil {
		return err
	}
	if len(plugins) == 0 {
		d.log.Warn("no plugins are configured or installed: records are journaled, but no events come out")
	}
	for _, p := range plugins {
		m, err := d.recruit(ctx, p)
		if err != nil {
			return err
		}
		d.roster.add(m)
	}
	return nil
}
