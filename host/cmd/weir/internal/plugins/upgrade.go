package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/internal/admin"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type upgradeCommand struct {
	shell.Config
	Name      string        `arg:"" help:"Name of the plugin in the configuration."`
	Path      string        `arg:"" help:"The new program."`
	Shadow    time.Duration `default:"10m" help:"How long both versions run side by side and are compared before the change."`
	MaxDiff   uint64        `default:"0" help:"How many outputs may differ."`
	DryRun    bool          `help:"Only compare: the old version goes on."`
	Probation time.Duration `default:"10m" help:"How long weir plugin rollback can take it back."`
}

// Run upgrades, and says how far it is.
func (c upgradeCommand) Run(ctx context.Context, std shell.Streams) error {
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return err
	}
	return c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		stream, err := client.UpgradePlugin(ctx, &adminv1.UpgradePluginRequest{
			Instance: c.Name, Path: path, ShadowMillis: uint64(c.Shadow.Milliseconds()), MaxDiff: c.MaxDiff, DryRun: c.DryRun,
			ProbationMillis: uint64(c.Probation.Milliseconds()),
		})
		if err != nil {
			return err
		}
		for {
			r, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				fmt.Fprintf(std.Out, "refused: the old version of %s goes on\n", c.Name)
				return err
			}
			c.print(std.Out, r)
		}
	})
}

func (c upgradeCommand) print(w io.Writer, r *adminv1.UpgradePluginResponse) {
	switch {
	case r.GetStep() == "done" && c.DryRun:
		fmt.Fprintf(w, "done: %d outputs compared, %d differ, %d missing, %d new; %s goes on\n", r.GetCompared(), r.GetDifferent(), r.GetMissing(), r.GetExtra(), r.GetOldVersion())
	case r.GetStep() == "done":
		fmt.Fprintf(w, "done: %s runs since record %d, nothing came out for %s; weir plugin rollback %s takes it back within %s\n", r.GetNewVersion(), r.GetCutOver(),
			time.Duration(r.GetPauseMicros())*time.Microsecond, c.Name, c.Probation)
	default:
		fmt.Fprintf(w, "%s: %s -> %s, %d outputs compared, %d differ, %d missing, %d new, %d records behind\n", r.GetStep(), r.GetOldVersion(), words.Dash(r.GetNewVersion()),
			r.GetCompared(), r.GetDifferent(), r.GetMissing(), r.GetExtra(), r.GetLag())
	}
	for _, d := range r.GetDifferences() {
		fmt.Fprintf(w, "  %s\n", d)
	}
}

type rollbackCommand struct {
	shell.Config
	Name string `arg:"" help:"Name of the plugin in the configuration."`
}

// Run takes the last upgrade back.
func (c rollbackCommand) Run(ctx context.Context, std shell.Streams) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		r, err := client.RollbackPlugin(ctx, &adminv1.RollbackPluginRequest{Instance: c.Name})
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "%s goes back to %s after record %d; what is stored stays\n", c.Name, r.GetPath(), r.GetAfter())
		return nil
	})
}
