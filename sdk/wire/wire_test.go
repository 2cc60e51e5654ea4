package wire_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers every host frame with the same bytes.
type echo struct {
	pluginv1.UnimplementedMonitorServer
}

func (echo) Run(stream pluginv1.Monitor_RunServer) error {
	var in wire.Raw
	defer in.Free()
	for {
		if err := stream.RecvMsg(&in); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var out wire.Raw
		out.AppendCopy(in.Bytes())
		if err := stream.SendMsg(&out); err != nil {
			return err
		}
	}
}

func connect(t *testing.T) *wire.Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(wire.ServerOptions()...)
	pluginv1.RegisterMonitorServer(server, echo{})
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	conn, err := grpc.NewClient("passthrough:///test", append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		<-served
	})
	return wire.NewClient(conn)
}

// Bytes on one end are a message on the other: the codec does not change what is on the wire.
func TestRawAndMessagesMix(t *testing.T) {
	client := connect(t)
	frame := &pluginv1.HostFrame{Epoch: 7}
	encoded, err := proto.Marshal(frame)
	if err != nil {
		t.Fatal(err)
	}

	raw, err := client.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out, in wire.Raw
	out.Append(encoded[:1])
	out.Append(encoded[1:])
	if err := errors.Join(raw.SendMsg(&out), raw.RecvMsg(&in)); err != nil || string(in.Bytes()) != string(encoded) {
		t.Fatalf("raw came back as %x, %v", in.Bytes(), err)
	}
	in.Free()
	in.Free()
	if in.Bytes() != nil {
		t.Error("freed bytes are still there")
	}
	if err := errors.Join(raw.SendMsg(frame), raw.RecvMsg(&in)); err != nil || string(in.Bytes()) != string(encoded) {
		t.Fatalf("a message came back as %x, %v", in.Bytes(), err)
	}
	in.Free()

	stream, err := client.Monitor.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(frame); err != nil {
		t.Fatal(err)
	}
	// Epoch is field 1 in both directions.
	if got, err := stream.Recv(); err != nil || got.GetEpoch() != 7 {
		t.Fatalf("a message came back as %v, %v", got, err)
	}
}

func TestMessageLimit(t *testing.T) {
	client := connect(t)
	for size, want := range map[int]codes.Code{wire.MaxMessage: codes.OK, wire.MaxMessage + 1: codes.ResourceExhausted} {
		stream, err := client.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var out, in wire.Raw
		out.Append(make([]byte, size))
		if err = stream.SendMsg(&out); err == nil {
			err = stream.RecvMsg(&in)
		}
		in.Free()
		if status.Code(err) != want {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
}
