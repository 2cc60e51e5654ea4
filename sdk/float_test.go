package sdk_test

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/weir-run/weir/proto/gen/weir/event/v1" // registers what is looked at
)

// floats are the fields of records and outputs that may be floating-point numbers, each with the reason.
var floats = map[protoreflect.FullName]string{
	"weir.event.v1.ProgramField.f64": "the value of a field that an operator's IDL declares as f32 or f64: what the chain stores is a float",
}

// TestNoFloats: what is stored of the chain is whole numbers, exact ratios of them, or decimal text.
func TestNoFloats(t *testing.T) {
	messages, seen := 0, map[protoreflect.FullName]bool{}
	var check func(protoreflect.MessageDescriptors)
	check = func(list protoreflect.MessageDescriptors) {
		for i := range list.Len() {
			m := list.Get(i)
			messages++
			for j := range m.Fields().Len() {
				f := m.Fields().Get(j)
				if f.Kind() != protoreflect.FloatKind && f.Kind() != protoreflect.DoubleKind {
					continue
				}
				seen[f.FullName()] = true
				if floats[f.FullName()] == "" {
					t.Errorf("%s is a %s: amounts, prices and ratios are whole numbers", f.FullName(), f.Kind())
				}
			}
			check(m.Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("weir.event.v1", func(file protoreflect.FileDescriptor) bool {
		check(file.Messages())
		return true
	})
	if messages < 30 {
		t.Errorf("only %d messages were looked at", messages)
	}
	for name := range floats {
		if !seen[name] {
			t.Errorf("%s is excepted and is no float", name)
		}
	}
}
