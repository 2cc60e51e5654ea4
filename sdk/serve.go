package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/weir-run/weir/sdk/wire"
)

// Serve runs a monitor in a process of its own. It is all that main needs to do, and does not return. Started by hand, it
// says what the program is for and exits with code 1.
//
// newMonitor is called more than once: for Describe, to check a configuration, and for each epoch. It must do no more than
// build the Monitor.
func Serve(newMonitor func(*Host) Monitor) {
	if path := os.Getenv(wire.DebugEnv); launched == nil && path != "" {
		if err := serveDebug(path, newMonitor); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err) // where else to say it
			os.Exit(1)
		}
		os.Exit(0)
	}
	if launched == nil {
		_, _ = io.WriteString(os.Stderr, introduction(newMonitor)) // where else to say that it failed
		os.Exit(1)
	}
	logger := newLog(launched.logs)
	if err := serve(launched, logger, newMonitor); err != nil {
		logger.Error("serve monitor", "error", err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// Register puts a monitor's services on a gRPC server that somebody else runs; the server must be made with
// wire.ServerOptions. Tests use it, and programs that are not launched by go-plugin. The returned function closes the
// monitor.
func Register(server grpc.ServiceRegistrar, newMonitor func(*Host) Monitor, options Options) (stop func() error, err error) {
	return register(server, newMonitor, options)
}

// serve returns when the host asks for the end.
func serve(host *stdio, log *slog.Logger, newMonitor func(*Host) Monitor) error {
	if os.Getenv("PLUGIN_CLIENT_CERT") != "" {
		return errors.New("the host asks for AutoMTLS, which monitors do not speak: the socket's folder is what protects it")
	}
	// Ctrl-C in a terminal reaches the host's whole process group. It is the host that decides when we end.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	watchHost(log, host.parent, os.Exit)

	var registered error
	set := wire.Plugins(func(server grpc.ServiceRegistrar) {
		_, registered = register(server, newMonitor, Options{Log: log})
	})
	// go-plugin in earnest prints the handshake to os.Stdout, where anyone may print, and then puts pipes in the place of
	// os.Stdout and os.Stderr that fill up and block when the host does not read them. Its test mode does neither: it
	// gives us the address, and the rest is ours.
	address := make(chan *plugin.ReattachConfig, 1)
	closed := make(chan struct{})
	go plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  wire.Handshake,
		VersionedPlugins: set,
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, wire.ServerOptions()...)...)
		},
		Logger: hclog.NewNullLogger(), // it says what gRPC's caller gets to know anyway
		Test:   &plugin.ServeTestConfig{Context: context.Background(), ReattachConfigCh: address, CloseCh: closed},
	})
	select {
	case at := <-address:
		if registered != nil {
			return registered
		}
		if err := shakeHands(host.handshake, at.ProtocolVersion, at.Addr); err != nil {
			return err
		}
	case <-closed:
		return errors.New("go-plugin could not open its socket; is PLUGIN_UNIX_SOCKET_DIR a folder with a short path?")
	}
	<-closed
	return nil
}

// shakeHands writes go-plugin's handshake line.
func shakeHands(out io.Writer, version int, at net.Addr) error {
	line := fmt.Sprintf("%d|%d|%s|%s|%s|", plugin.CoreProtocolVersion, version, at.Network(), at, plugin.ProtocolGRPC)
	if multiplexed := os.Getenv("PLUGIN_MULTIPLEX_GRPC"); multiplexed != "" {
		// The host knows the seventh field; go-plugin has set the socket up as it asked.
		line += "|true"
	}
	if _, err := io.WriteString(out, line+"\n"); err != nil {
		return fmt.Errorf("write handshake: %w", err)
	}
	return nil
}

// introduction tells someone who started the program by hand what to do with it.
func introduction(newMonitor func(*Host) Monitor) string {
	m := newMonitor(&Host{Log: slog.New(slog.DiscardHandler), out: &outbox{}}).withDefaults()
	if err := m.check(); err != nil {
		return fmt.Sprintf("This monitor cannot run: %v.\n", err)
	}
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	config := ""
	if m.Config != nil {
		if defaults, err := json.Marshal(m.Config); err == nil {
			config = fmt.Sprintf("    config: %s\n", defaults)
		}
	}
	return fmt.Sprintf(`%s is the Weir monitor %q, version %s. It does not run by itself: the Weir host starts it.

To use it, put this into weir.yaml:

plugins:
  - name: %s
    path: %q
%s
then start the host with: weir run
`, filepath.Base(path), m.Name, m.Version, m.Name, path, config)
}
