package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/geysersim/replay"
	"github.com/weir-run/weir/host/internal/config"
)

type simCommand struct {
	Corpus   string `placeholder:"DIR" help:"Play real transactions: a folder with tx/*.json (getTransaction) and blocks/*.json.gz (getBlock)." xor:"source" required:""`
	Capture  string `placeholder:"FILE" help:"Play what weir record wrote: a capture and the further parts beside it." xor:"source" required:""`
	Generate bool   `help:"Play an endless market: tokens created, traded, completed, migrated; pools opened, traded, filled and drained." xor:"source" required:""`

	Listen string        `default:"127.0.0.1:10000" help:"Address to serve on: plain HTTP/2, or TLS with --tls-cert."`
	Token  string        `placeholder:"TOKEN" help:"Accept only this x-token."`
	Slot   time.Duration `name:"slot-duration" default:"400ms" help:"Time from slot to slot."`
	TPS    float64       `placeholder:"N" help:"Pace transactions evenly at so many a second instead."`
	Seed   uint64        `default:"1" help:"Seed of the generated market: the same seed gives the same chain."`
	Size   int           `name:"transactions-per-slot" default:"60" help:"Mean size of a generated block."`
	Staged float64       `placeholder:"N" help:"Stage so many patterns a generated block: sandwiches, back-runs, arbitrage, wash trading, snipers, bundled launches, rugs. --truth lists them."`
	Truth  string        `placeholder:"FILE" help:"Write the ground truth of what was played: one JSON fact a line."`
	Replay int           `name:"replay-slots" default:"150" help:"How many slots back a client may ask from."`

	Faults      string   `placeholder:"FILE" help:"Let this script of faults happen: one a line, such as: at slot 400000120 drop UNAVAILABLE, or: every 1s random seed=7. The whole language: go doc geysersim.Script."`
	Dialect     string   `default:"yellowstone" enum:"yellowstone,richat,shyft,laserstream" help:"Replay and errors as this family of servers has them."`
	Compression []string `default:"zstd,gzip" enum:"zstd,gzip,none" help:"Compress for clients that advertise it, best first."`
	Opens       int      `name:"opens-per-minute" placeholder:"N" help:"Refuse Subscribe opens above so many a minute and token."`
	Streams     int      `name:"max-streams" placeholder:"N" help:"Refuse streams above so many at once a token."`
	Cert        string   `name:"tls-cert" placeholder:"FILE" help:"Serve TLS with this certificate (PEM)." and:"tls"`
	Key         string   `name:"tls-key" placeholder:"FILE" help:"Its key (PEM)." and:"tls"`
}

// Help is shown below the flags.
func (simCommand) Help() string {
	return "Serves the real protocol, so any Yellowstone client can read from it: filters, commitments, pings, slot statuses, block metas, from_slot replay. It plays once somebody subscribes.\n\n" +
		"Example, in two shells:\n  weir sim --generate --token secret\n  WEIR_DATA_DIR=/tmp/w weir run   # with endpoints: [{url: http://127.0.0.1:10000, token: secret}]"
}

// Run serves until interrupted.
func (c simCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	o, err := c.options(std)
	if err != nil {
		return err
	}
	if capture, ok := o.Source.(io.Closer); ok {
		defer func() { err = errors.Join(err, capture.Close()) }()
	}
	script, err := readScript(c.Faults)
	if err != nil {
		return err
	}
	if c.Truth != "" {
		file, err := os.Create(c.Truth)
		if err != nil {
			return fmt.Errorf("write ground truth: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		o.Truth = file
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: choose another address with --listen", c.Listen, err)
	}
	server := geysersim.New(o)                                //nolint:contextcheck // it lives until Close
	defer func() { err = errors.Join(err, server.Close()) }() // before the truth file closes; its error is that of writing truth
	server.Play(script)
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // closed again, with its error, at the end
	defer stop()
	fmt.Fprintf(std.Err, "serving Yellowstone gRPC on %s://%s; plays when a client subscribes; Ctrl-C stops\n", c.scheme(), listener.Addr())
	err = server.Serve(listener)
	if ctx.Err() != nil {
		err = nil
	}
	served := server.Served()
	fmt.Fprintf(std.Err, "played %d slots with %d transactions, sent %d updates to %d streams\n", served.Slots, served.Transactions, served.Updates, served.Opens-served.Refused)
	return err
}

func (c simCommand) options(std shell.Streams) (geysersim.Options, error) {
	source, err := c.source()
	if err != nil {
		return geysersim.Options{}, err
	}
	dialect, err := geysersim.ParseDialect(c.Dialect)
	if err != nil {
		return geysersim.Options{}, err
	}
	o := geysersim.Options{
		Source: source, SlotDuration: c.Slot, Rate: c.TPS, ReplaySlots: c.Replay, Dialect: dialect,
		OpensPerWindow: c.Opens, MaxStreams: c.Streams, Log: shell.Logger(std.Err, config.Default().Log),
	}
	if !slices.Contains(c.Compression, "none") {
		o.Compression = c.Compression
	}
	if c.Token != "" {
		o.Tokens = []string{c.Token}
	}
	if c.Cert == "" {
		return o, nil
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return o, fmt.Errorf("load TLS certificate: %w: give --tls-cert and --tls-key a PEM file each that belong together", err)
	}
	o.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return o, nil
}

// readScript reads faults; without a file there are none.
func readScript(file string) (*geysersim.Script, error) {
	var text []byte
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("read faults: %w", err)
		}
	}
	return geysersim.ParseScript(file, text)
}

func (c simCommand) scheme() string {
	if c.Cert != "" {
		return "https"
	}
	return "http"
}

func (c simCommand) source() (geysersim.Source, error) {
	if c.Generate {
		return market.New(market.Options{Seed: c.Seed, TransactionsPerSlot: c.Size, Staged: c.Staged, Dollars: true}), nil
	}
	if c.Capture != "" {
		files, err := replay.Files(c.Capture)
		if err != nil {
			return nil, err
		}
		return replay.Open(files...)
	}
	blocks, err := corpus.LoadDir(c.Corpus)
	if err != nil {
		return nil, fmt.Errorf("load corpus: %w", err)
	}
	return blocks, nil
}
