package plugins

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type installCommand struct {
	pluginsFlags
	Source string        `arg:"" help:"The program, the folder with weir-plugin.yaml, or a file of weir plugin pack."`
	Wait   time.Duration `default:"15s" help:"How long to wait for a running daemon to take it; 0 does not wait."`
}

// Help is shown below the flags.
func (installCommand) Help() string {
	return "Starts the program once to ask what it is, copies it to the folder of plugins, and notes its digest in weir.lock. A daemon that runs takes it within seconds, " +
		"without a gap where another version of it runs already; weir run and weir demo start what is installed. weir plugin upgrade compares two versions before it changes them.\n\n" +
		"Example:\n  weir plugin install bin/weir-whales\n  weir demo"
}

// Run installs.
func (c installCommand) Run(ctx context.Context, std shell.Streams) error {
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
	fmt.Fprintf(std.Out, "installed %s %s in %s\n  digest  sha256:%s\n", m.Name, m.Version, filepath.Join(dir, m.Name), here.SHA256)
	if !c.taken(ctx, std.Out, m.Name+" "+m.Version) {
		fmt.Fprint(std.Out, "  next    weir demo, or weir run: it starts with the others\n")
	}
	return nil
}

// taken waits until a running daemon has the plugin, and says what became of it. False when none runs.
func (c installCommand) taken(ctx context.Context, w io.Writer, plugin string) bool {
	ctx, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	asked, said := false, ""
	_ = c.Ask(ctx, func(ctx context.Context, client *admin.Client) error { // no daemon, no news
		for {
			status, err := client.Status(ctx, &adminv1.StatusRequest{})
			if err != nil {
				return err
			}
			asked = true
			for _, p := range status.GetPlugins() {
				if p.GetMonitor() != plugin {
					continue
				}
				if said = p.GetState(); said == "live" || p.GetReason() != "" {
					said += dashed(p.GetReason())
					return nil
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	switch {
	case said != "":
		fmt.Fprintf(w, "  daemon  has it: %s\n", said)
	case asked:
		fmt.Fprintf(w, "  daemon  runs, but does not have %s after %s: weir status and its log say why\n", plugin, c.Wait)
	}
	return asked
}

func dashed(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

type removeCommand struct {
	pluginsFlags
	Name string `arg:"" help:"Name of the installed plugin."`
}

// Help is shown below the flags.
func (removeCommand) Help() string {
	return "Takes it out of weir.lock and deletes its programs; a running daemon drains and stops it within seconds. Its state and its events stay in the journal: installed again, it goes on from there.\n\n" +
		"Example:\n  weir plugin remove whales"
}

// Run removes.
func (c removeCommand) Run(std shell.Streams) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	if err := catalog.Remove(dir, c.Name); err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "removed %s from %s\n", c.Name, dir)
	return nil
}
