package weirtest

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
)

// process stands for the monitor's process: server, connection and stream.
type process struct {
	client *wire.Client
	stream grpc.BidiStreamingClient[pluginv1.HostFrame, pluginv1.PluginFrame]
	kill   func()
	stop   func() error
}

// start brings a process up and feeds it from the last checkpoint on.
func (h *Harness) start() {
	h.t.Helper()
	h.process = launch(h.t, h.newMonitor, h.options)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	control := h.process.client.Control
	_, err := control.Configure(ctx, &pluginv1.ConfigureRequest{Config: []byte(h.options.config)})
	h.must("configure", err)
	h.epoch++
	_, err = control.Open(ctx, &pluginv1.OpenRequest{
		Instance: h.options.instance, Epoch: h.epoch, ResumeAfter: h.checkpoint.number,
		HasCheckpoint: h.checkpoint.taken, StateVersion: h.checkpoint.version, Checkpoint: h.saved,
	})
	h.must("open", err)
	if h.checkpoint.taken {
		h.restore(ctx)
	}
	h.process.stream, err = h.process.client.Monitor.Run(context.Background())
	h.must("run", err)
	h.replayed = h.checkpoint.outputs
	end := h.through
	h.through = h.checkpoint.number
	h.feed(end)
}

func (h *Harness) restore(ctx context.Context) {
	h.t.Helper()
	stream, err := h.process.client.Control.Restore(ctx)
	h.must("restore", err)
	for i, data := range h.checkpoint.parts {
		for len(data) > 0 {
			n := min(len(data), wire.MaxChunk)
			h.must("restore", stream.Send(&pluginv1.RestoreRequest{Data: data[:n], Part: uint32(i)}))
			data = data[n:]
		}
	}
	_, err = stream.CloseAndRecv()
	h.must("restore", err)
}

// launch makes a server with the monitor on one end of a connection in memory, and a client on the other.
func launch(tb testing.TB, newMonitor func(*sdk.Host) sdk.Monitor, o options) *process {
	tb.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(wire.ServerOptions()...)
	stop, err := sdk.Register(server, newMonitor, sdk.Options{Log: o.log, Host: host{o.answers}})
	if err != nil {
		tb.Fatalf("weirtest: register monitor: %v", err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // its end is ours
	}()
	dial := append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	conn, err := grpc.NewClient("passthrough:///weirtest", dial...)
	if err != nil {
		tb.Fatalf("weirtest: connect: %v", err)
	}
	kill := func() {
		_ = conn.Close()
		server.Stop()
		<-served
	}
	return &process{client: wire.NewClient(conn), kill: kill, stop: stop}
}
