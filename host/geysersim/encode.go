package geysersim

import (
	"fmt"
	"time"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// Field numbers of SubscribeUpdate and of what is encoded by hand.
const (
	updateFilters     = 1
	updateTransaction = 4
	updateCreatedAt   = 11
	transactionInfo   = 1
	transactionSlot   = 2
	blockTransactions = 6
)

// transaction is a transaction as it is sent: encoded once, with what filters look at.
type transaction struct {
	slot      uint64
	update    mem.Buffer // a whole SubscribeUpdate without filter names
	info      []byte     // its SubscribeUpdateTransactionInfo
	createdAt []byte     // its created_at field
	keys      []dex.Key  // static, then loaded
	signature []byte
	index     uint64
	vote      bool
	err       []byte // nil: succeeded
}

// encoder turns transactions into what is sent. It cuts small slices out of large ones: a transaction at a time would cost the
// garbage collector more than the encoding does. One goroutine at a time.
type encoder struct {
	bytes []byte
	keys  []dex.Key
}

const (
	bytesChunk = 1 << 20
	keysChunk  = 4 << 10
)

// room gives an empty slice of capacity n that nobody else uses.
func (e *encoder) room(n int) []byte {
	if n > cap(e.bytes)-len(e.bytes) {
		e.bytes = make([]byte, 0, max(n, bytesChunk))
	}
	at := len(e.bytes)
	e.bytes = e.bytes[:at+n]
	return e.bytes[at:at:len(e.bytes)]
}

// transaction encodes info into t.
func (e *encoder) transaction(t *transaction, slot uint64, info *geyserpb.SubscribeUpdateTransactionInfo, now time.Time) error {
	size := proto.Size(info)
	body := protowire.SizeTag(transactionInfo) + protowire.SizeBytes(size) + protowire.SizeTag(transactionSlot) + protowire.SizeVarint(slot)
	stamp := createdAt(now)
	b := e.room(protowire.SizeTag(updateTransaction) + protowire.SizeBytes(body) + len(stamp))
	b = protowire.AppendTag(b, updateTransaction, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(body))
	b = protowire.AppendTag(b, transactionInfo, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	start := len(b)
	b, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, info)
	if err != nil {
		return fmt.Errorf("encode transaction of slot %d: %w", slot, err)
	}
	t.info = b[start:]
	b = protowire.AppendTag(b, transactionSlot, protowire.VarintType)
	b = protowire.AppendVarint(b, slot)
	t.createdAt = stamp
	t.update = mem.SliceBuffer(append(b, stamp...))
	t.slot, t.index, t.vote = slot, info.GetIndex(), info.GetIsVote()
	t.signature = append(e.room(len(info.GetSignature())), info.GetSignature()...)
	if failure := info.GetMeta().GetErr(); failure != nil {
		t.err = append([]byte{}, failure.GetErr()...)
	}
	t.keys = e.keysOf(info)
	return nil
}

func (e *encoder) keysOf(info *geyserpb.SubscribeUpdateTransactionInfo) []dex.Key {
	meta := info.GetMeta()
	lists := [...][][]byte{
		info.GetTransaction().GetMessage().GetAccountKeys(), meta.GetLoadedWritableAddresses(), meta.GetLoadedReadonlyAddresses(),
	}
	n := len(lists[0]) + len(lists[1]) + len(lists[2])
	if n > cap(e.keys)-len(e.keys) {
		e.keys = make([]dex.Key, 0, max(n, keysChunk))
	}
	at := len(e.keys)
	for _, list := range lists {
		for _, k := range list {
			if len(k) == len(dex.Key{}) {
				e.keys = append(e.keys, dex.KeyAt(k))
			}
		}
	}
	return e.keys[at:len(e.keys):len(e.keys)]
}

// createdAt is the created_at field of an update, encoded.
func createdAt(now time.Time) []byte {
	seconds, nanos := uint64(now.Unix()), uint64(now.Nanosecond())
	size := protowire.SizeTag(1) + protowire.SizeVarint(seconds) + protowire.SizeTag(2) + protowire.SizeVarint(nanos)
	b := make([]byte, 0, size+2)
	b = protowire.AppendTag(b, updateCreatedAt, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, seconds)
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	return protowire.AppendVarint(b, nanos)
}

// filterNames is the filters field of an update, encoded.
func filterNames(names ...string) mem.Buffer {
	var b []byte
	for _, name := range names {
		b = protowire.AppendTag(b, updateFilters, protowire.BytesType)
		b = protowire.AppendString(b, name)
	}
	return mem.SliceBuffer(b)
}

// update encodes a rare kind of update without filter names. created_at goes behind it as it is.
func update(u *geyserpb.SubscribeUpdate, createdAt []byte) mem.Buffer {
	b, err := proto.Marshal(u)
	if err != nil {
		panic("geysersim: encode an update of its own: " + err.Error()) // only invalid UTF-8 fails, and there is no foreign text
	}
	return mem.SliceBuffer(append(b, createdAt...))
}

// status is the transaction as a transactions_status subscriber sees it.
func (t *transaction) status() mem.Buffer {
	status := &geyserpb.SubscribeUpdateTransactionStatus{Slot: t.slot, Signature: t.signature, IsVote: t.vote, Index: t.index}
	if t.err != nil {
		status.Err = &storagepb.TransactionError{Err: t.err}
	}
	return update(&geyserpb.SubscribeUpdate{
		UpdateOneof: &geyserpb.SubscribeUpdate_TransactionStatus{TransactionStatus: status},
	}, t.createdAt)
}
