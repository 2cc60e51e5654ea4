package sdk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"

	"github.com/weir-run/weir/sdk/wire"
)

// serveDebug serves a monitor that was started by hand, under a debugger for example, on the socket that wire.DebugEnv names, until it is
// interrupted. There is no handshake and no host whose end would end it; a host attaches when it likes, again and again.
func serveDebug(path string, newMonitor func(*Host) Monitor) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the socket of an earlier run: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("listen for a debugging host: %w", err)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: logLevel()}))
	server := grpc.NewServer(wire.ServerOptions()...)
	closeMonitor, err := register(server, newMonitor, Options{Log: logger})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	logger.Info("waiting for a host: weir plugin dev --attach " + path)
	context.AfterFunc(ctx, server.Stop)
	return errors.Join(server.Serve(listener), closeMonitor())
}
