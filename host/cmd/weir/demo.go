package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/daemon"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

type demoCommand struct {
	Seed    uint64        `help:"Seed of the market, to see the same tokens and trades again; default: from the clock."`
	Size    int           `name:"transactions-per-slot" default:"40" help:"Mean size of a block; a block comes every 400 ms."`
	For     time.Duration `placeholder:"DURATION" help:"Stop after this long; default: run until Ctrl-C."`
	JSON    bool          `name:"json" help:"Print events as JSON lines."`
	Plugins string        `name:"plugins-dir" placeholder:"DIR" default:"data/plugins" help:"Run what is installed there beside the three monitors."`
	Listen  string        `placeholder:"HOST:PORT" help:"Serve the dashboard there; default: 127.0.0.1:9464, or a free port when that is in use."`
	DataDir string        `placeholder:"DIR" help:"Keep the journal there; default: a temporary folder, removed at the end."`
	Faults  string        `placeholder:"FILE" help:"Let this script of faults happen, as weir sim does."`
	Log     string        `name:"log-level" default:"warn" help:"debug, info, warn or error."`
}

// Help is shown below the flags.
func (demoCommand) Help() string {
	return "Runs the simulator, the daemon and the three monitors as real processes on this machine and prints their events. Nothing leaves the machine."
}

// lively lets the lifecycle monitor tell in minutes what takes a day in earnest.
var lively = map[string]any{"abandoned_after_seconds": 60, "state_seconds": 10}

// everything lets the trading monitor make candles and windows and look for all that it can find, which costs too much to be the default.
var everything = map[string]any{
	"candles": []string{"1s", "5s", "1m"}, "windows": true,
	"detect": []string{"sandwich", "back_run", "arbitrage", "bundle", "whale", "sniper", "wash", "bundled_launch", "copy_trade", "creator_dump"},
}

// Run runs until interrupted or for the given time.
func (c demoCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.For > 0 {
		defer time.AfterFunc(c.For, cancel).Stop() // not a deadline: those travel with every call and would end streams as errors
	}
	if c.Seed == 0 {
		c.Seed = uint64(time.Now().UnixNano())
	}
	if c.DataDir == "" {
		dir, err := os.MkdirTemp("", "weir-demo-")
		if err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		c.DataDir = dir
	}
	server, served, url, err := c.simulate(ctx)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, server.Close(), <-served)
	}()
	listen, err := c.listen(ctx)
	if err != nil {
		return err
	}
	cfg, err := config.Load("", nil, map[string]any{
		"http.listen": listen,
		"data_dir":    c.DataDir,
		"plugins_dir": c.Plugins,
		"log.level":   c.Log,
		"endpoints":   []map[string]any{{"name": "simulator", "url": url}},
		"plugins":     []map[string]any{{"name": "lifecycle", "config": lively}, {"name": "trading", "config": everything}, {"name": "liquidity", "config": map[string]any{"periods": []string{"1m"}}}},
		"store.url":   "sqlite",
	})
	if err != nil {
		return err
	}
	d, err := daemon.New(ctx, cfg, daemon.Options{Log: shell.Logger(std.Err, cfg.Log), Version: version})
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Err, "simulated market (seed %d) on %s, data in %s; weir status --data-dir %s shows the state; Ctrl-C stops\n", c.Seed, url, c.DataDir, c.DataDir)
	fmt.Fprintf(std.Err, "dashboard: http://%s/\n", d.Address())
	printed := make(chan error, 1)
	go func() { printed <- c.print(ctx, d, std) }()
	err = errors.Join(d.Run(ctx), <-printed)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// usualAddress is where demo and documentation have the dashboard.
const usualAddress = "127.0.0.1:9464"

// listen finds an address for the dashboard: the usual one unless somebody has it.
func (c demoCommand) listen(ctx context.Context) (string, error) {
	if c.Listen != "" {
		return c.Listen, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", usualAddress)
	if err != nil {
		return "127.0.0.1:0", nil //nolint:nilerr // in use: any other will do
	}
	return usualAddress, l.Close()
}

// simulate serves the market on a free loopback port.
func (c demoCommand) simulate(ctx context.Context) (*geysersim.Server, chan error, string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, "", fmt.Errorf("listen for the simulator: %w", err)
	}
	now := time.Now()
	server := geysersim.New(geysersim.Options{ //nolint:contextcheck // it lives until Close, after the daemon
		Source: market.New(market.Options{
			Seed: c.Seed, TransactionsPerSlot: c.Size, Staged: 0.3, Dollars: true, StartTime: now.Unix(),
			StartSlot: uint64(now.UnixMilli() / 400), // rises from run to run, so that a kept data folder sees time go on
		})})
	script, err := readScript(c.Faults)
	if err != nil {
		return nil, nil, "", err
	}
	server.Play(script) // it ends with the server
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return server, served, "http://" + listener.Addr().String(), nil
}

// print follows the event stream from its start, so that a kept data folder shows its past first.
func (c demoCommand) print(ctx context.Context, d *daemon.Daemon, std shell.Streams) error {
	print := words.Text
	if c.JSON {
		print = words.JSON
	}
	return d.Events(ctx, &adminv1.EventsRequest{Follow: true}, nil, func(position uint64, batch []byte) error {
		b := &eventv1.OutputBatch{}
		if err := proto.Unmarshal(batch, b); err != nil {
			return fmt.Errorf("stored batch %d: %w", position, err)
		}
		return print(std.Out, position, b)
	})
}
