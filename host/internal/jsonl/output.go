package jsonl

import (
	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/reflect/protoreflect"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Body returns the content of an output, nil when it has none. Like Append it uses reflection, and is not for the hot path.
func Body(o *eventv1.Output) protoreflect.Message {
	m := o.ProtoReflect()
	fd := m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))
	if fd == nil {
		return nil
	}
	return m.Get(fd).Message()
}

// Mint returns the token that an output's content names, printed; empty when it names none.
func Mint(o *eventv1.Output) string {
	m := Body(o)
	if m == nil {
		return ""
	}
	fd := m.Descriptor().Fields().ByName("mint")
	if fd == nil || fd.Kind() != protoreflect.BytesKind || fd.IsList() {
		return ""
	}
	return base58.Encode(m.Get(fd).Bytes())
}
