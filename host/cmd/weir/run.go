package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/daemon"
)

type runCommand struct {
	shell.Config
	CPUProfile string `name:"cpu-profile" placeholder:"FILE" help:"Write a CPU profile of the whole run, for go tool pprof."`
}

// Help is shown below the flags.
func (runCommand) Help() string {
	return "Needs a configuration with an endpoint; weir check explains what is wrong with it. Logs go to standard error. Ctrl-C or SIGTERM stops: monitors finish and are checkpointed. Events are read with weir events in another shell.\n\n" +
		"A small weir.yaml:\n  endpoints:\n    - url: https://your-provider.example\n      token_env: PROVIDER_TOKEN\n  plugins:\n    - name: lifecycle\n    - name: trading\n    - name: liquidity"
}

// Run runs the daemon until interrupted.
func (c runCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	cfg, err := c.Load()
	if err != nil {
		return err
	}
	if c.CPUProfile != "" {
		file, err := os.Create(c.CPUProfile)
		if err != nil {
			return fmt.Errorf("write profile: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return fmt.Errorf("start profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	d, err := daemon.New(ctx, cfg, daemon.Options{Log: shell.Logger(std.Err, cfg.Log), Version: version})
	if err != nil {
		return err
	}
	return d.Run(ctx)
}
