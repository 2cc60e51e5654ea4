package plugins

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/monitor/drive"
)

// attach plays into a program that somebody starts under a debugger, each time that it is started.
func (c devCommand) attach(ctx context.Context, std shell.Streams) error {
	socket, err := filepath.Abs(c.Attach)
	if err != nil {
		return err
	}
	var before []string
	played := time.Time{}
	for {
		fmt.Fprintf(std.Out, "waiting for a monitor on %s: start it with WEIR_DEBUG=%s; Ctrl-C ends\n", socket, socket)
		started, err := awaitSocket(ctx, socket, played)
		if err != nil {
			return err
		}
		lines, err := c.play(ctx, std, drive.Config{Socket: socket}, before)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			fmt.Fprintln(std.Out, "failed:", err)
		default:
			before = lines
		}
		if c.Once {
			return err
		}
		played = started
	}
}

// awaitSocket waits for a socket that is not the one that was made at a time, and returns when it was made.
func awaitSocket(ctx context.Context, path string, not time.Time) (time.Time, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if info, err := os.Stat(path); err == nil && info.Mode().Type() == os.ModeSocket && !info.ModTime().Equal(not) {
			return info.ModTime(), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		case <-tick.C:
		}
	}
}
