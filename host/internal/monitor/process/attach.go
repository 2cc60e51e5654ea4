package process

import (
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/weir-run/weir/sdk/wire"
)

// Attach connects to a monitor that somebody else started, under a debugger for example, and that serves the contract on a Unix socket. It
// is neither hashed, limited nor ended by this host.
func Attach(socket string) (*grpc.ClientConn, error) {
	abs, err := filepath.Abs(socket)
	if err != nil {
		return nil, fmt.Errorf("attach to %s: %w", socket, err)
	}
	if info, err := os.Stat(abs); err != nil || info.Mode().Type() != os.ModeSocket {
		return nil, fmt.Errorf("nothing listens on %s: start the monitor with %s=%s", socket, wire.DebugEnv, abs)
	}
	conn, err := grpc.NewClient("unix:"+abs, append(wire.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		return nil, fmt.Errorf("attach to %s: %w", socket, err)
	}
	return conn, nil
}
