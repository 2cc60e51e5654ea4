package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mr-tron/base58"
	"golang.org/x/sync/errgroup"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/capture"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/daemon"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/profile"
	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

type recordCommand struct {
	shell.Config
	File string `arg:"" name:"file" help:"Capture to write, usually named *.weircap; it must not exist."`

	URL        string        `name:"url" placeholder:"URL" help:"Record from this endpoint instead of the configured one; no configuration is read."`
	TokenEnv   string        `placeholder:"NAME" help:"With --url: environment variable that holds the token."`
	Endpoint   string        `placeholder:"NAME" help:"Which of the configured endpoints; the first one by default."`
	Commitment string        `placeholder:"LEVEL" help:"processed, confirmed or finalized, instead of the configured one."`
	Program    []string      `placeholder:"PROGRAM" help:"Programs to record instead of the configured ones: names as in the configuration, or addresses. May be repeated." sep:","`
	Failed     bool          `help:"Record failed transactions too."`
	For        time.Duration `placeholder:"DURATION" help:"Stop after so long."`
	Rotate     config.Bytes  `placeholder:"SIZE" help:"Begin another file (x.1.weircap, …) when one has this size, for example 1GiB."`
}

// Help is shown below the flags.
func (recordCommand) Help() string {
	return "Writes what the provider sends, as it came, with the time of receipt: transactions of the programs, block metas, slot statuses. Every second it is made durable; what a crash leaves can be read up to there. A stream that breaks is resumed; slots that come twice are in the file twice. Ctrl-C stops.\n\n" +
		"The stream counts against the provider's limits like any other, also those of a running daemon.\n\n" +
		"Examples:\n  weir record --for 10m today.weircap\n  weir decode today.weircap | jq .trade\n  weir sim --capture today.weircap"
}

// Run records until interrupted or until the time is over.
func (c recordCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	s, err := c.settings()
	if err != nil {
		return err
	}
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	w, err := capture.Create(capture.WriterConfig{Path: c.File, RotateBytes: int64(c.Rotate), Header: capture.Header{
		Weir: version, Endpoint: s.endpoint.Label(), Commitment: s.commitment, Programs: s.programs, Failed: c.Failed,
	}})
	if err != nil {
		return err
	}
	r := recorder{writer: w, err: std.Err}
	r.pool, err = pool.New(pool.Config{
		Sources: []pool.Source{{Endpoint: s.endpoint, Profile: s.profile, Budget: s.budget, Margin: s.margin}},
		Groups:  []pool.Group{{Name: "record", Programs: s.programs, Quiet: -1}}, Connections: 1,
		Commitment: geyserpb.CommitmentLevel(geyserpb.CommitmentLevel_value[commitmentNames[s.commitment]]),
		Failed:     c.Failed, Resume: r.newest.Load, Log: shell.Logger(std.Err, s.log),
	})
	if err != nil {
		return errors.Join(err, w.Close())
	}
	fmt.Fprintf(std.Err, "recording from %s to %s; Ctrl-C stops\n", s.endpoint.Label(), c.File)
	err = errors.Join(r.run(ctx), w.Close())
	written := w.Written()
	if err != nil && written.Updates == 0 { // nothing is lost, and the next try finds the name free
		for _, file := range written.Files {
			err = errors.Join(err, os.Remove(file))
		}
		return err
	}
	fmt.Fprintf(std.Err, "recorded %d updates of %d bytes in %d bytes, files: %v; %d gaps\n",
		written.Updates, written.Plain, written.Bytes, written.Files, r.gaps)
	return err
}

var commitmentNames = map[string]string{"processed": "PROCESSED", "confirmed": "CONFIRMED", "finalized": "FINALIZED"}

// fewOpens in a window are left for a recorder where the configuration does not say how many.
const fewOpens = 20

// recordSettings are what flags and configuration together say.
type recordSettings struct {
	endpoint   geyser.Endpoint
	profile    profile.Profile
	budget     *budget.Budget
	margin     uint64
	commitment string
	programs   []string
	log        config.Log
}

func (c recordCommand) settings() (s recordSettings, err error) {
	cfg := config.Default()
	if c.URL == "" {
		if cfg, err = c.Load(); err != nil {
			return s, err
		}
	} else {
		cfg.Endpoints = []config.Endpoint{{URL: c.URL, TokenEnv: c.TokenEnv}}
	}
	e := cfg.Endpoints[0]
	if c.Endpoint != "" {
		i := slices.IndexFunc(cfg.Endpoints, func(e config.Endpoint) bool { return e.Name == c.Endpoint })
		if i < 0 {
			return s, fmt.Errorf("no endpoint is named %q in the configuration", c.Endpoint)
		}
		e = cfg.Endpoints[i]
	}
	token, err := e.ReadToken()
	if err != nil {
		return s, fmt.Errorf("endpoint %s: %w", e.Name, err)
	}
	provider, err := daemon.ProviderOf(e)
	if err != nil {
		return s, fmt.Errorf("endpoint %s: %w", e.Name, err)
	}
	s.endpoint = geyser.Endpoint{Name: e.Name, URL: e.URL, Token: token, Zstd: provider.Compress}
	s.profile = provider.Profile
	s.margin, s.log, s.commitment = uint64(e.ReplayMargin), cfg.Log, cfg.Commitment
	if c.Commitment != "" {
		s.commitment = c.Commitment
	}
	if commitmentNames[s.commitment] == "" {
		return s, fmt.Errorf("commitment %q is not known: use processed, confirmed or finalized", s.commitment)
	}
	// The headroom is for opens that another process makes with the same token, and beside a daemon this is that process.
	limit := budget.Config{Opens: cmp.Or(provider.Headroom, fewOpens), Window: provider.Window}
	if s.budget, err = budget.Open(limit); err != nil {
		return s, fmt.Errorf("open budget of endpoint %s: %w", e.Name, err)
	}
	s.programs, err = programAddresses(c.Program, cfg.Programs)
	return s, err
}

// programAddresses turns names and addresses into addresses. Those of the configuration count when none are given.
func programAddresses(given, configured []string) ([]string, error) {
	if len(given) == 0 {
		given = configured
	}
	var out []string
	for _, name := range given {
		if key, ok := config.Programs[name]; ok {
			out = append(out, key.String())
			continue
		}
		if b, err := base58.Decode(name); err != nil || len(b) != 32 {
			return nil, fmt.Errorf("program %q is neither a name of the configuration nor an address", name)
		}
		out = append(out, name)
	}
	return out, nil
}

// recorder moves updates from a pool to a capture.
type recorder struct {
	pool   *pool.Pool
	writer *capture.Writer
	err    io.Writer
	gaps   int
	newest atomic.Uint64 // slot that is written with all before it, from which a broken stream is resumed
}

// run records until ctx ends and all that was received is written.
func (r *recorder) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	g.Go(func() error {
		defer stop()
		return r.pool.Run(ctx)
	})
	g.Go(func() error {
		defer stop()
		return r.write(context.WithoutCancel(ctx)) // ends when the pool has, so that nothing received is lost
	})
	g.Go(func() error {
		defer stop()
		return r.flush(ctx)
	})
	return g.Wait()
}

func (r *recorder) write(ctx context.Context) error {
	batch := make([]pool.Item, 0, 256)
	var failed error
	for {
		items, err := r.pool.NextBatch(ctx, batch[:0])
		if errors.Is(err, io.EOF) {
			return failed
		}
		if err != nil {
			return err
		}
		for _, item := range items {
			if err := r.item(item); err != nil && failed == nil {
				// The queue is emptied all the same, and the flush, which fails too, ends the pool.
				failed = err
			}
		}
	}
}

func (r *recorder) item(item pool.Item) error {
	if item.Gap != nil {
		r.gaps++
		fmt.Fprintf(r.err, "gap: slots %d to %d: %s\n", item.Gap.From, item.Gap.To, item.Gap.Reason)
	}
	u := item.Update
	if u == nil {
		return nil
	}
	defer u.Release()
	if err := r.writer.Write(u.Received(), u.Raw()); err != nil {
		return err
	}
	if u.Kind() == geyser.KindBlockMeta && u.Slot() > r.newest.Load() {
		r.newest.Store(u.Slot())
	}
	return nil
}

// flush makes durable what came, every second.
func (r *recorder) flush(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := r.writer.Flush(); err != nil {
			return err
		}
	}
}
