package ask

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Stand answers a program that no daemon runs, from the records that it is given: for tests of plugins and for plays. It knows the tokens that
// those records tell of, and no others. The zero value is ready. Close it. Any number of goroutines.
type Stand struct {
	mu       sync.Mutex // guards all below
	records  []*pluginv1.Envelope
	last     uint64 // number of the newest record
	reached  uint64 // last number of what was given, records or not
	tokens   map[dex.Key]*enrich.Token
	listener net.Listener
	server   *Server
}

// Listen opens the socket in a plugin's folder: process.Config.Listen.
func (s *Stand) Listen(dir string) (path string, err error) {
	path = filepath.Join(dir, "host")
	return path, s.ListenAt(context.Background(), path)
}

// ListenAt opens the socket at a path, in the place of one that is left there, for this user only.
func (s *Stand) ListenAt(ctx context.Context, path string) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == os.ModeSocket {
		_ = os.Remove(path) // what that leads to, listening says
	}
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "unix", path); err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return fmt.Errorf("open the host's socket for a plugin: %w", err)
	}
	return nil
}

// Serve answers questions of an epoch.
func (s *Stand) Serve(epoch uint64, admits func(net.Conn) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil || s.server != nil {
		return
	}
	s.server = New(Config{Tokens: s, Frames: func(after uint64) Frames { return &standFrames{s, after} }, Admits: admits})
	s.server.Open(epoch, 1, s.sent, func() bool { return false })
	s.server.Serve(s.listener)
}

// Close ends it.
func (s *Stand) Close() error {
	s.mu.Lock()
	server, listener := s.server, s.listener
	s.mu.Unlock()
	if server != nil {
		server.Close()
	}
	if listener == nil {
		return nil
	}
	if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Reach says that the program is given everything up to a number.
func (s *Stand) Reach(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached = max(s.reached, number)
}

// Give adds a record that the program is about to be given, or that goes by it. Numbers rise. One that cannot be read tells nothing.
func (s *Stand) Give(e *pluginv1.Envelope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var r eventv1.Record
	if e.GetNumber() <= s.last || proto.Unmarshal(e.GetRecord(), &r) != nil {
		return
	}
	s.learn(e.GetNumber(), &r)
	s.records, s.last = append(s.records, e), e.GetNumber()
	s.reached = max(s.reached, s.last)
	if len(s.records) > 2*Horizon {
		s.records = slices.Delete(s.records, 0, Horizon)
	}
}

// learn notes a token. mu is held.
func (s *Stand) learn(number uint64, r *eventv1.Record) {
	m := r.GetTokenMetadata()
	if c := r.GetTokenCreated(); c != nil {
		m = enrich.MetadataOf(c)
	}
	if len(m.GetMint()) != len(dex.Key{}) {
		return
	}
	if s.tokens == nil {
		s.tokens = map[dex.Key]*enrich.Token{}
	}
	if mint := dex.Key(m.GetMint()); s.tokens[mint] == nil {
		s.tokens[mint] = &enrich.Token{Metadata: m, Since: number}
	}
}

// Token implements Tokens.
func (s *Stand) Token(_ context.Context, mint dex.Key) (*enrich.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[mint], nil
}

func (s *Stand) sent() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reached
}

// standFrames reads what a Stand was given, a record a frame. What it was not given is no gap: a play may begin anywhere and leave out much.
type standFrames struct {
	stand *Stand
	after uint64
}

// Next implements Frames.
func (f *standFrames) Next(context.Context) (journal.Frame, error) {
	f.stand.mu.Lock()
	defer f.stand.mu.Unlock()
	at, _ := slices.BinarySearchFunc(f.stand.records, f.after+1, func(e *pluginv1.Envelope, n uint64) int {
		switch {
		case e.GetNumber() < n:
			return -1
		case e.GetNumber() > n:
			return 1
		}
		return 0
	})
	if at == len(f.stand.records) {
		if f.after >= f.stand.reached {
			return journal.Frame{}, errors.New("the record was not given yet")
		}
		out := journal.Frame{First: f.after + 1, Last: f.stand.reached}
		f.after = out.Last
		return out, nil
	}
	e := f.stand.records[at]
	out := journal.Frame{First: f.after + 1, Last: e.GetNumber(), Payload: entry(e)}
	f.after = e.GetNumber()
	return out, nil
}

// entry encodes an envelope as the journal does: with all fields.
func entry(e *pluginv1.Envelope) []byte {
	var b []byte
	for i, n := range []uint64{e.GetNumber(), e.GetSlot(), e.GetReceivedUnixNanos()} {
		b = protowire.AppendTag(b, protowire.Number(i+1), protowire.Fixed64Type)
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, 4, protowire.VarintType), uint64(e.GetKind()))
	b = protowire.AppendVarint(protowire.AppendTag(b, 5, protowire.VarintType), uint64(e.GetVenue()))
	b = protowire.AppendBytes(protowire.AppendTag(b, 6, protowire.BytesType), e.GetRecord())
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), b)
}
