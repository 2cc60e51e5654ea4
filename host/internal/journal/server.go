package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// syncInterval bounds what a power cut takes when frames are not synced one by one.
const syncInterval = 5 * time.Second

func (n *node) startServer(ctx context.Context) (*server.Server, error) {
	opts := &server.Options{
		ServerName: "weir", JetStream: true, StoreDir: n.cfg.Dir, DontListen: true, NoSigs: true, NoLog: true,
		SyncAlways: n.cfg.SyncAlways, SyncInterval: syncInterval, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: n.cfg.MaxStore,
	}
	if opts.JetStreamMaxStore == 0 {
		// The server's own default is three quarters of what is free now, without what the store holds already: too little on a
		// disk that the journal itself fills.
		opts.JetStreamMaxStore = 1 << 60
	}
	if n.cfg.Listen != "" {
		host, port, err := net.SplitHostPort(n.cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("read journal.listen: %w (write host:port)", err)
		}
		opts.Host, opts.DontListen = host, false
		if opts.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("read journal.listen: %w (write host:port)", err)
		}
	}
	damaged, err := preflight(n.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("start NATS server: %w", err)
	}
	for _, file := range damaged {
		n.cfg.Log.Warn("a block of the store is damaged: its stream is read in full", "file", file)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("start NATS server: %w", err)
	}
	l := &serverLog{log: n.cfg.Log, damaged: func(text string) { n.damage.Store(&text) }, fatal: make(chan string, 1)}
	srv.SetLoggerV2(l, false, false, false)
	return srv, n.await(ctx, srv, l)
}

// await starts srv and waits until it serves. A server that does not is stopped.
func (n *node) await(ctx context.Context, srv *server.Server, l *serverLog) error {
	ctx, cancel := context.WithTimeout(ctx, n.cfg.StartTimeout)
	defer cancel()
	slow := time.AfterFunc(2*time.Second, func() {
		n.cfg.Log.Info("recovering the journal: a big store takes a few seconds", "folder", n.cfg.Dir)
	})
	defer slow.Stop()
	ready := make(chan bool, 1)
	go func() {
		srv.Start()
		ready <- srv.ReadyForConnections(n.cfg.StartTimeout)
	}()
	reason := "it is still not ready"
	select {
	case ok := <-ready:
		if ok && len(l.fatal) == 0 {
			return nil
		}
	case reason = <-l.fatal:
	case <-ctx.Done():
	}
	stopServer(srv)
	return fmt.Errorf("start NATS server in %s within %s: %s (check that this user may write there and that the disk has room)",
		n.cfg.Dir, n.cfg.StartTimeout, reason)
}

func stopServer(srv *server.Server) {
	if srv != nil {
		srv.Shutdown()
		srv.WaitForShutdown()
	}
}

// repair restarts the embedded server when a write failed in it, or when it was silent for long: it does not write again before.
// Several pipes may ask; one restart serves all.
func (n *node) repair(ctx context.Context, silent bool) error {
	if !n.embedded() {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	sound := n.srv != nil && n.damage.Load() == nil && n.srv.JetStreamEnabled()
	if sound && (!silent || n.answers(ctx)) {
		return nil
	}
	n.cfg.Log.Warn("restarting the embedded NATS server after a failed write", "folder", n.cfg.Dir)
	stopServer(n.srv)
	n.srv = nil
	n.damage.Store(nil)
	srv, err := n.startServer(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	n.srv = srv
	n.mu.Unlock() // the client asks for a connection to the new server
	defer n.mu.Lock()
	return n.reconnected(ctx)
}

// reconnected waits until the client has found the server that was started for it.
func (n *node) reconnected(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !n.nc.IsConnected() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("connect to the restarted server: %w", ctx.Err())
		}
	}
	return nil
}

// answers tells whether JetStream in the server still talks.
func (n *node) answers(ctx context.Context) bool {
	_, err := n.js.AccountInfo(ctx)
	return err == nil
}

var errFull = errors.New("the disk is full")

// roomy fails when the disk of the embedded store has less free than the reserve. The disk is asked ten times a second.
func (n *node) roomy() error {
	if !n.embedded() {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if time.Since(n.looked) < 100*time.Millisecond {
		return n.lookErr
	}
	n.looked, n.lookErr = time.Now(), nil
	var disk syscall.Statfs_t
	if err := syscall.Statfs(n.cfg.Dir, &disk); err != nil {
		return nil // a disk that does not say how full it is takes what it can
	}
	if free := int64(disk.Bavail) * int64(disk.Bsize); free < n.cfg.ReserveBytes { //nolint:unconvert // Bsize is of another type on other systems
		n.lookErr = fmt.Errorf("%w: %.1f MiB free in %s, %.1f MiB must stay free", errFull, mebibytes(free), n.cfg.Dir, mebibytes(n.cfg.ReserveBytes))
	}
	return n.lookErr
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

// explain adds the remedy to what went wrong.
func (n *node) explain(err error) string {
	var refused *jetstream.APIError
	switch {
	case errors.Is(err, errFull):
		return err.Error() + ": free some space, nothing else is needed"
	case strings.Contains(err.Error(), "no space left"):
		return err.Error() + ": the disk is full: free some space, nothing else is needed"
	case errors.As(err, &refused) && (refused.ErrorCode == 10023 || refused.ErrorCode == 10047):
		return fmt.Sprintf("%v: the limit of the store is reached: raise it, or lower journal.max_bytes", err)
	case errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrConnectionReconnecting),
		errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrNoResponders):
		return fmt.Sprintf("%v: the NATS server %s is not reachable: start it again", err, n.place())
	default:
		return fmt.Sprintf("%v: look after the NATS server %s", err, n.place())
	}
}

// serverLog hands what the server says to slog and watches for failed writes. Its errors are warnings here: what they lead to is said
// by those who were using it, with a remedy.
type serverLog struct {
	log     *slog.Logger
	damaged func(text string)
	fatal   chan string
}

func (l *serverLog) say(level slog.Level, format string, v []any) {
	text := fmt.Sprintf(format, v...)
	if strings.Contains(text, "critical write error") || strings.Contains(text, "will be DISABLED") || strings.Contains(text, "disabling JetStream") {
		l.damaged(text)
	}
	if strings.Contains(text, "Stream state outdated") || strings.Contains(text, "Recovering stream state from index errored: prior state file") {
		level = slog.LevelDebug // so it is of every stream after a kill, and nobody needs to do anything
	}
	l.log.Log(context.Background(), level, "nats: "+text)
}

func (l *serverLog) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.say(slog.LevelWarn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.say(slog.LevelWarn, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }

func (l *serverLog) Fatalf(format string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(format, v...):
	default:
	}
	l.say(slog.LevelError, format, v)
}
