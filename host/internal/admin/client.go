package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// maxSocketPath is the longest path that a Unix socket address holds on Linux, less the closing zero byte.
const maxSocketPath = 107

// SocketPath returns where the daemon of dataDir listens: in the folder itself, or, when that path is too long for a socket
// address, in RuntimeDir.
func SocketPath(dataDir string) (string, error) {
	abs, err := filepath.Abs(dataDir)
	if err != nil {
		return "", fmt.Errorf("find data folder: %w", err)
	}
	path := filepath.Join(abs, "weir.sock")
	if len(path) <= maxSocketPath {
		return path, nil
	}
	path = filepath.Join(RuntimeDir(abs), "weir.sock")
	if len(path) > maxSocketPath {
		return "", fmt.Errorf("the admin socket path %s is longer than %d bytes: choose a shorter data_dir or TMPDIR", path, maxSocketPath)
	}
	return path, nil
}

// RuntimeDir names a folder for sockets of the daemon of an absolute data folder: short, since socket addresses are, and always the
// same. It lies below the system's temporary folder. PrivateDir makes it.
func RuntimeDir(dataDir string) string {
	sum := sha256.Sum256([]byte(dataDir))
	return filepath.Join(os.TempDir(), fmt.Sprintf("weir-%d", os.Getuid()), hex.EncodeToString(sum[:6]))
}

// PrivateDir makes a folder that only this user may enter, and refuses one that somebody else made first.
func PrivateDir(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make folder of sockets: %w", err)
	}
	for _, dir := range []string{path, filepath.Dir(path)} {
		info, err := os.Lstat(dir)
		if err != nil {
			return fmt.Errorf("look at folder of sockets: %w", err)
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if !info.IsDir() || !ok || int(owner.Uid) != os.Getuid() || info.Mode().Perm() != 0o700 {
			return fmt.Errorf("folder of sockets %s is not a private folder of this user: remove it, or set TMPDIR to a folder of your own", dir)
		}
	}
	return nil
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
		return nil, unheard(dataDir, path, err)
	}
	conn, err := grpc.NewClient("unix://"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("dial admin socket: %w", err)
	}
	return &Client{AdminClient: adminv1.NewAdminClient(conn), conn: conn}, nil
}

// unheard says why there is nobody to call: the folder of a daemon lets in only the user that runs it.
func unheard(dataDir, path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("data folder %s is another user's: run this as the user that runs the daemon (%w)", dataDir, err)
	}
	return fmt.Errorf("no daemon runs on data folder %s (no socket %s): start one with `weir run`, or name its folder with --data-dir", dataDir, path)
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }
