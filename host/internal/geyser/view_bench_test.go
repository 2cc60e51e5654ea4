package geyser_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func BenchmarkWalk(b *testing.B) {
	raw := encode(b, trade(1))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	var v geyser.View
	for b.Loop() {
		if err := v.Read(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	raw := encode(b, trade(1))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if err := proto.Unmarshal(raw, &geyserpb.SubscribeUpdate{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The walk reuses everything: after the first update of its size it allocates nothing.
func TestWalkDoesNotAllocate(t *testing.T) {
	raw := encode(t, trade(1))
	if len(raw) < 3000 || len(raw) > 6500 {
		t.Errorf("the trade has %d bytes, want the 3 to 6 KB of a real one", len(raw))
	}
	var v geyser.View
	allocs := testing.AllocsPerRun(100, func() {
		if err := v.Read(raw); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 0 {
		t.Errorf("%v allocations a read, want 0", allocs)
	}
}
