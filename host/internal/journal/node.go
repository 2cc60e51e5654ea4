package journal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// node is the server, embedded or external, and the connection to it.
type node struct {
	cfg  Config
	nc   *nats.Conn
	js   jetstream.JetStream
	lock *os.File
	// damage is what the embedded server said when a write failed: it then stays silent on that stream until it is restarted.
	damage atomic.Pointer[string]

	mu      sync.Mutex
	srv     *server.Server // nil when external
	looked  time.Time      // when the disk was asked
	lookErr error
}

func startNode(ctx context.Context, cfg Config) (*node, error) {
	n := &node{cfg: cfg}
	if err := n.start(ctx); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *node) start(ctx context.Context) error {
	if n.embedded() {
		if err := n.holdFolder(); err != nil {
			return err
		}
		srv, err := n.startServer(ctx)
		if err != nil {
			return err
		}
		n.srv = srv
	}
	if err := n.connect(); err != nil {
		return err
	}
	var err error
	n.js, err = jetstream.New(n.nc, jetstream.WithDefaultTimeout(n.cfg.AckTimeout))
	return err
}

func (n *node) embedded() bool { return n.cfg.URL == "" }

// InProcessConn gives the NATS client a connection to the server of the moment: after a restart it reconnects to the new one.
func (n *node) InProcessConn() (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.srv == nil {
		return nil, errors.New("the embedded NATS server is not running")
	}
	return n.srv.InProcessConn()
}

func (n *node) connect() error {
	opts := []nats.Option{
		nats.Name("weir"), nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond), nats.ReconnectJitter(10*time.Millisecond, 0),
		nats.ReconnectBufSize(-1), // a pipe sends again by itself, in order
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			n.cfg.Log.Debug("NATS client", "error", err) // whoever needed the connection says what it means
		}),
	}
	if n.cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(n.cfg.Credentials))
	}
	if n.embedded() {
		opts = append(opts, nats.InProcessServer(n))
	}
	nc, err := nats.Connect(n.cfg.URL, opts...)
	if err != nil {
		return fmt.Errorf("connect to NATS server %s: %w (check nats.url, and that the server runs with JetStream)", n.place(), err)
	}
	n.nc = nc
	if nc.MaxPayload() < 1<<20 {
		return fmt.Errorf("NATS server %s takes messages of at most %d bytes: set max_payload to 1MB or more", n.place(), nc.MaxPayload())
	}
	return nil
}

// place names the server for messages, without secrets.
func (n *node) place() string {
	if n.embedded() {
		return "in " + n.cfg.Dir
	}
	if _, host, ok := strings.Cut(n.cfg.URL, "@"); ok {
		return host
	}
	return strings.TrimPrefix(n.cfg.URL, "nats://")
}

// lastBreath is for how long a daemon that was killed may hold the lock: until the kernel has taken its memory back, which on a busy
// machine is more than half a second.
const lastBreath = 2 * time.Second

// lock takes the lock of a file, also when its holder is just dying.
func lock(f *os.File) error {
	for deadline := time.Now().Add(lastBreath); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) {
			return err
		}
	}
}

// holdFolder makes the journal folder and locks it, so that two daemons on one folder are told instead of destroying it.
func (n *node) holdFolder() error {
	if n.cfg.Dir == "" {
		return errors.New("neither a journal folder nor a NATS URL is given: set data_dir or nats.url")
	}
	if err := os.MkdirAll(n.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("make journal folder: %w (choose another data_dir, or give this user the right to write there)", err)
	}
	path := filepath.Join(n.cfg.Dir, "weir.lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock journal folder: %w (choose another data_dir, or give this user the right to write there)", err)
	}
	if err := lock(f); err != nil {
		holder, _ := os.ReadFile(path)
		_ = f.Close()
		return fmt.Errorf("journal folder %s is held by process %s: stop it, or choose another data_dir (%w)",
			n.cfg.Dir, strings.TrimSpace(string(holder)), err)
	}
	n.lock = f
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (n *node) close() {
	if n.nc != nil {
		n.nc.Close()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	stopServer(n.srv)
	n.srv = nil
	if n.lock != nil {
		_ = n.lock.Close() // gives up the lock; nothing was written that could be lost
		n.lock = nil
	}
}
