package ask

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/enrich"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// tokens knows some.
type tokens map[dex.Key]*enrich.Token

func (t tokens) Token(_ context.Context, mint dex.Key) (*enrich.Token, error) {
	if mint == key('!', 0) {
		return nil, errors.New("the table is down")
	}
	return t[mint], nil
}

// locked is a buffer for one log.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// served is a server on a real socket.
type served struct {
	*Server

	path   string
	log    locked
	shown  Shown
	refuse atomic.Bool // everybody counts as a stranger
}

func serve(t *testing.T, records *tape, known tokens) *served {
	t.Helper()
	s := &served{path: filepath.Join(t.TempDir(), "host")}
	l, err := net.Listen("unix", s.path)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = New(Config{
		Instance: "mine", Tokens: known, Frames: records.open, Log: slog.New(slog.NewTextHandler(&s.log, nil)), Shown: &s.shown,
		Admits: func(net.Conn) error {
			if s.refuse.Load() {
				return errors.New("process 1 asks on the socket of process 2")
			}
			return nil
		},
	})
	s.Serve(l)
	t.Cleanup(s.Close)
	return s
}

func (s *served) client(t *testing.T) pluginv1.HostClient {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+s.path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return pluginv1.NewHostClient(conn)
}

func (s *served) live(epoch, birth, sent uint64) {
	s.Open(epoch, birth, func() uint64 { return sent }, func() bool { return false })
}

func TestQuestionsOverTheSocket(t *testing.T) {
	records := random(rand.New(rand.NewPCG(1, 2)), 300)
	mint, pool := key('m', 3), key('p', 3)
	s := serve(t, records, tokens{mint: {Metadata: &eventv1.TokenMetadata{Symbol: "WEIR"}, Since: 100}})
	c := s.client(t)
	price := func(epoch, n uint64) (*pluginv1.GetPriceResponse, error) {
		return c.GetPrice(t.Context(), &pluginv1.GetPriceRequest{At: &pluginv1.Moment{Epoch: epoch, Number: n}, Mint: mint[:]})
	}
	refused := func(what string, err error, want codes.Code) {
		t.Helper()
		if status.Code(err) != want {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	_, err := price(7, 1)
	refused("before an epoch", err, codes.OutOfRange)
	s.live(7, 1, 250)
	for what, at := range map[string][2]uint64{"an old epoch": {6, 10}, "no number": {7, 0}, "the future": {7, 251}} {
		_, err := price(at[0], at[1])
		refused(what, err, codes.OutOfRange)
	}
	_, err = c.GetPool(t.Context(), &pluginv1.GetPoolRequest{At: &pluginv1.Moment{Epoch: 7, Number: 1}, Pool: pool[:31]})
	refused("half an address", err, codes.InvalidArgument)
	broken := key('!', 0)
	_, err = c.GetToken(t.Context(), &pluginv1.GetTokenRequest{At: &pluginv1.Moment{Epoch: 7, Number: 1}, Mint: broken[:]})
	refused("a table that is down", err, codes.Unavailable)

	v := newView(records.open, 1, Horizon)
	for n := uint64(1); n <= 250; n += 3 {
		at := &pluginv1.Moment{Epoch: 7, Number: n}
		if err := v.advance(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		gotPrice, err1 := price(7, n)
		gotPool, err2 := c.GetPool(t.Context(), &pluginv1.GetPoolRequest{At: at, Pool: pool[:]})
		gotToken, err3 := c.GetToken(t.Context(), &pluginv1.GetTokenRequest{At: at, Mint: mint[:]})
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		if gotPrice.GetPrice().String() != v.priceAt(mint).String() || gotPrice.GetSolUsd().String() != v.solUSDAt().String() || gotPool.GetPool().String() != v.poolAt(pool).String() {
			t.Errorf("as of %d: %v, %v", n, gotPrice, gotPool)
		}
		if known := gotToken.GetToken().GetSymbol() == "WEIR" && gotToken.GetSinceNumber() == 100; known != (n >= 100) {
			t.Errorf("as of %d the token is %v", n, gotToken)
		}
	}
	_, err = price(7, 10)
	refused("the past", err, codes.OutOfRange)
	s.live(8, 1, 300) // the next life of the plugin may ask about it again
	if _, err := price(8, 10); err != nil {
		t.Error(err)
	}
}

func TestStrangersAreTurnedAway(t *testing.T) {
	s := serve(t, &tape{first: 1}, nil)
	s.refuse.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := s.client(t).Log(ctx, &pluginv1.LogRequest{Message: "hello"}); err == nil {
		t.Error("a stranger got in")
	}
	if log := s.log.String(); !strings.Contains(log, "turned away") || !strings.Contains(log, "process 1") {
		t.Errorf("log: %s", log)
	}
}

// A process that is not admitted may knock as often as it likes: a child of the plugin, for example. The log must not grow with that.
func TestAFloodOfStrangersIsCounted(t *testing.T) {
	s := serve(t, &tape{first: 1}, nil)
	s.refuse.Store(true)
	for range 200 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "unix", s.path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Read(make([]byte, 1)) // until it is turned away
		_ = conn.Close()
	}
	if lines := strings.Count(s.log.String(), "turned away"); lines == 0 || lines > 20 {
		t.Errorf("%d lines of 200 strangers; want a few", lines)
	}
}

func TestFewConnections(t *testing.T) {
	s := serve(t, &tape{first: 1}, nil)
	for i := range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := s.client(t).Log(ctx, &pluginv1.LogRequest{Message: "hello"})
		cancel()
		if (err == nil) != (i < maxConnections) {
			t.Errorf("connection %d: %v", i+1, err)
		}
	}
}

func TestLogLines(t *testing.T) {
	s := serve(t, &tape{first: 1}, nil)
	c := s.client(t)
	say := func(in *pluginv1.LogRequest) {
		t.Helper()
		if _, err := c.Log(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	say(&pluginv1.LogRequest{Level: pluginv1.LogLevel_LOG_LEVEL_WARN, Message: "odd\nlevel=ERROR msg=forged", Attributes: map[string]string{"a": "1"}})
	say(&pluginv1.LogRequest{Level: pluginv1.LogLevel_LOG_LEVEL_DEBUG, Message: "not wanted"})
	say(&pluginv1.LogRequest{Message: strings.Repeat("x", 70<<10), Attributes: map[string]string{"lost": "1"}})
	if log := s.log.String(); strings.Count(log, "\n") != 2 || !strings.Contains(log, `level=WARN msg="odd level=ERROR msg=forged" plugin.a=1`) || strings.Contains(log, "wanted") || len(log) > 5<<10 {
		t.Errorf("log of %d bytes: %s", len(log), log[:min(len(log), 500)])
	}
	if _, err := c.Log(t.Context(), &pluginv1.LogRequest{Message: strings.Repeat("x", 100<<10)}); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("a line of 100 KiB: %v", err)
	}
}

func TestLogRate(t *testing.T) {
	var l lines
	now := time.Unix(100, 0)
	for i := range lineBurst + 5 {
		if _, ok := l.allow(now); ok != (i < lineBurst) {
			t.Fatalf("line %d", i)
		}
	}
	if dropped, ok := l.allow(now.Add(time.Second)); !ok || dropped != 5 {
		t.Errorf("a second later: %v, %d dropped", ok, dropped)
	}
}

func TestPace(t *testing.T) {
	var p pace
	start := time.Now()
	for range callsPerSecond / 5 { // 200 ms, of which 100 are slack
		if err := p.wait(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 80*time.Millisecond {
		t.Errorf("%d calls took %v", callsPerSecond/5, took)
	}
}

// What a call costs the host grows with its size: to read metrics of 64 KiB takes a thousand times longer than to look a pool up.
func TestLargeCallsCountMore(t *testing.T) {
	s := serve(t, &tape{first: 1}, nil)
	c := s.client(t)
	text := strings.Repeat("#"+strings.Repeat("x", 999)+"\n", 64)
	start := time.Now()
	const calls = 20
	for range calls {
		if _, err := c.ReportMetrics(t.Context(), &pluginv1.ReportMetricsRequest{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 300*time.Millisecond {
		t.Errorf("%d reports of %d bytes took %v: they keep a core busy", calls, len(text), took)
	}
}

// A view that is busy, or a journal that is slow, is UNAVAILABLE in time, and the question may be asked again.
func TestSlowJournal(t *testing.T) {
	records := random(rand.New(rand.NewPCG(1, 2)), 50)
	s := serve(t, records, nil)
	s.live(1, 1, 60)
	mint := key('m', 1)
	_, err := s.client(t).GetPrice(t.Context(), &pluginv1.GetPriceRequest{At: &pluginv1.Moment{Epoch: 1, Number: 55}, Mint: mint[:]})
	if status.Code(err) != codes.Unavailable || !strings.Contains(fmt.Sprint(err), "tape ends") {
		t.Errorf("%v", err)
	}
}

// BenchmarkQuestion is a question over the socket, the round trip included.
func BenchmarkQuestion(b *testing.B) {
	records := random(rand.New(rand.NewPCG(1, 2)), 300)
	path := filepath.Join(b.TempDir(), "host")
	l, err := net.Listen("unix", path)
	if err != nil {
		b.Fatal(err)
	}
	s := New(Config{Instance: "mine", Tokens: tokens{}, Frames: records.open, Admits: func(net.Conn) error { return nil }})
	s.Serve(l)
	defer s.Close()
	s.Open(1, 1, func() uint64 { return 300 }, func() bool { return false })
	conn, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	c, mint := pluginv1.NewHostClient(conn), key('m', 3)
	for b.Loop() {
		if _, err := c.GetPrice(b.Context(), &pluginv1.GetPriceRequest{At: &pluginv1.Moment{Epoch: 1, Number: 300}, Mint: mint[:]}); err != nil {
			b.Fatal(err)
		}
	}
}
