package ask

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"
)

// guarded is a listener that lets few connections in at a time, and only those of the plugin.
type guarded struct {
	net.Listener

	admits func(net.Conn) error
	log    *slog.Logger
	free   chan struct{} // holds a token for each connection
}

// Accept implements net.Listener.
func (g *guarded) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := g.admits(conn); err != nil {
			g.log.Warn("a stranger asked on the plugin's host socket and was turned away", "error", err)
			_ = conn.Close() // it is a stranger's
			continue
		}
		select {
		case g.free <- struct{}{}:
			return &counted{Conn: conn, done: sync.OnceFunc(func() { <-g.free })}, nil
		default:
			_ = conn.Close() // the plugin has its connections
		}
	}
}

type counted struct {
	net.Conn

	done func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.done()
	return c.Conn.Close()
}

// pace spreads calls when there are more than callsPerSecond. The zero value is ready.
type pace struct {
	mu  sync.Mutex
	due time.Time // when the next call may begin
}

// paceSlack is how far calls may run ahead of the pace, so that bursts do not wait.
const paceSlack = 100 * time.Millisecond

func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	now := time.Now()
	if p.due.Before(now.Add(-paceSlack)) {
		p.due = now.Add(-paceSlack)
	}
	p.due = p.due.Add(time.Second / callsPerSecond)
	wait := p.due.Sub(now)
	p.mu.Unlock()
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
