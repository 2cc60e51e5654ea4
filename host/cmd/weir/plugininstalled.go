package main

import (
	"fmt"
	"slices"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

// addInstalled adds what is installed in dir. A plugin that the configuration names by its name alone runs the installed program; one
// that it does not name runs with the defaults, as an instance of its own name. A program that is not the one of weir.lock stops the
// start: it may be anything.
func addInstalled(cfg *config.Config, dir string) error {
	installed, err := catalog.List(dir)
	if err != nil {
		return err
	}
	for _, p := range installed {
		if p.Problem != nil {
			return p.Problem
		}
		named := false
		for i := range cfg.Plugins {
			if cfg.Plugins[i].Path == "weir-"+p.Name {
				cfg.Plugins[i].Path, named = p.Path, true
			}
		}
		if named {
			continue
		}
		if slices.ContainsFunc(cfg.Plugins, func(have config.Plugin) bool { return have.Name == p.Name }) {
			continue // the configuration gives that instance a program of its own
		}
		one, err := config.InstalledPlugin(p.Name, p.Path)
		if err != nil {
			return fmt.Errorf("installed plugin %s: %w", p.Name, err)
		}
		cfg.Plugins = append(cfg.Plugins, one)
	}
	return nil
}
