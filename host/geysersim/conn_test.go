package geysersim_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/experimental"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// do lets a line happen.
func do(tb testing.TB, server *geysersim.Server, line string) {
	tb.Helper()
	if err := server.Do(line); err != nil {
		tb.Fatal(err)
	}
}

// onLoopback serves on a real socket, plain or with TLS.
func onLoopback(t *testing.T, o geysersim.Options, secure bool) (*geysersim.Server, *grpc.ClientConn) {
	t.Helper()
	trust := insecureCredentials
	if secure {
		o.TLS, trust = certify(t)
	}
	server := geysersim.New(o)
	t.Cleanup(func() { server.Close() })
	if err := server.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("passthrough:///"+server.Addr(), grpc.WithTransportCredentials(trust))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return server, conn
}

// A proxy that is about to be replaced: what is open goes on until the connection is cut, what is opened gets another connection.
func TestGoaway(t *testing.T) {
	for name, secure := range map[string]bool{"h2c": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			server, conn := onLoopback(t, geysersim.Options{Source: world(1000), SlotDuration: 20 * time.Millisecond}, secure)
			client := geyserpb.NewGeyserClient(conn)
			one := open(t, client, failing())
			if _, err := lines(t, one, 2); err != nil {
				t.Fatal(err)
			}
			do(t, server, "stream 1 goaway 1500ms")
			if _, err := lines(t, one, 3); err != nil {
				t.Errorf("the open stream ended at once: %v", err)
			}
			two, deadline := open(t, client, failing()), time.Now().Add(time.Second)
			for ; peerOf(t, one) == peerOf(t, two); two = open(t, client, failing()) {
				if time.Now().After(deadline) {
					t.Fatal("new streams come on the old connection: the client got no GOAWAY")
				}
			}
			if _, err := lines(t, two, 3); err != nil {
				t.Fatal(err)
			}
			if _, err := lines(t, one, 1000); status.Code(err) != codes.Unavailable {
				t.Errorf("the first stream ended with %v", err)
			}
			if _, err := lines(t, two, 3); err != nil {
				t.Errorf("the second stream ended too: %v", err)
			}
		})
	}
}

// peerOf is the client's address of a stream's connection.
func peerOf(t *testing.T, stream subscription) string {
	t.Helper()
	p, ok := peer.FromContext(stream.Context())
	if !ok {
		t.Fatal("a stream without a peer")
	}
	return p.LocalAddr.String()
}

// The kernel says RST: a plain close would be read as EOF.
func TestResetOfAStreamIsARST(t *testing.T) {
	server, conn := onLoopback(t, geysersim.Options{Source: world(1000), SlotDuration: 20 * time.Millisecond}, false)
	script, err := geysersim.ParseScript("f", []byte("at slot 1005 stream 1 reset"))
	if err != nil {
		t.Fatal(err)
	}
	server.Play(script)
	_, err = lines(t, open(t, geyserpb.NewGeyserClient(conn), failing()), 1000)
	if status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "connection reset by peer") {
		t.Errorf("error %v", err)
	}
	if n := server.Struck()["reset"]; n != 1 {
		t.Errorf("%d resets were counted", n)
	}
}

// A frozen connection does not answer HTTP/2 pings: only keepalive finds out.
func TestFrozenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := geysersim.New(geysersim.Options{Source: world(1000)})
		lis := bufconn.Listen(1 << 20)
		served := make(chan error, 1)
		go func() { served <- server.Serve(lis) }()
		conn, err := grpc.NewClient("passthrough:///sim", grpc.WithTransportCredentials(insecureCredentials),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
			grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			conn.Close()
			server.Close()
			<-served
		}()
		stream := open(t, geyserpb.NewGeyserClient(conn), failing())
		if _, err := lines(t, stream, 2); err != nil {
			t.Fatal(err)
		}
		do(t, server, "stream 1 freeze 1m")
		start := time.Now()
		_, err = lines(t, stream, 1000)
		if after := time.Since(start); status.Code(err) != codes.Unavailable || after < 10*time.Second || after > 16*time.Second {
			t.Errorf("after %v: %v", after, err)
		}
	})
}

// wire counts what a client gets, packed and unpacked.
type wire struct{ packed, plain atomic.Int64 }

func (*wire) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*wire) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*wire) HandleConn(context.Context, stats.ConnStats)                       {}
func (w *wire) HandleRPC(_ context.Context, s stats.RPCStats) {
	if in, ok := s.(*stats.InPayload); ok {
		w.packed.Add(int64(in.CompressedLength))
		w.plain.Add(int64(in.Length))
	}
}

// Updates are compressed with what the client advertises and the server has, and not otherwise.
func TestCompression(t *testing.T) {
	for name, tc := range map[string]struct {
		server []string
		client string
		want   bool
	}{
		"zstd": {[]string{"zstd", "gzip"}, "zstd", true}, "gzip": {[]string{"zstd", "gzip"}, "gzip", true},
		"not the server": {nil, "zstd", false}, "another": {[]string{"gzip"}, "zstd", false},
	} {
		t.Run(name, func(t *testing.T) {
			if encoding.GetCompressor(tc.client) == nil {
				t.Fatalf("%s is not registered", tc.client)
			}
			server, _ := onLoopback(t, geysersim.Options{Source: world(20), Compression: tc.server, Unpaced: true, EndStreams: true}, false)
			var w wire
			conn, err := grpc.NewClient("passthrough:///"+server.Addr(), grpc.WithTransportCredentials(insecureCredentials),
				grpc.WithStatsHandler(&w), grpc.WithDefaultCallOptions(experimental.AcceptCompressors(tc.client)))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			got, _ := lines(t, open(t, geyserpb.NewGeyserClient(conn), everything(confirmed)), 1000)
			if len(got) < 20*10 {
				t.Errorf("%d updates", len(got))
			}
			if packed, plain := w.packed.Load(), w.plain.Load(); packed < plain != tc.want || tc.want && packed > plain*3/4 {
				t.Errorf("%d bytes came as %d", plain, packed)
			}
		})
	}
}

// A seed gives the same faults; none of them loses anything for a client that comes back.
func TestRandomFaults(t *testing.T) {
	var first map[string]uint64
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			server, client := serve(t, geysersim.Options{Source: world(100)})
			script, err := geysersim.ParseScript("f", []byte("every 500ms random seed=7 of drop,lag,lost,end,silence,trickle,duplicate,shuffle,refuse"))
			if err != nil {
				t.Fatal(err)
			}
			server.Play(script)
			seen := map[string]bool{}
			start, last := time.Now(), uint64(1000)
			for len(seen) < 100 && time.Since(start) < time.Hour {
				r := failing()
				r.FromSlot, r.Commitment = new(last), &confirmed
				stream := open(t, client, r)
				for len(seen) < 100 {
					u, err := stream.Recv()
					if err != nil {
						time.Sleep(50 * time.Millisecond)
						break
					}
					if tx := u.GetTransaction(); tx != nil {
						seen[line(u)], last = true, max(last, tx.GetSlot())
					}
				}
			}
			synctest.Wait() // a fault may strike in the instant in which the last slot came
			struck := server.Struck()
			t.Log(struck)
			if len(seen) != 100 || len(struck) < 7 {
				t.Errorf("%d slots seen with %v", len(seen), struck)
			}
			if first == nil {
				first = struck
			} else if len(first) != len(struck) || first["drop"] != struck["drop"] {
				t.Errorf("%v, then %v", first, struck)
			}
		})
	}
}
