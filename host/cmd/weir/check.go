package main

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/daemon"
	"github.com/weir-run/weir/host/internal/dex/idl"
)

type checkCommand struct {
	shell.Config
}

// Help is shown below the flags.
func (checkCommand) Help() string {
	return "Reads the configuration as weir run would, with environment and flags, looks for each plugin's binary, and reads the IDLs. It starts no plugin: whether one takes its config, weir plugin doctor says. It opens no stream: a check never counts against a provider's limits."
}

// Run checks and prints what would run.
func (c checkCommand) Run(std shell.Streams) error {
	cfg, err := c.Load()
	if err != nil {
		return err
	}
	if cfg.Plugins, err = daemon.Installed(cfg); err != nil {
		return err
	}
	var problems config.Problems
	for i, p := range cfg.Plugins {
		if _, err := daemon.FindPlugin(p.Path); err != nil {
			problems = append(problems, config.Problem{Key: fmt.Sprintf("plugins[%d].path", i), Text: err.Error()})
		}
	}
	for i, e := range cfg.Endpoints {
		if _, err := daemon.ProviderOf(e); err != nil {
			problems = append(problems, config.Problem{Key: fmt.Sprintf("endpoints[%d]", i), Text: err.Error()})
		}
	}
	programs := 0
	if cfg.IDLDir != "" {
		folder, err := idl.Open(idl.FolderConfig{Dir: cfg.IDLDir, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return config.Place(c.Path(), append(problems, config.Problem{Key: "idl_dir", Text: err.Error()}))
		}
		for _, problem := range folder.Problems() {
			problems = append(problems, config.Problem{Key: "idl_dir", Text: problem.Error()})
		}
		programs = len(folder.Programs())
	}
	if len(problems) > 0 {
		return config.Place(c.Path(), problems)
	}
	return c.print(std.Out, cfg, programs)
}

// print says what would run: where it streams from, and where things come out. programs is how many IDLs there are.
func (c checkCommand) print(out io.Writer, cfg config.Config, programs int) error {
	where := c.Path()
	if where == "" {
		where = "environment and flags"
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return fmt.Errorf("find data folder: %w", err)
	}
	store, err := daemon.StoreName(cfg)
	if err != nil {
		return config.Place(c.Path(), config.Problems{{Key: "store", Text: err.Error()}})
	}
	fmt.Fprintf(out, "%s: good\n  data in    %s\n", where, dir)
	for _, e := range cfg.Endpoints {
		fmt.Fprintf(out, "  stream     %s at %s, programs %s\n", e.Name, cfg.Commitment, strings.Join(cfg.Programs, ", "))
	}
	if cfg.IDLDir != "" {
		fmt.Fprintf(out, "  IDLs       of %d programs in %s\n", programs, cfg.IDLDir)
	}
	for _, p := range cfg.Plugins {
		fmt.Fprintf(out, "  monitor    %s (%s)\n", p.Name, p.Path)
	}
	if len(cfg.Plugins) == 0 {
		fmt.Fprintln(out, "  monitor    none: records are journaled, no events come out; add plugins")
	}
	if store != "" {
		fmt.Fprintf(out, "  store      %s\n", store)
	}
	switch {
	case cfg.HTTP.Listen == "":
	case cfg.HTTP.Loopback() || len(cfg.HTTP.Tokens) > 0:
		fmt.Fprintf(out, "  dashboard  http://%s/\n", cfg.HTTP.Listen)
	default:
		fmt.Fprintf(out, "  metrics    http://%s/metrics; no dashboard and no API: beyond this machine they need http.tokens\n", cfg.HTTP.Listen)
	}
	for _, w := range cfg.Alerts.Webhooks {
		fmt.Fprintf(out, "  alerts to  webhook %s\n", w.Name)
	}
	return nil
}
