package fold

import (
	"time"

	"google.golang.org/protobuf/proto"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Coalesce is how long a changed request waits for further changes.
const Coalesce = 100 * time.Millisecond

// Same tells whether two requests ask for the same things. From which slot on is not compared: that is a matter of one moment.
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

// Outbox decides when the request of an open stream is sent again: never when it asks for what the stream serves already, not before
// Coalesce has passed since the first change, and not more often than the provider allows. One goroutine at a time.
type Outbox struct {
	perSecond int
	served    *geyserpb.SubscribeRequest // what the stream serves
	wanted    *geyserpb.SubscribeRequest // nil when that is what is wanted
	since     time.Time                  // of the first change that was not sent
	sent      []time.Time                // within the last second
}

// NewOutbox returns the outbox of a stream that was opened with this request. perSecond is the provider's limit of updates, 0 for none.
func NewOutbox(opened *geyserpb.SubscribeRequest, perSecond int) *Outbox {
	return &Outbox{perSecond: perSecond, served: opened}
}

// Want says what the stream shall serve from now on. The last call before a sending counts.
func (o *Outbox) Want(r *geyserpb.SubscribeRequest, now time.Time) {
	if r.FromSlot == nil && Same(r, o.served) {
		o.wanted = nil
		return
	}
	if o.wanted == nil {
		o.since = now
	}
	o.wanted = r
}

// Next returns the request to send now, and takes it as sent. When there is none it returns how long to wait for one: 0 when nothing
// is to be sent at all.
func (o *Outbox) Next(now time.Time) (r *geyserpb.SubscribeRequest, wait time.Duration) {
	if o.wanted == nil {
		return nil, 0
	}
	if wait = max(o.since.Add(Coalesce).Sub(now), o.free(now)); wait > 0 {
		return nil, wait
	}
	r, o.wanted = o.wanted, nil
	o.served = r
	o.sent = append(o.sent, now)
	return r, 0
}

// free returns how long it takes until the provider allows one more update.
func (o *Outbox) free(now time.Time) time.Duration {
	for len(o.sent) > 0 && now.Sub(o.sent[0]) >= time.Second {
		o.sent = o.sent[1:]
	}
	if o.perSecond <= 0 || len(o.sent) < o.perSecond {
		return 0
	}
	return o.sent[len(o.sent)-o.perSecond].Add(time.Second).Sub(now)
}

// Served returns what was sent last: the request that the stream serves.
func (o *Outbox) Served() *geyserpb.SubscribeRequest { return o.served }
