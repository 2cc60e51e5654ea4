package wire

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// Codec is gRPC's protobuf codec, with one more type: a *Raw is sent and received as it is. It is safe for concurrent use.
type Codec struct{}

// Raw is an encoded message. One that was received is valid until Free or the next receive into it. Not safe for concurrent
// use.
type Raw struct {
	parts    mem.BufferSlice
	received mem.Buffer
}

// Append adds bytes to a message to be sent, without copying them: they must not change afterwards.
func (r *Raw) Append(b []byte) { r.parts = append(r.parts, mem.SliceBuffer(b)) }

// AppendCopy adds a copy of the bytes.
func (r *Raw) AppendCopy(b []byte) { r.parts = append(r.parts, mem.Copy(b, mem.DefaultBufferPool())) }

// Reset empties a message to be sent. What was handed to SendMsg before stays valid there.
func (r *Raw) Reset() { r.parts = nil }

// Bytes returns a received message.
func (r *Raw) Bytes() []byte {
	if r.received == nil {
		return nil
	}
	return r.received.ReadOnlyData()
}

// Free gives the memory of a received message back. Twice is safe.
func (r *Raw) Free() {
	if r.received != nil {
		r.received.Free()
		r.received = nil
	}
}

// Name implements encoding.CodecV2. It is protobuf's, as the bytes on the wire are.
func (Codec) Name() string { return proto.Name }

// Marshal implements encoding.CodecV2.
func (Codec) Marshal(v any) (mem.BufferSlice, error) {
	raw, ok := v.(*Raw)
	if !ok {
		return encoding.GetCodecV2(proto.Name).Marshal(v)
	}
	// gRPC frees what it is given; the pooled copies of AppendCopy go to it for good.
	return raw.parts, nil
}

// Unmarshal implements encoding.CodecV2.
func (Codec) Unmarshal(data mem.BufferSlice, v any) error {
	raw, ok := v.(*Raw)
	if !ok {
		return encoding.GetCodecV2(proto.Name).Unmarshal(data, v)
	}
	raw.Free()
	raw.received = data.MaterializeToBuffer(mem.DefaultBufferPool())
	return nil
}
