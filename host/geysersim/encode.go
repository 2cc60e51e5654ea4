package geysersim

import (
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

// encoder turns transactions into what is sent. One goroutine at a time.
type encoder struct {
	keys  []dex.Key
	out   backward
	stamp []byte
}

const keysChunk = 4 << 10

// transaction encodes info into t. It reads info and keeps nothing of it.
func (e *encoder) transaction(t *transaction, slot uint64, info *geyserpb.SubscribeUpdateTransactionInfo, now time.Time) {
	e.stamp = appendCreatedAt(e.stamp[:0], now)
	w := &e.out
	w.begin()
	w.raw(e.stamp)
	bodyEnd := w.mark()
	w.uint(transactionSlot, slot)
	infoEnd := w.mark()
	w.info(info)
	infoStart := w.mark()
	w.close(transactionInfo, infoEnd)
	w.close(updateTransaction, bodyEnd)
	b := w.written()
	t.update = mem.SliceBuffer(b)
	t.info = b[len(b)-infoStart : len(b)-infoEnd]
	t.createdAt = b[len(b)-len(e.stamp):]
	t.slot, t.index, t.vote = slot, info.GetIndex(), info.GetIsVote()
	if n := len(info.GetSignature()); n > 0 {
		_, head := protowire.ConsumeVarint(t.info[1:]) // the signature is the first field
		t.signature = t.info[1+head:][:n:n]
	}
	if failure := info.GetMeta().GetErr(); failure != nil {
		t.err = append([]byte{}, failure.GetErr()...)
	}
	t.keys = e.keysOf(info)
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
func createdAt(now time.Time) []byte { return appendCreatedAt(nil, now) }

func appendCreatedAt(b []byte, now time.Time) []byte {
	seconds, nanos := uint64(now.Unix()), uint64(now.Nanosecond())
	b = protowire.AppendTag(b, updateCreatedAt, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(2+protowire.SizeVarint(seconds)+protowire.SizeVarint(nanos)))
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
