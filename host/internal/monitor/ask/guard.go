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

	told   time.Time // when strangers were last spoken of
	untold int       // strangers since
}

// Accept implements net.Listener.
func (g *guarded) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if err := g.admits(conn); err != nil {
			g.turnAway(time.Now(), err)
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

// strangersEvery is the least time between two lines of the log about strangers. One may knock as often as it likes.
const strangersEvery = time.Second

// turnAway tells of a stranger. Only the goroutine of Accept uses it.
func (g *guarded) turnAway(now time.Time, err error) {
	if now.Sub(g.told) < strangersEvery {
		g.untold++
		return
	}
	g.log.Warn("a stranger asked on the plugin's host socket and was turned away", "error", err, "more_before", g.untold)
	g.told, g.untold = now, 0
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

// wait takes the place of a number of calls.
func (p *pace) wait(ctx context.Context, calls int) error {
	p.mu.Lock()
	now := time.Now()
	if p.due.Before(now.Add(-paceSlack)) {
		p.due = now.Add(-paceSlack)
	}
	p.due = p.due.Add(time.Duration(calls) * time.Second / callsPerSecond)
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
