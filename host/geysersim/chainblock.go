package geysersim

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// block is a block as it is sent. Everything but level is fixed once the block is sealed; level is guarded by the chain's lock.
type block struct {
	slot, parent, height uint64
	time                 int64
	hash, parentHash     string
	transactions         []transaction
	createdAt            []byte     // when it was sealed
	meta                 mem.Buffer // BlockMeta update without filter names
	size                 int        // bytes that it keeps alive, about
	level                geyserpb.CommitmentLevel
}

// newBlock fills in what the source left open, from the block before.
func newBlock(b *Block, before *block) *block {
	out := &block{
		slot: b.Slot, parent: b.Parent, height: b.Height, time: b.Time, hash: b.Hash, parentHash: b.ParentHash,
		transactions: make([]transaction, len(b.Transactions)),
	}
	if before != nil {
		set(&out.height, before.height+1)
		set(&out.parent, before.slot)
		if out.parent == before.slot {
			set(&out.parentHash, before.hash)
		}
	}
	if out.parent == 0 && out.slot > 0 {
		out.parent = out.slot - 1
	}
	set(&out.height, 1)
	set(&out.hash, madeUpHash(out.slot))
	set(&out.parentHash, madeUpHash(out.parent))
	return out
}

// madeUpHash gives a slot a blockhash, always the same one.
func madeUpHash(slot uint64) string {
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("weir blockhash "), slot))
	return base58.Encode(sum[:])
}

// seal closes the block: all transactions are in it.
func (b *block) seal(now time.Time) {
	b.createdAt = createdAt(now)
	n := uint64(len(b.transactions))
	meta := &geyserpb.SubscribeUpdateBlockMeta{
		Slot: b.slot, Blockhash: b.hash, BlockHeight: &storagepb.BlockHeight{BlockHeight: b.height}, BlockTime: b.blockTime(),
		ParentSlot: b.parent, ParentBlockhash: b.parentHash, ExecutedTransactionCount: n, EntriesCount: b.entries(),
		Rewards: &storagepb.Rewards{},
	}
	b.meta = update(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_BlockMeta{BlockMeta: meta}}, b.createdAt)
	for i := range b.transactions {
		t := &b.transactions[i]
		b.size += t.update.Len() + 32*len(t.keys) + 256
	}
}

func (b *block) blockTime() *storagepb.UnixTimestamp {
	if b.time == 0 {
		return nil
	}
	return &storagepb.UnixTimestamp{Timestamp: b.time}
}

// entries is made up: a leader puts up to 64 transactions in an entry.
func (b *block) entries() uint64 { return uint64(len(b.transactions)+63)/64 + 1 }

// message is the Block update with those transactions for which take says yes.
func (b *block) message(take func(*transaction) bool) mem.Buffer {
	head := &geyserpb.SubscribeUpdateBlock{
		Slot: b.slot, Blockhash: b.hash, BlockHeight: &storagepb.BlockHeight{BlockHeight: b.height}, BlockTime: b.blockTime(),
		ParentSlot: b.parent, ParentBlockhash: b.parentHash, ExecutedTransactionCount: uint64(len(b.transactions)),
		EntriesCount: b.entries(), Rewards: &storagepb.Rewards{},
	}
	size := proto.Size(head)
	for i := range b.transactions {
		if take(&b.transactions[i]) {
			size += protowire.SizeTag(blockTransactions) + protowire.SizeBytes(len(b.transactions[i].info))
		}
	}
	const updateBlock = 5
	out := make([]byte, 0, size+32+len(b.createdAt))
	out = protowire.AppendTag(out, updateBlock, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(size))
	out, err := proto.MarshalOptions{}.MarshalAppend(out, head)
	if err != nil {
		panic("geysersim: encode a block of its own: " + err.Error())
	}
	for i := range b.transactions {
		if take(&b.transactions[i]) {
			out = protowire.AppendTag(out, blockTransactions, protowire.BytesType)
			out = protowire.AppendBytes(out, b.transactions[i].info)
		}
	}
	return mem.SliceBuffer(append(out, b.createdAt...))
}

// slotStatus is a status update of a slot. FIRST_SHRED_RECEIVED comes before the parent is known.
func slotStatus(slot, parent uint64, status geyserpb.SlotStatus) mem.Buffer {
	out := &geyserpb.SubscribeUpdateSlot{Slot: slot, Status: status}
	if status != geyserpb.SlotStatus_SLOT_FIRST_SHRED_RECEIVED {
		out.Parent = &parent
	}
	if status == geyserpb.SlotStatus_SLOT_DEAD {
		out.DeadError = new("the simulator let this slot die")
	}
	return update(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Slot{Slot: out}}, createdAt(time.Now()))
}
