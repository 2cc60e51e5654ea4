package main

import (
	"context"

	"github.com/weir-run/weir/host/internal/daemon"
)

type runCommand struct {
	configFlags
}

// Help is shown below the flags.
func (runCommand) Help() string {
	return "Needs a configuration with an endpoint; weir check explains what is wrong with it. Logs go to standard error. Ctrl-C or SIGTERM stops: monitors finish and are checkpointed. Events are read with weir events in another shell.\n\n" +
		"A small weir.yaml:\n  endpoints:\n    - url: https://your-provider.example\n      token_env: PROVIDER_TOKEN\n  plugins:\n    - name: lifecycle\n    - name: trading\n    - name: liquidity"
}

// Run runs the daemon until interrupted.
func (c runCommand) Run(ctx context.Context, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	d, err := daemon.New(ctx, cfg, daemon.Options{Log: newLogger(std.err, cfg.Log), Version: version})
	if err != nil {
		return err
	}
	return d.Run(ctx)
}
