package geyser_test

import (
	"context"
	"net"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server answers Subscribe with a function; the rest is unimplemented, as Weir calls nothing else.
type server struct {
	geyserpb.UnimplementedGeyserServer
	subscribe func(grpc.BidiStreamingServer[geyserpb.SubscribeRequest, geyserpb.SubscribeUpdate]) error
}

type subscription = grpc.BidiStreamingServer[geyserpb.SubscribeRequest, geyserpb.SubscribeUpdate]

func (s *server) Subscribe(stream subscription) error { return s.subscribe(stream) }

// serve starts a server on an in-memory network and gives the endpoint to reach it. It may be used within a synctest bubble.
func serve(t *testing.T, subscribe func(subscription) error) geyser.Endpoint {
	t.Helper()
	wire := bufconn.Listen(1 << 20)
	g := grpc.NewServer(grpc.WaitForHandlers(true))
	geyserpb.RegisterGeyserServer(g, &server{subscribe: subscribe})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := g.Serve(wire); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		g.Stop()
		<-done
	})
	return geyser.Endpoint{
		Name: "test", URL: "http://weir.test:1",
		Dial: func(ctx context.Context, _ string) (net.Conn, error) { return wire.DialContext(ctx) },
	}
}
