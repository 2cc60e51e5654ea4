package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

type listCommand struct {
	pluginsFlags
	JSON bool `name:"json" help:"Print one JSON object a line."`
}

// Help is shown below the flags.
func (listCommand) Help() string {
	return "Hashes each program. What a running daemon makes of them is in weir status.\n\nExample:\n  weir plugin list"
}

// Run lists.
func (c listCommand) Run(std shell.Streams) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	all, err := catalog.List(dir)
	if err != nil {
		return err
	}
	if len(all) == 0 && !c.JSON {
		fmt.Fprintf(std.Out, "no plugins are installed in %s: weir plugin install FILE\n", dir)
		return nil
	}
	table := tabwriter.NewWriter(std.Out, 0, 0, 2, ' ', 0)
	if !c.JSON {
		fmt.Fprintln(table, "NAME\tVERSION\tDIGEST\tPROGRAM")
	}
	for _, p := range all {
		where := p.Path
		if p.Problem != nil {
			where = p.Problem.Error()
		}
		if c.JSON {
			row := map[string]any{"name": p.Name, "version": p.Version, "source": p.Source, "digest": p.Digest, "path": p.Path}
			if p.Problem != nil {
				row["problem"] = where
			}
			if err := json.NewEncoder(std.Out).Encode(row); err != nil {
				return fmt.Errorf("write list: %w", err)
			}
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%.12s\t%s\n", p.Name, p.Version, p.Digest, where)
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

// described finds a program as program does, and asks it what it is.
func (f pluginsFlags) described(ctx context.Context, name string) (path string, d *catalog.Description, err error) {
	if path, err = f.program(name); err != nil {
		return "", nil, err
	}
	d, err = catalog.Describe(ctx, path)
	return path, d, err
}
