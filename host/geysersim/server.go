package geysersim

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Server serves one chain. All methods may be called by any goroutine at any time.
type Server struct {
	geyserpb.UnimplementedGeyserServer
	o        Options
	chain    *chain
	owner    bool // of chain
	grpc     *grpc.Server
	health   *health.Server
	faults   faults
	opens    opens
	counters counters
	bounds   atomic.Pointer[bounds]
	closing  chan struct{}
	once     sync.Once
	wg       sync.WaitGroup

	mu      sync.Mutex
	addr    string
	streams map[*stream]struct{}
	conns   map[*conn]struct{}
}

// New makes a server; it begins to serve with Serve or Listen and must be closed. It panics when there is no Source.
func New(o Options) *Server {
	if o.Source == nil {
		panic("geysersim: Options.Source is missing")
	}
	o.ensureDefaults()
	return newServer(o, newChain(o), true)
}

// Mirror makes another server in front of the same chain, as a second provider is. Everything that concerns the play and the store is
// taken from the first; token, bounds, pings, TLS and faults are its own. Close it before the first.
func (s *Server) Mirror(o Options) *Server {
	o.Unpaced = s.o.Unpaced
	o.ensureDefaults()
	return newServer(o, s.chain, false)
}

func newServer(o Options, c *chain, owner bool) *Server {
	s := &Server{
		o: o, chain: c, owner: owner, closing: make(chan struct{}), health: health.NewServer(),
		streams: make(map[*stream]struct{}), conns: make(map[*conn]struct{}),
	}
	s.bounds.Store(newBounds(&o))
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(newCodec()),
		grpc.WriteBufferSize(256 << 10), // a transaction has some 6 KB: the default of 32 KiB would write every five
		grpc.ChainUnaryInterceptor(s.checkUnary),
		grpc.ChainStreamInterceptor(s.checkStream),
		// Real servers do not mind keepalive pings; grpc-go's default would send GOAWAY after two in five minutes.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
	}
	below := insecure.NewCredentials()
	if o.TLS != nil {
		below = credentials.NewTLS(o.TLS)
	}
	s.grpc = grpc.NewServer(append(options, grpc.Creds(handshake{below}))...)
	geyserpb.RegisterGeyserServer(s.grpc, s)
	healthpb.RegisterHealthServer(s.grpc, s.health)
	s.health.SetServingStatus(geyserpb.Geyser_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	return s
}

// Serve accepts connections until the server is closed; then it returns nil. It may be called for several listeners.
func (s *Server) Serve(lis net.Listener) error {
	s.mu.Lock()
	set(&s.addr, lis.Addr().String())
	s.mu.Unlock()
	err := s.grpc.Serve(&listener{lis, s})
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// Listen is Serve on a TCP address ("127.0.0.1:0" takes any free port) in a goroutine that Close waits for.
func (s *Server) Listen(address string) error {
	lis, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return err
	}
	s.mu.Lock()
	set(&s.addr, lis.Addr().String())
	s.mu.Unlock()
	s.wg.Go(func() {
		if err := s.Serve(lis); err != nil {
			s.o.Log.Error("serve", slog.Any("err", err))
		}
	})
	return nil
}

// Addr is the address of the first listener, empty before there is one.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// patience is how long Close lets clients read the last status before it cuts their connections.
const patience = time.Second

// Close ends all streams with UNAVAILABLE, as a server does that is shut down, stops the play and returns an error if truth could not
// be written. Twice is safe.
func (s *Server) Close() error {
	s.once.Do(func() {
		close(s.closing)
		cut := time.AfterFunc(patience, s.grpc.Stop)
		s.grpc.GracefulStop()
		cut.Stop()
		s.wg.Wait()
		if s.owner {
			s.chain.close()
		}
	})
	return s.chain.truth.failure()
}

// Ended tells whether everything of a finite source was played and has reached every level, and the source's error if it had one.
func (s *Server) Ended() (bool, error) { return s.chain.ended() }

// TruthSoFar gives what was true of all blocks played so far. Options.KeepTruth must be set.
func (s *Server) TruthSoFar() []Truth { return s.chain.truth.soFar() }

// PatternsSoFar gives what was staged in all blocks played so far. Options.KeepTruth must be set.
func (s *Server) PatternsSoFar() []Pattern { return s.chain.truth.patterns() }

// Subscribe serves one stream.
func (s *Server) Subscribe(g grpc.BidiStreamingServer[geyserpb.SubscribeRequest, geyserpb.SubscribeUpdate]) error {
	token := tokenOf(g.Context())
	if err := s.admit(token); err != nil {
		s.counters.refused.Add(1)
		return err
	}
	defer s.opens.release(token)
	if err := compress(g.Context(), s.bounds.Load().compression); err != nil {
		return err
	}
	if err := g.SendHeader(nil); err != nil { // clients wait for headers before they read anything
		return err
	}
	st := &stream{
		s: s, number: s.counters.accepted.Add(1), grpc: g, conn: connOf(g.Context()), q: newQueue(s.o.QueueLimit, s.chain.room),
		f: &filter{empty: true}, ended: make(chan error, 1),
	}
	s.add(st)
	defer s.remove(st)
	go st.receive()
	s.wg.Go(func() { st.end(st.run(g.Context())) })
	err := st.wait()
	s.o.Log.Info("stream ended", slog.Uint64("stream", st.number), slog.String("peer", peerOf(g.Context())), slog.Uint64("updates", st.updates.Load()), slog.Any("err", err))
	return err
}

func (s *Server) admit(token string) error {
	open := s.counters.opens.Add(1)
	if err := s.faults.onOpen(open, token); err != nil {
		s.opens.count(token)
		return err
	}
	select {
	case <-s.closing:
		return status.Error(codes.Unavailable, "server is shutting down")
	default:
	}
	return s.opens.admit(token, s.bounds.Load())
}

func (s *Server) add(st *stream) {
	s.mu.Lock()
	s.streams[st] = struct{}{}
	s.mu.Unlock()
	s.counters.open.Add(1)
	s.chain.join(st.q)
}

func (s *Server) remove(st *stream) {
	s.mu.Lock()
	delete(s.streams, st)
	s.mu.Unlock()
	s.counters.open.Add(-1)
	s.chain.leave(st.q, st.active.Load())
}

func (s *Server) openStreams() []*stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*stream, 0, len(s.streams))
	for st := range s.streams {
		out = append(out, st)
	}
	slices.SortFunc(out, func(a, b *stream) int { return cmp.Compare(a.number, b.number) })
	return out
}

func peerOf(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok {
		return p.Addr.String()
	}
	return ""
}

// tokenOf gives the x-token header.
func tokenOf(ctx context.Context) string {
	if v := metadata.ValueFromIncomingContext(ctx, "x-token"); len(v) > 0 {
		return v[0]
	}
	return ""
}

func (s *Server) check(ctx context.Context) error {
	if tokens := s.bounds.Load().tokens; len(tokens) > 0 && !slices.Contains(tokens, tokenOf(ctx)) {
		return status.Error(codes.Unauthenticated, "No valid auth token")
	}
	return nil
}

func (s *Server) checkUnary(ctx context.Context, r any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	return handle(ctx, r)
}

func (s *Server) checkStream(srv any, g grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if err := s.check(g.Context()); err != nil {
		if info.FullMethod == geyserpb.Geyser_Subscribe_FullMethodName {
			s.counters.opens.Add(1)
			s.counters.refused.Add(1)
			s.opens.count(tokenOf(g.Context()))
		}
		return err
	}
	return handle(srv, g)
}
