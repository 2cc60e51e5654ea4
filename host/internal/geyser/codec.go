package geyser

import (
	"google.golang.org/grpc/encoding"
	protocodec "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// codec keeps the received bytes of an Update and leaves every other message to the codec of grpc. It is forced per call and never
// registered: the rest of the process keeps the usual one.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(protocodec.Name)} }

// Unmarshal implements encoding.CodecV2.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	u, ok := v.(*Update)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	u.hold(data)
	return nil
}
