package plugins

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
	"github.com/weir-run/weir/host/internal/monitor/drive"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

type devCommand struct {
	pluginsFlags
	recordsFlags
	Source   string `arg:"" default:"." help:"The plugin's folder, or its program."`
	Build    string `placeholder:"COMMAND" help:"What builds it, run in its folder by sh; it must write the program that weir-plugin.yaml names. Default: go build, where there is a go.mod; else nothing is built."`
	Settings string `placeholder:"FILE" help:"JSON file with the configuration to run it with. Default: its own defaults."`
	Install  bool   `help:"Install what was built and played well, so that a running daemon takes it over."`
	Attach   string `placeholder:"SOCKET" help:"Play into a program that runs already, under a debugger: see below."`
	Show     int    `default:"20" help:"How many outputs, or differences, to print of each play."`
	Once     bool   `help:"Play once and end."`
}

// Help is shown below the flags.
func (devCommand) Help() string {
	return "Builds the plugin, plays records into it from nothing, and prints what it gives; at each change of a file it does so again and prints only what came out differently. Ctrl-C ends it. " +
		recordsHelp + " Without any of these and without a journal it is a market of 300 slots.\n\n" +
		"With a debugger: start the program under it with WEIR_DEBUG naming a socket, set breakpoints, and attach in another shell. Nothing is ended for being slow, and whenever the program is started anew it gets the same records again:\n" +
		"  WEIR_DEBUG=/tmp/whales.sock dlv debug .          (or WEIR_DEBUG=... in the launch settings of an editor)\n" +
		"  weir plugin dev --attach /tmp/whales.sock --market 100\n\n" +
		"Examples:\n  weir plugin dev                          in the folder that weir plugin new made\n  weir plugin dev --capture today.weircap\n  weir plugin dev --install                 a running daemon runs each version that plays well"
}

// Run plays at each change until interrupted.
func (c devCommand) Run(ctx context.Context, std shell.Streams) error {
	if c.Attach != "" {
		return c.attach(ctx, std)
	}
	w, err := newWorkshop(c.Source, c.Build)
	if err != nil {
		return err
	}
	defer w.close()
	var before []string
	for {
		changed, stop := w.changes(ctx)
		lines, err := c.turn(changed, std, w, before)
		again := changed.Err() != nil && ctx.Err() == nil // a file changed while it played
		switch {
		case again:
			fmt.Fprintln(std.Out, "changed meanwhile")
		case err != nil:
			fmt.Fprintln(std.Out, "failed:", err)
		default:
			before = lines
		}
		if c.Once {
			stop()
			return err
		}
		if !again {
			fmt.Fprintln(std.Out, "waiting for a change; Ctrl-C ends")
			<-changed.Done()
		}
		stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// turn builds, plays and, when asked to, installs.
func (c devCommand) turn(ctx context.Context, std shell.Streams, w *workshop, before []string) ([]string, error) {
	began := time.Now()
	program, err := w.build(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(std.Out, "built %s in %s\n", filepath.Base(program), time.Since(began).Round(time.Millisecond))
	lines, err := c.play(ctx, std, drive.Config{Path: program, StallTimeout: 30 * time.Second}, before)
	if err != nil || !c.Install {
		return lines, err
	}
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	m, err := catalog.Install(ctx, dir, w.installs(program))
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(std.Out, "installed %s %s; a running daemon takes it over\n", m.Name, m.Version)
	return lines, nil
}

// maxDevLines bounds what is kept for the comparison.
const maxDevLines = 200_000

// play plays the records once and prints outputs, or what differs from those before.
func (c devCommand) play(ctx context.Context, std shell.Streams, cfg drive.Config, before []string) (lines []string, err error) {
	if cfg.Records, err = c.input(ctx, std); err != nil {
		return nil, err
	}
	if c.Settings != "" {
		if cfg.Settings, err = os.ReadFile(c.Settings); err != nil {
			return nil, fmt.Errorf("read settings: %w", err)
		}
	}
	level := c.Log
	if level == "" {
		level = "info"
	}
	cfg.Log, cfg.Progress, cfg.Refused = shell.Logger(std.Err, config.Log{Level: level}), &drive.Progress{}, refusals(std.Err)
	cfg.Output = func(o *eventv1.Output) error {
		if len(lines) < maxDevLines {
			lines = append(lines, fmt.Sprintf("%d/%d %s %s", o.GetCause(), o.GetIndex(), o.GetKind(), words.Describe(o)))
		}
		return nil
	}
	began := time.Now()
	_, err = drive.Play(ctx, cfg)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	c.report(std, before, lines)
	fmt.Fprintln(std.Out, summary(cfg.Progress, time.Since(began)))
	return lines, err
}

// input is the chosen source of records, or what there is.
func (c devCommand) input(ctx context.Context, std shell.Streams) (iter.Seq2[drive.Run, error], error) {
	records, err := c.records(ctx, c.Config, std)
	if err != nil && c.From == 0 && c.To == 0 && errors.Is(err, errNoJournal) {
		c.Market = 300
		return c.generated(ctx), nil
	}
	return records, err
}

func (c devCommand) report(std shell.Streams, before, after []string) {
	if before == nil {
		printFirst(std, "  ", after, c.Show)
		return
	}
	gone, came := differences(before, after)
	if len(gone)+len(came) == 0 {
		fmt.Fprintf(std.Out, "the same %d outputs as before\n", len(after))
	}
	printFirst(std, "- ", gone, c.Show)
	printFirst(std, "+ ", came, c.Show)
}

func printFirst(std shell.Streams, mark string, lines []string, show int) {
	for i, line := range lines {
		if i == show {
			fmt.Fprintf(std.Out, "%sand %d more\n", mark, len(lines)-show)
			return
		}
		fmt.Fprintln(std.Out, mark+strings.TrimSpace(line))
	}
}

// differences are the lines that only one of the two has, in their order.
func differences(before, after []string) (gone, came []string) {
	count := map[string]int{}
	for _, line := range after {
		count[line]++
	}
	for _, line := range before {
		if count[line] == 0 {
			gone = append(gone, line)
			continue
		}
		count[line]--
	}
	for _, line := range after {
		if count[line] > 0 {
			count[line]--
			came = append(came, line)
		}
	}
	return gone, came
}
