// Package daemon makes the rooms from a configuration, starts them in the order in which data walks, and stops them in the same
// order: intake first, then the monitors, the journal last.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/alert"
	"github.com/weir-run/weir/host/internal/api"
	"github.com/weir-run/weir/host/internal/backfill"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/ledger"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/monitor/ask"
	"github.com/weir-run/weir/host/internal/monitor/process"
	"github.com/weir-run/weir/host/internal/monitor/programs"
	"github.com/weir-run/weir/host/internal/pool"
	"github.com/weir-run/weir/host/internal/store"
	"github.com/weir-run/weir/host/internal/trace"
)

// Options are what a daemon is given beside its configuration.
type Options struct {
	// Log takes what the daemon says. Default: nothing.
	Log *slog.Logger
	// Version is shown by weir status.
	Version string
}

// Daemon is a configured daemon. Run it once; Status and Events may be called from any goroutine between New and the end of Run.
type Daemon struct {
	cfg      config.Config
	log      *slog.Logger
	version  string
	started  time.Time
	journal  *journal.Journal
	enricher *enrich.Enricher
	ledger   *ledger.Ledger
	late     *journal.Table     // see pipeline.learned
	births   *journal.Table     // first record of each instance
	shown    ask.Shown          // metrics of plugins
	fetcher  *enrich.Fetcher    // nil without an RPC node
	backfill *backfill.Backfill // the same
	idl      *idl.Folder        // nil without a folder for them
	pool     *pool.Pool
	pipeline *pipeline
	roster   roster
	shelf    *programs.Shelf
	sockets  string // folder of plugins' sockets
	rota     *monitor.Rota
	lockSeen string // stamp of weir.lock when the roster was made
	admin    *admin.Server
	web      *web         // nil when nothing is served
	store    *store.Store // nil without a database

	api      *api.API // nil when it is not served
	heights  heights
	tracer   *trace.Tracer // nil when nobody asks for traces
	alerts   *alert.Alerts
	alertLog *journal.AlertLog

	groupsOnce sync.Once
	cgroups    *process.Groups
}

// New opens the journal and prepares everything else. After an error nothing is left open.
func New(ctx context.Context, cfg config.Config, o Options) (_ *Daemon, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Daemon{cfg: cfg, log: o.Log, version: o.Version, started: time.Now(), rota: monitor.NewRota()}
	defer func() { //nolint:contextcheck // closing outlives the context that asks for it
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	d.log.Info("starting", "version", o.Version, "data_dir", cfg.DataDir, "pid", os.Getpid())
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w (choose another data_dir, or give this user the right to write there)", err)
	}
	if err := d.initJournal(ctx); err != nil {
		return nil, err
	}
	if err := d.initEnrich(ctx); err != nil {
		return nil, err
	}
	if err := d.initIDL(); err != nil {
		return nil, err
	}
	if t := cfg.Traces; t.Endpoint != "" {
		if d.tracer, err = trace.Open(ctx, trace.Config{Endpoint: t.Endpoint, Every: t.Every, Version: o.Version, Log: d.log.With("room", "trace")}); err != nil {
			return nil, err
		}
	}
	if err := d.initStream(ctx); err != nil {
		return nil, err
	}
	if err := d.initMonitors(ctx); err != nil {
		return nil, err
	}
	if err := d.initAlerts(ctx); err != nil {
		return nil, err
	}
	if err := d.initStore(); err != nil {
		return nil, err
	}
	if err := d.initWeb(ctx); err != nil {
		return nil, err
	}
	if d.admin, err = admin.NewServer(ctx, cfg.DataDir, d); err != nil {
		return nil, err
	}
	return d, nil
}

// Run runs until ctx ends or a room fails in a way that cannot be mended by trying again.
func (d *Daemon) Run(ctx context.Context) error {
	answering, stopAnswering := context.WithCancel(context.WithoutCancel(ctx))
	defer stopAnswering()
	var answers errgroup.Group
	answers.Go(func() error { return d.admin.Run(answering) })
	if d.web != nil {
		answers.Go(func() error { return d.web.run(answering) })
	}
	if d.api != nil {
		answers.Go(func() error { return d.api.Run(answering) })
	}
	alerting, stopAlerts := context.WithCancel(ctx) // until the stop is asked for: what ends then is not lost
	defer stopAlerts()
	answers.Go(func() error { return d.alerts.Run(alerting) })

	untold := context.AfterFunc(ctx, func() {
		d.log.Info("stopping: intake ends, monitors finish and are checkpointed; a second signal ends it at once")
	})
	defer untold()

	err := d.runStore(ctx)

	stopAlerts()
	stopAnswering()
	if err := errors.Join(err, answers.Wait(), d.close()); err != nil { //nolint:contextcheck // closing outlives the context that asks for it
		return err
	}
	d.log.Info("stopped")
	return nil
}

// runStore keeps the store running until the monitors have ended, so that it has their last outputs.
func (d *Daemon) runStore(ctx context.Context) error {
	if d.store == nil {
		return d.runMonitors(ctx)
	}
	storing, stopStoring := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStoring()
	stored := make(chan error, 1)
	go func() { stored <- d.store.Run(storing) }()

	err := d.runMonitors(ctx)

	stopStoring()
	return errors.Join(err, <-stored)
}

// runMonitors keeps the monitors running until intake has ended and they have seen all of it.
func (d *Daemon) runMonitors(ctx context.Context) error {
	feeding, stopFeeding := context.WithCancel(context.WithoutCancel(ctx))
	defer stopFeeding()
	for _, m := range d.roster.all() {
		d.roster.start(feeding, m)
	}

	err := d.runIntake(ctx, feeding)

	stopFeeding()
	d.roster.running.Wait()
	return err
}

// runIntake runs stream and pipeline. What the queue still holds at the end is dropped: it is not journaled, so the next start
// asks the provider for it.
func (d *Daemon) runIntake(ctx, feeding context.Context) error {
	intake, inner := errgroup.WithContext(ctx)
	context.AfterFunc(inner, d.journal.Hurry) // a full disk must not keep the pipeline from stopping
	intake.Go(func() error { return d.pool.Run(inner) })
	intake.Go(func() error { return d.pipeline.run(inner) })
	intake.Go(func() error { return d.watch(inner) })
	intake.Go(func() error { return d.watchInstalled(inner, feeding) })
	if d.idl != nil {
		intake.Go(func() error { return d.idl.Run(inner) })
	}
	if d.fetcher != nil {
		intake.Go(func() error { return d.fetcher.Run(inner) })
	}
	if d.backfill != nil {
		intake.Go(func() error { return d.backfill.Run(inner) })
	}
	err := intake.Wait()
	if ctx.Err() != nil {
		err = nil // asked to stop
	}
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, d.journal.Flush(flush))
}

// close is the mirror of New.
func (d *Daemon) close() error {
	if d.web != nil {
		_ = d.web.listener.Close() // a second time after a run
	}
	if d.enricher != nil {
		d.enricher.Close()
	}
	ending, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := d.tracer.Close(ending); err != nil {
		d.log.Warn("the last traces are lost", "error", err)
	}
	var errs []error
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	if d.journal != nil {
		if err := d.journal.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close journal: %w", err))
		}
	}
	return errors.Join(errs...)
}
