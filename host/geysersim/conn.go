package geysersim

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
)

// listener remembers its connections so that they can be reset.
type listener struct {
	net.Listener
	s *Server
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	out := &conn{Conn: c, s: l.s, closed: make(chan struct{})}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.conns[out] = struct{}{}
	return out, nil
}

// conn is a connection below TLS.
type conn struct {
	net.Conn
	s      *Server
	once   sync.Once
	closed chan struct{}
}

func (c *conn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.s.mu.Lock()
	delete(c.s.conns, c)
	c.s.mu.Unlock()
	return c.Conn.Close()
}

// reset closes the connection without a word; over TCP the client gets a RST, and what was not read yet is lost.
func (c *conn) reset() {
	if tcp, ok := c.Conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // it is closed either way
	}
	c.once.Do(func() { close(c.closed) })
	_ = c.Conn.Close() // its owner sees the error
}

// ResetConnections closes every connection without a word and returns how many there were. Over TCP clients get a RST.
func (s *Server) ResetConnections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.reset()
	}
	return len(s.conns)
}

// handshake wraps what comes out of the usual handshake, so that frames can be put between those of grpc and streams find their
// connection.
type handshake struct {
	credentials.TransportCredentials
}

func (h handshake) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	c, info, err := h.TransportCredentials.ServerHandshake(raw)
	below, ok := raw.(*conn)
	if err != nil || !ok {
		return c, info, err
	}
	out := &framed{Conn: c, below: below}
	return out, connInfo{info, out}, nil
}

func (h handshake) Clone() credentials.TransportCredentials {
	return handshake{h.TransportCredentials.Clone()}
}

type connInfo struct {
	credentials.AuthInfo
	conn *framed
}

func connOf(ctx context.Context) *framed {
	if p, ok := peer.FromContext(ctx); ok {
		if info, ok := p.AuthInfo.(connInfo); ok {
			return info.conn
		}
	}
	return nil
}

// framed is a connection that knows where HTTP/2 frames begin in what is written.
type framed struct {
	net.Conn
	below  *conn
	thaw   atomic.Int64 // Unix ns; nothing is written before
	goaway atomic.Bool  // one is to be written

	mu   sync.Mutex // held while writing
	head [frameHeader]byte
	have int // bytes of head
	left int // bytes of the frame behind its header
}

const frameHeader = 9

// Write implements net.Conn.
func (c *framed) Write(b []byte) (int, error) {
	if err := c.wait(); err != nil {
		return 0, err
	}
	c.mu.Lock()
	c.follow(b)
	n, err := c.Conn.Write(b)
	c.mu.Unlock()
	if c.goaway.Load() {
		c.sendGoaway()
	}
	return n, err
}

// wait holds a frozen connection until it thaws or is closed.
func (c *framed) wait() error {
	for {
		at := c.thaw.Load()
		if at == 0 || time.Now().UnixNano() >= at {
			return nil
		}
		t := time.NewTimer(time.Until(time.Unix(0, at)))
		select {
		case <-t.C:
		case <-c.below.closed:
			t.Stop()
			return net.ErrClosed
		}
	}
}

// follow keeps account of frames.
func (c *framed) follow(b []byte) {
	for len(b) > 0 {
		if c.left > 0 {
			n := min(c.left, len(b))
			c.left, b = c.left-n, b[n:]
			continue
		}
		n := copy(c.head[c.have:], b)
		c.have, b = c.have+n, b[n:]
		if c.have == frameHeader {
			c.left, c.have = int(binary.BigEndian.Uint32(c.head[:4])>>8), 0
		}
	}
}

// goawayFrame is GOAWAY without error for all streams, as a proxy sends that is about to be replaced: type 7, last stream 2^31-1.
var goawayFrame = []byte{0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0}

// leave sends GOAWAY as soon as no frame is in the middle of being written, and resets the connection a while later.
func (c *framed) leave(after time.Duration) {
	c.goaway.Store(true)
	c.sendGoaway()
	go func() {
		t := time.NewTimer(after)
		defer t.Stop()
		select {
		case <-t.C:
			c.below.reset()
		case <-c.below.closed:
		}
	}()
}

// sendGoaway writes the frame unless somebody else writes, who then does it.
func (c *framed) sendGoaway() {
	if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	if c.have == 0 && c.left == 0 && c.goaway.CompareAndSwap(true, false) {
		_, _ = c.Conn.Write(goawayFrame) // the connection is about to go
	}
}

// freeze lets nothing out for a while, not even answers to HTTP/2 pings, as a host does that vanished.
func (c *framed) freeze(d time.Duration) { c.thaw.Store(time.Now().Add(d).UnixNano()) }

// reset closes the connection without a word.
func (c *framed) reset() { c.below.reset() }
