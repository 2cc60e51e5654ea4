package fold

import (
	"time"

	"google.golang.org/protobuf/proto"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Coalesce is how long a changed request waits for further changes.
const Coalesce = 100 * time.Millisecond

// Same tells whether two requests ask for the same things, so that the second need not be sent. From which slot on is not compared: that
// is a matter of one moment.
func Same(a, b *geyserpb.SubscribeRequest) bool {
	if a == nil || b == nil {
		return a == b
	}
	return proto.Equal(withoutSlot(a), withoutSlot(b))
}

func withoutSlot(r *geyserpb.SubscribeRequest) *geyserpb.SubscribeRequest {
	if r.FromSlot == nil {
		return r
	}
	c := proto.CloneOf(r)
	c.FromSlot = nil
	return c
}
