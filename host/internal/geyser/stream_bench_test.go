package geyser_test

import (
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// encodedCodec sends bytes that are encoded already, so that a benchmark measures the receiver.
type encodedCodec struct{ encoding.CodecV2 }

func (c encodedCodec) Marshal(v any) (mem.BufferSlice, error) {
	if raw, ok := v.([]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(raw)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// BenchmarkReceive is a trade from a loopback socket into a view: CPU of both sides, since they share the process.
func BenchmarkReceive(b *testing.B) {
	raw := encode(b, trade(1))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	g := grpc.NewServer(grpc.ForceServerCodecV2(encodedCodec{encoding.GetCodecV2(protocodec.Name)}), grpc.WaitForHandlers(true))
	geyserpb.RegisterGeyserServer(g, &server{subscribe: func(s subscription) error {
		for s.Context().Err() == nil {
			if err := s.SendMsg(raw); err != nil {
				return err
			}
		}
		return nil
	}})
	go g.Serve(l)
	defer g.Stop()
	s, err := geyser.Open(b.Context(), geyser.Endpoint{URL: "http://" + l.Addr().String()}, geyser.Subscription{}.Request())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var v geyser.View
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		u, err := s.Recv()
		if err != nil {
			b.Fatal(err)
		}
		if err := v.Read(u.Raw()); err != nil {
			b.Fatal(err)
		}
		u.Release()
	}
}
