package geysersim

import (
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that rawCodec falls back to
	"google.golang.org/grpc/mem"
)

// frame is an update that is encoded already. The buffers are shared between streams and never change.
type frame struct{ buffers mem.BufferSlice }

// rawCodec sends frames as they are and everything else through the usual codec. A transaction is encoded once for all streams; what
// differs between them, the names of the filters, is a buffer of its own in front.
type rawCodec struct{ encoding.CodecV2 }

func newCodec() rawCodec { return rawCodec{encoding.GetCodecV2("proto")} }

func (c rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return f.buffers, nil
	}
	return c.CodecV2.Marshal(v)
}
