package geyser

import (
	"sync"
	"time"

	"google.golang.org/grpc/mem"
)

// Update is one received SubscribeUpdate: its bytes as they came, with what a glance at them tells. It belongs to whoever received it
// last; several goroutines may read it until one of them releases it.
type Update struct {
	raw      []byte
	buffer   mem.Buffer // owns raw; nil when the garbage collector does
	kind     Kind
	slot     uint64
	parent   uint64
	pong     int32
	created  int64
	received int64
	endpoint string
}

var updates = sync.Pool{New: func() any { return new(Update) }}

// NewUpdate makes an Update of bytes that did not come from a Stream, such as a capture. raw must not change any more.
func NewUpdate(endpoint string, raw []byte, received time.Time) *Update {
	u := updates.Get().(*Update)
	u.raw, u.endpoint, u.received = raw, endpoint, received.UnixNano()
	u.glance()
	return u
}

// Raw returns the encoded SubscribeUpdate. It must not be written to, and not be read after Release.
func (u *Update) Raw() []byte { return u.raw }

// Received returns when it was received, in Unix nanoseconds.
func (u *Update) Received() int64 { return u.received }

// Created returns the node's stamp in Unix nanoseconds, 0 when there is none. See View.CreatedAt.
func (u *Update) Created() int64 { return u.created }

// Endpoint returns the name of the endpoint that sent it.
func (u *Update) Endpoint() string { return u.endpoint }

// Kind tells what it carries. The content may still be malformed: View.Read decides.
func (u *Update) Kind() Kind { return u.kind }

// Slot returns the slot it speaks of, 0 for kinds without one.
func (u *Update) Slot() uint64 { return u.slot }

// Parent returns the slot of the parent block of a block meta; 0 for other kinds, and when the server did not say.
func (u *Update) Parent() uint64 { return u.parent }

// Size returns the length of Raw.
func (u *Update) Size() int { return len(u.raw) }

// Release gives the memory back. Neither u nor anything that points into its bytes may be used afterwards.
func (u *Update) Release() {
	if u.buffer != nil {
		u.buffer.Free()
	}
	*u = Update{}
	updates.Put(u)
}

// Detach moves the bytes into memory of exactly their size. A received update holds on to a receive buffer of up to 32 KiB whatever
// its own size, so updates that will wait for long should be detached.
func (u *Update) Detach() {
	if u.buffer == nil {
		return
	}
	raw := append(make([]byte, 0, len(u.raw)), u.raw...)
	u.buffer.Free()
	u.raw, u.buffer = raw, nil
}

// hold takes the bytes of a message out of the buffers that grpc frees as soon as the codec returns.
func (u *Update) hold(data mem.BufferSlice) {
	if len(data) == 1 {
		u.buffer = data[0]
		u.buffer.Ref()
		u.raw = u.buffer.ReadOnlyData()
		return
	}
	// The pool of grpc knows no size between 32 KiB and 1 MiB: what is large gets memory of its own.
	if n := data.Len(); n > 32<<10 {
		u.raw = data.Materialize()
		return
	}
	u.buffer = data.MaterializeToBuffer(mem.DefaultBufferPool())
	u.raw = u.buffer.ReadOnlyData()
}

// glance finds kind, slot and stamp without reading the content. Bytes that are not an update stay KindUnknown.
func (u *Update) glance() {
	s := scan{rest: u.raw}
	for s.next() {
		var kind Kind
		slotField := uint32(1<<3 | wireVarint)
		switch s.tag {
		case updateTx:
			kind, slotField = KindTransaction, 2<<3|wireVarint
		case updateSlot:
			kind = KindSlot
		case updateBlockMeta:
			kind = KindBlockMeta
		case updateBlock:
			kind = KindBlock
		case updatePing:
			kind = KindPing
		case updatePong:
			kind = KindPong
		case updateStatus:
			kind = KindStatus
		case updateAccount:
			kind, slotField = KindOther, 2<<3|wireVarint
		case updateEntry:
			kind = KindOther
		case updateCreatedAt:
			var t timestamp
			if t.read(s.data) == nil {
				u.created = t.unixNano()
			}
			continue
		default:
			continue
		}
		u.kind, u.slot = kind, 0
		switch kind {
		case KindPing:
		case KindPong:
			u.pong = int32(firstVarint(s.data, 1<<3|wireVarint)) //nolint:gosec // int32 on the wire
		case KindBlockMeta:
			u.slot, u.parent = firstVarint(s.data, slotField), firstVarint(s.data, 6<<3|wireVarint)
		default:
			u.slot = firstVarint(s.data, slotField)
		}
	}
	if s.err != nil {
		u.kind = KindUnknown
	}
}

// firstVarint returns the first value of a field, 0 when it is not there.
func firstVarint(raw []byte, tag uint32) uint64 {
	s := scan{rest: raw}
	for s.next() {
		if s.tag == tag {
			return s.value
		}
	}
	return 0
}
