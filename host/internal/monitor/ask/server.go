package ask

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/enrich"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Tokens tells what is known of mints. An *enrich.Enricher is one.
type Tokens interface {
	// Token returns what is known of a mint; nil when that is nothing. What is known never changes.
	Token(ctx context.Context, mint dex.Key) (*enrich.Token, error)
}

// Config of a Server. All but Log, Shown and Meters is required.
type Config struct {
	// Instance is the name that its metrics get.
	Instance string
	// Tokens tells of tokens.
	Tokens Tokens
	// Frames begins reading the journal after a number.
	Frames func(after uint64) Frames
	// Admits refuses connections that are not the plugin's.
	Admits func(conn net.Conn) error
	// Log takes the plugin's lines.
	Log *slog.Logger
	// Shown takes its metrics; nil shows none.
	Shown *Shown
	// Meters count what is asked. Default: nobody sees them.
	Meters *Meters
}

// Limits of what a plugin may do here.
const (
	maxMessage     = 80 << 10
	maxConnections = 2
	maxCalls       = 4 // at a time, on each connection
	callLimit      = 5 * time.Second
	callsPerSecond = 10_000 // what is over waits
	callBytes      = 256    // a larger request counts as so many calls as it has these: to read metrics of 64 KiB takes a millisecond
)

// Server answers one plugin process. Close it.
type Server struct {
	pluginv1.UnimplementedHostServer

	cfg   Config
	grpc  *grpc.Server
	lines lines
	pace  pace

	view chan struct{} // holds one token while the view is used

	mu     sync.Mutex // guards all below
	asked  *view      // nil before Open
	epoch  uint64
	sent   func() uint64
	shadow func() bool
	served chan struct{} // closed when serving has ended; nil before Serve
}

// New returns a Server that does not serve yet.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Meters == nil {
		c.Meters = &Meters{}
	}
	s := &Server{cfg: c, lines: lines{log: c.Log.WithGroup("plugin")}, view: make(chan struct{}, 1)}
	s.grpc = grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxConcurrentStreams(maxCalls), grpc.UnaryInterceptor(s.bound))
	pluginv1.RegisterHostServer(s.grpc, s)
	return s
}

// Serve serves connections until Close, and returns at once. The listener is closed with it.
func (s *Server) Serve(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		_ = s.grpc.Serve(&guarded{Listener: l, admits: s.cfg.Admits, log: s.cfg.Log, free: make(chan struct{}, maxConnections)}) // it ends by Close
	}()
}

// Open says of which epoch questions are answered from now on: of an instance whose first record ever was birth, about records up to what
// sent returns. While shadow, its metrics are not shown: another process of the instance is.
func (s *Server) Open(epoch, birth uint64, sent func() uint64, shadow func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.epoch, s.sent, s.shadow = newView(s.cfg.Frames, birth, Horizon), epoch, sent, shadow
}

// Close cuts all connections and returns when nothing is served any more.
func (s *Server) Close() {
	s.grpc.Stop()
	s.mu.Lock()
	served := s.served
	s.mu.Unlock()
	if served != nil {
		<-served
	}
}

// bound keeps calls to their time and rate.
func (s *Server) bound(ctx context.Context, in any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	calls := 1
	if m, ok := in.(proto.Message); ok {
		calls += proto.Size(m) / callBytes
	}
	if err := s.pace.wait(ctx, calls); err != nil {
		return nil, status.Error(codes.Unavailable, "too many calls")
	}
	return handle(ctx, in)
}

// at checks a question's moment.
func (s *Server) at(m *pluginv1.Moment) (*view, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.asked == nil:
		return nil, status.Error(codes.OutOfRange, "no epoch is open")
	case m.GetEpoch() != s.epoch:
		return nil, status.Errorf(codes.OutOfRange, "epoch %d is open, not %d", s.epoch, m.GetEpoch())
	case m.GetNumber() == 0 || m.GetNumber() > s.sent():
		return nil, status.Errorf(codes.OutOfRange, "record %d was not sent", m.GetNumber())
	}
	return s.asked, nil
}

// with moves the view to a question's moment and reads it there.
func (s *Server) with(ctx context.Context, m *pluginv1.Moment, read func(v *view)) error {
	v, err := s.at(m)
	if err != nil {
		return err
	}
	select {
	case s.view <- struct{}{}:
		defer func() { <-s.view }()
	case <-ctx.Done():
		return status.Error(codes.Unavailable, "the host is busy with another question")
	}
	start := time.Now()
	err = v.advance(ctx, m.GetNumber())
	now := time.Now()
	s.cfg.Meters.Fold.Add(now, now.Sub(start))
	switch {
	case err == nil:
	case errors.Is(err, errPast):
		return status.Error(codes.OutOfRange, err.Error())
	case errors.Is(err, errGone):
		return status.Error(codes.FailedPrecondition, err.Error())
	default: // what was read stays, and the next try goes on there
		return status.Error(codes.Unavailable, err.Error())
	}
	read(v)
	return nil
}

func keyOf(b []byte) (dex.Key, error) {
	if len(b) != len(dex.Key{}) {
		return dex.Key{}, status.Errorf(codes.InvalidArgument, "an address has 32 bytes, not %d", len(b))
	}
	return dex.Key(b), nil
}

// GetToken implements pluginv1.HostServer.
func (s *Server) GetToken(ctx context.Context, in *pluginv1.GetTokenRequest) (*pluginv1.GetTokenResponse, error) {
	mint, err := keyOf(in.GetMint())
	if err != nil {
		return nil, err
	}
	if _, err := s.at(in.GetAt()); err != nil {
		return nil, err
	}
	t, err := s.cfg.Tokens.Token(ctx, mint)
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	known := t != nil && t.Since <= in.GetAt().GetNumber()
	if s.cfg.Meters.Tokens.count(known, false); !known {
		return &pluginv1.GetTokenResponse{}, nil
	}
	return &pluginv1.GetTokenResponse{Token: t.Metadata, SinceNumber: t.Since}, nil
}

// GetPool implements pluginv1.HostServer.
func (s *Server) GetPool(ctx context.Context, in *pluginv1.GetPoolRequest) (*pluginv1.GetPoolResponse, error) {
	pool, err := keyOf(in.GetPool())
	if err != nil {
		return nil, err
	}
	out := &pluginv1.GetPoolResponse{}
	err = s.with(ctx, in.GetAt(), func(v *view) {
		out.Pool = v.poolAt(pool)
		s.cfg.Meters.Pools.count(out.Pool != nil, v.pools[pool] != nil)
	})
	return out, err
}

// GetPrice implements pluginv1.HostServer.
func (s *Server) GetPrice(ctx context.Context, in *pluginv1.GetPriceRequest) (*pluginv1.GetPriceResponse, error) {
	mint, err := keyOf(in.GetMint())
	if err != nil {
		return nil, err
	}
	out := &pluginv1.GetPriceResponse{}
	err = s.with(ctx, in.GetAt(), func(v *view) {
		out.Price, out.SolUsd = v.priceAt(mint), v.solUSDAt()
		s.cfg.Meters.Prices.count(out.Price != nil, v.prices[mint] != nil)
	})
	return out, err
}

// Log implements pluginv1.HostServer.
func (s *Server) Log(ctx context.Context, in *pluginv1.LogRequest) (*pluginv1.LogResponse, error) {
	s.lines.take(ctx, in)
	return &pluginv1.LogResponse{}, nil
}

// ReportMetrics implements pluginv1.HostServer.
func (s *Server) ReportMetrics(_ context.Context, in *pluginv1.ReportMetricsRequest) (*pluginv1.ReportMetricsResponse, error) {
	s.mu.Lock()
	shadow := s.shadow != nil && s.shadow()
	s.mu.Unlock()
	if s.cfg.Shown == nil || shadow {
		return &pluginv1.ReportMetricsResponse{}, nil
	}
	if err := s.cfg.Shown.Report(s.cfg.Instance, Pushed, in.GetText()); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &pluginv1.ReportMetricsResponse{}, nil
}
