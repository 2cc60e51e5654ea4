package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/admin"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type logsCommand struct {
	shell.Config
	Name   string `arg:"" help:"Name of the plugin in the configuration."`
	Follow bool   `short:"f" help:"Stay and print new lines as they come."`
	Tail   uint32 `short:"n" placeholder:"N" help:"Only the last N lines. Default: all that the daemon keeps, some 1,000."`
}

// Help is shown below the flags.
func (logsCommand) Help() string {
	return "Prints what the plugin logged and what the daemon said of it: lines of the plugin have its fields under plugin. Kept are those since the daemon's start; debug lines only when the daemon logs them. " +
		"A plugin gets 200 lines a second, what is over that is counted. The last crash with its stack is in weir plugin crash NAME.\n\n" +
		"Examples:\n  weir plugin logs trading -n 20\n  weir plugin logs trading -f"
}

// Run prints lines until the end, or, following, until interrupted.
func (c logsCommand) Run(ctx context.Context, std shell.Streams) error {
	return c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		stream, err := client.PluginLogs(ctx, &adminv1.PluginLogsRequest{Instance: c.Name, Tail: c.Tail, Follow: c.Follow})
		if err != nil {
			return err
		}
		for {
			part, err := stream.Recv()
			switch {
			case errors.Is(err, io.EOF), err != nil && ctx.Err() != nil:
				return nil //nolint:nilerr // the end, or Ctrl-C
			case err != nil:
				return err
			}
			if lost := part.GetLost(); lost > 0 {
				fmt.Fprintf(std.Out, "(%d lines came faster than they were read)\n", lost)
			}
			for _, line := range part.GetLines() {
				if _, err := fmt.Fprintln(std.Out, line); err != nil {
					return fmt.Errorf("write line: %w", err)
				}
			}
		}
	})
}
