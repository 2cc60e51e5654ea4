package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

type pluginInstallCommand struct {
	pluginsFlags
	Source string `arg:"" help:"The program, or the folder with weir-plugin.yaml."`
}

// Help is shown below the flags.
func (pluginInstallCommand) Help() string {
	return "Starts the program once to ask what it is, copies it to the folder of plugins, and notes its digest in weir.lock. weir run and weir demo start what is installed there at their next start; a daemon that runs already must be started again.\n\n" +
		"Example:\n  weir plugin install bin/weir-whales\n  weir demo"
}

// Run installs.
func (c pluginInstallCommand) Run(ctx context.Context, std streams) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	m, err := catalog.Install(ctx, dir, c.Source)
	if err != nil {
		return err
	}
	here, err := m.Here()
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "installed %s %s in %s\n  digest  sha256:%s\n  next    weir demo, or weir run: it starts with the others\n", m.Name, m.Version, filepath.Join(dir, m.Name), here.SHA256)
	return nil
}

type pluginListCommand struct {
	pluginsFlags
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

// Help is shown below the flags.
func (pluginListCommand) Help() string {
	return "Hashes each program. What a running daemon makes of them is in weir status.\n\nExample:\n  weir plugin list"
}

// Run lists.
func (c pluginListCommand) Run(std streams) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	all, err := catalog.List(dir)
	if err != nil {
		return err
	}
	if len(all) == 0 && !c.JSON {
		fmt.Fprintf(std.out, "no plugins are installed in %s: weir plugin install FILE\n", dir)
		return nil
	}
	table := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(table, "NAME\tVERSION\tDIGEST\tPROGRAM")
	}
	for _, p := range all {
		where, digest := p.Path, ""
		if p.Problem != nil {
			where = p.Problem.Error()
		}
		for _, b := range p.Binaries {
			if filepath.Join(dir, p.Name, b.Path) == p.Path {
				digest = b.SHA256
			}
		}
		if c.JSON {
			row := map[string]any{"name": p.Name, "version": p.Version, "source": p.Source, "digest": digest, "path": p.Path}
			if p.Problem != nil {
				row["problem"] = where
			}
			if err := json.NewEncoder(std.out).Encode(row); err != nil {
				return fmt.Errorf("write list: %w", err)
			}
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%.12s\t%s\n", p.Name, p.Version, digest, where)
	}
	return table.Flush()
}

// program finds the path of an argument that is a file or the name of an installed plugin.
func (f pluginsFlags) program(name string) (string, error) {
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		return filepath.Abs(name)
	}
	dir, err := f.dir()
	if err != nil {
		return "", err
	}
	p, err := catalog.Find(dir, name)
	return p.Path, errors.Join(err, p.Problem)
}
