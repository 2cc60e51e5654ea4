package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// maxSocketPath is the longest path that a Unix socket address holds on Linux, less the closing zero byte.
const maxSocketPath = 107

// SocketPath returns where the daemon of dataDir listens: in the folder itself, or, when that path is too long for a socket
// address, in a private folder below the system's temporary one under a name made from it.
func SocketPath(dataDir string) (string, error) {
	abs, err := filepath.Abs(dataDir)
	if err != nil {
		return "", fmt.Errorf("find data folder: %w", err)
	}
	path := filepath.Join(abs, "weir.sock")
	if len(path) <= maxSocketPath {
		return path, nil
	}
	sum := sha256.Sum256([]byte(abs))
	path = filepath.Join(os.TempDir(), fmt.Sprintf("weir-%d", os.Getuid()), hex.EncodeToString(sum[:8])+".sock")
	if len(path) > maxSocketPath {
		return "", fmt.Errorf("the admin socket path %s is longer than %d bytes: choose a shorter data_dir or TMPDIR", path, maxSocketPath)
	}
	return path, nil
}

// Client calls a running daemon. Close it.
type Client struct {
	adminv1.AdminClient
	conn *grpc.ClientConn
}

// Dial prepares a client for the daemon of dataDir and says clearly when none runs there.
func Dial(dataDir string) (*Client, error) {
	path, err := SocketPath(dataDir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("no daemon runs on data folder %s (no socket %s): start one with `weir run`, or name its folder with --data-dir", dataDir, path)
	}
	conn, err := grpc.NewClient("unix://"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("dial admin socket: %w", err)
	}
	return &Client{AdminClient: adminv1.NewAdminClient(conn), conn: conn}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }
