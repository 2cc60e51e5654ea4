// Command weir watches Solana DEX activity over Yellowstone gRPC and feeds monitors. One binary: the daemon, a simulator to try it
// with, and the tools to look at what it does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/weir-run/weir/host/cmd/weir/internal/plugins"
	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/config"
)

// cli is the command line. Help texts are written for someone who sees Weir for the first time.
type cli struct {
	Run     runCommand      `cmd:"" help:"Run the daemon: stream from the configured provider and feed the configured monitors."`
	Demo    demoCommand     `cmd:"" help:"Run everything on this machine with a generated market; needs no network and no configuration."`
	Sim     simCommand      `cmd:"" help:"Serve Yellowstone gRPC from real transactions on disk or from a generated market."`
	Record  recordCommand   `cmd:"" help:"Record a stream to a file."`
	Decode  decodeCommand   `cmd:"" help:"Decode captures or getTransaction JSON files into one JSON record a line, or report how well that went."`
	Events  eventsCommand   `cmd:"" help:"Print the events of a running daemon as JSON lines."`
	Status  statusCommand   `cmd:"" help:"Show the state of a running daemon."`
	Top     topCommand      `cmd:"" help:"Show what a running daemon does, anew every second."`
	Alerts  alertsCommand   `cmd:"" help:"Print the alerts that a running daemon raised."`
	Gaps    gapsCommand     `cmd:"" help:"Show the slots of which a running daemon misses or missed data."`
	Check   checkCommand    `cmd:"" help:"Check a configuration and explain each error with its line."`
	Plugin  plugins.Command `cmd:"" help:"Write, test, install and look after monitors."`
	Version versionCommand  `cmd:"" help:"Print the version."`
}

// gcPercent lets the heap grow to five times what is live before it is collected. Live is some tens of MiB (the journal's newest
// frames), and collecting it less often was seen to halve the 99th percentile of latency at 5,000 transactions a second. GOGC in the environment wins.
const gcPercent = 400

// memoryLimit is where the collector begins to work harder than that. What can be live at the worst is half of it: a full queue of 256 MiB,
// signatures of four margins, the journal's newest frames. GOMEMLIMIT in the environment wins.
const memoryLimit = 768 << 20

func main() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := untilSignal(context.Background())
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], shell.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

// execute runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration.
func execute(ctx context.Context, args []string, std shell.Streams) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("weir"),
		kong.Description("Watches Solana DEX activity over Yellowstone gRPC and feeds monitors.\n\nTry it: weir demo"),
		kong.UsageOnError(),
		kong.Writers(std.Out, std.Err),
		kong.Exit(func(code int) { exited = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.Err, "weir:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(std.Err, "weir: %v\nTry weir --help, or weir COMMAND --help.\n", err)
		return 2
	}
	return exitCode(command.Run(), std.Err)
}

func exitCode(err error, stderr io.Writer) int {
	var problems config.Problems
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return 0
	case errors.As(err, &problems):
		fmt.Fprintln(stderr, problems.Error())
		return 2
	default:
		fmt.Fprintln(stderr, "weir:", err)
		return 1
	}
}

// untilSignal ends the context at the first SIGINT or SIGTERM. A second one ends the process at once; plugins die with it.
func untilSignal(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(130)
	}()
	return ctx, cancel
}
