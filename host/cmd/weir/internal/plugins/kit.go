package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/monitor/conform"
)

type testCommand struct {
	pluginsFlags
	Plugin   string   `arg:"" help:"The program, or the name of an installed plugin."`
	Settings string   `name:"settings" placeholder:"FILE" help:"JSON file with the configuration to run it with; default: the plugin's own defaults."`
	State    string   `name:"checkpoint" placeholder:"FILE" help:"File of weir plugin checkpoint export, by an earlier version: this one must go on from it."`
	Only     []string `placeholder:"CHECK" help:"Run only this check, and those that it needs; may be given more than once."`
	JSON     bool     `name:"json" help:"Print one JSON object a line."`
}

// Help is shown below the flags.
func (testCommand) Help() string {
	return "Runs the program as a host does, some dozens of times, with records of every kind: it is started, configured, fed, killed at every step, fed nonsense and stopped. One line says what each check found. The exit code is 1 when one failed.\n\n" +
		"Example:\n  weir plugin test bin/weir-whales"
}

// Run runs the kit.
func (c testCommand) Run(ctx context.Context, std shell.Streams) error {
	path, err := c.program(c.Plugin)
	if err != nil {
		return err
	}
	var settings []byte
	if c.Settings != "" {
		if settings, err = os.ReadFile(c.Settings); err != nil {
			return fmt.Errorf("read settings: %w", err)
		}
	}
	var earlier *conform.Checkpoint
	if c.State != "" {
		header, state, err := readCheckpoint(c.State)
		if err != nil {
			return err
		}
		if len(header.GetPartSizes()) > 1 {
			return fmt.Errorf("%s is a state in several parts, which the kit does not restore", c.State)
		}
		earlier = &conform.Checkpoint{Version: header.GetStateVersion(), State: state}
	}
	encoder := json.NewEncoder(std.Out)
	results, err := conform.Run(ctx, conform.Config{Path: path, Settings: settings, Checkpoint: earlier, Only: c.Only, Done: func(r conform.Result) {
		if c.JSON {
			_ = encoder.Encode(r) // a closed pipe ends the command by its signal
			return
		}
		printResult(std, r)
	}})
	if err != nil {
		return err
	}
	if !conform.Passed(results) {
		return errors.New("the plugin does not keep the contract: see the lines that say FAIL")
	}
	return nil
}

func printResult(std shell.Streams, r conform.Result) {
	verdict, text := "ok", r.Note
	switch {
	case r.Failed != "":
		verdict, text = "FAIL", r.Failed
	case r.Skipped != "":
		verdict, text = "skip", r.Skipped
	}
	fmt.Fprintf(std.Out, "%-4s  %-10s  %7s  %s", verdict, r.Check, r.Took.Round(time.Millisecond), r.Rule)
	if text != "" {
		fmt.Fprintf(std.Out, "\n%26s%s", "", text)
	}
	fmt.Fprintln(std.Out)
}
