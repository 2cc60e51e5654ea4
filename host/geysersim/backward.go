package geysersim

import (
	"encoding/binary"
	"math"
	"slices"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// backward writes protobuf from the end to the beginning. What is inside a message is written before its length, so that no length has
// to be known in advance: half of what the general encoder does for a transaction is to measure it. Fields come out in ascending
// order when they are written in descending order.
//
// Messages share large buffers: the next one is written in front of the one before. What was written never changes.
type backward struct {
	buf []byte
	at  int // the message begins here
	end int // and ends here
}

// chunk is the size of a buffer. One for each transaction would cost the garbage collector more than the encoding does.
const chunk = 1 << 20

// begin starts a message.
func (w *backward) begin() { w.end = w.at }

// written is the message so far.
func (w *backward) written() []byte { return w.buf[w.at:w.end:w.end] }

// mark is the number of bytes written so far.
func (w *backward) mark() int { return w.end - w.at }

// need makes room for n bytes in front. A message that does not fit any more moves to a new buffer.
func (w *backward) need(n int) {
	if n <= w.at {
		return
	}
	message := w.written()
	w.buf = make([]byte, max(chunk, 2*len(message)+n))
	w.end = len(w.buf)
	w.at = w.end - len(message)
	copy(w.buf[w.at:], message)
}

// raw writes bytes as they are.
func (w *backward) raw(v []byte) {
	w.need(len(v))
	w.at -= len(v)
	copy(w.buf[w.at:], v)
}

func (w *backward) varint(v uint64) {
	w.need(binary.MaxVarintLen64)
	if v < 0x80 { // nearly all of them
		w.at--
		w.buf[w.at] = byte(v)
		return
	}
	var text [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(text[:], v)
	w.at -= n
	copy(w.buf[w.at:], text[:n])
}

func (w *backward) tag(field, wire uint64) { w.varint(field<<3 | wire) }

// close writes the length and the tag of an inner message whose content was written since the mark.
func (w *backward) close(field uint64, mark int) {
	w.varint(uint64(w.mark() - mark))
	w.tag(field, 2)
}

func (w *backward) uint(field, v uint64) {
	if v != 0 {
		w.varint(v)
		w.tag(field, 0)
	}
}

func (w *backward) optional(field uint64, v *uint64) {
	if v != nil {
		w.varint(*v)
		w.tag(field, 0)
	}
}

func (w *backward) optional32(field uint64, v *uint32) {
	if v != nil {
		w.varint(uint64(*v))
		w.tag(field, 0)
	}
}

func (w *backward) bool(field uint64, v bool) {
	if v {
		w.uint(field, 1)
	}
}

func (w *backward) double(field uint64, v float64) {
	if bits := math.Float64bits(v); bits != 0 {
		w.need(8)
		w.at -= 8
		binary.LittleEndian.PutUint64(w.buf[w.at:], bits)
		w.tag(field, 1)
	}
}

func (w *backward) bytes(field uint64, v []byte) {
	if len(v) > 0 {
		w.element(field, v)
	}
}

func (w *backward) string(field uint64, v string) {
	if v != "" {
		w.text(field, v)
	}
}

// element and text write even what is empty, as in lists.
func (w *backward) element(field uint64, v []byte) {
	w.raw(v)
	w.varint(uint64(len(v)))
	w.tag(field, 2)
}

func (w *backward) text(field uint64, v string) {
	w.need(len(v))
	w.at -= len(v)
	copy(w.buf[w.at:], v)
	w.varint(uint64(len(v)))
	w.tag(field, 2)
}

func (w *backward) list(field uint64, v [][]byte) {
	for _, b := range slices.Backward(v) {
		w.element(field, b)
	}
}

func (w *backward) packed(field uint64, v []uint64) {
	if len(v) == 0 {
		return
	}
	mark := w.mark()
	for _, n := range slices.Backward(v) {
		w.varint(n)
	}
	w.close(field, mark)
}

// The functions below follow facts of the wire: field numbers are those of proto/yellowstone. Fields that the schema does not know
// are not sent.

func (w *backward) info(t *geyserpb.SubscribeUpdateTransactionInfo) {
	w.uint(5, t.GetIndex())
	if t.Meta != nil {
		mark := w.mark()
		w.meta(t.Meta)
		w.close(4, mark)
	}
	if t.Transaction != nil {
		mark := w.mark()
		if t.Transaction.Message != nil {
			inner := w.mark()
			w.message(t.Transaction.Message)
			w.close(2, inner)
		}
		w.list(1, t.Transaction.Signatures)
		w.close(3, mark)
	}
	w.bool(2, t.GetIsVote())
	w.bytes(1, t.GetSignature())
}

func (w *backward) message(m *storagepb.Message) {
	if c := m.Config; c != nil {
		mark := w.mark()
		w.optional32(4, c.HeapSize)
		w.optional32(3, c.LoadedAccountsDataSizeLimit)
		w.optional32(2, c.ComputeUnitLimit)
		w.optional(1, c.PriorityFee)
		w.close(7, mark)
	}
	for _, l := range slices.Backward(m.AddressTableLookups) {
		mark := w.mark()
		w.bytes(3, l.GetReadonlyIndexes())
		w.bytes(2, l.GetWritableIndexes())
		w.bytes(1, l.GetAccountKey())
		w.close(6, mark)
	}
	w.bool(5, m.Versioned)
	for _, in := range slices.Backward(m.Instructions) {
		mark := w.mark()
		w.bytes(3, in.GetData())
		w.bytes(2, in.GetAccounts())
		w.uint(1, uint64(in.GetProgramIdIndex()))
		w.close(4, mark)
	}
	w.bytes(3, m.RecentBlockhash)
	w.list(2, m.AccountKeys)
	if h := m.Header; h != nil {
		mark := w.mark()
		w.uint(3, uint64(h.NumReadonlyUnsignedAccounts))
		w.uint(2, uint64(h.NumReadonlySignedAccounts))
		w.uint(1, uint64(h.NumRequiredSignatures))
		w.close(1, mark)
	}
}

func (w *backward) meta(m *storagepb.TransactionStatusMeta) {
	w.optional(17, m.CostUnits)
	w.optional(16, m.ComputeUnitsConsumed)
	w.bool(15, m.ReturnDataNone)
	if r := m.ReturnData; r != nil {
		mark := w.mark()
		w.bytes(2, r.Data)
		w.bytes(1, r.ProgramId)
		w.close(14, mark)
	}
	w.list(13, m.LoadedReadonlyAddresses)
	w.list(12, m.LoadedWritableAddresses)
	w.bool(11, m.LogMessagesNone)
	w.bool(10, m.InnerInstructionsNone)
	for _, r := range slices.Backward(m.Rewards) {
		w.reward(r)
	}
	w.balances(8, m.PostTokenBalances)
	w.balances(7, m.PreTokenBalances)
	for _, log := range slices.Backward(m.LogMessages) {
		w.text(6, log)
	}
	for _, group := range slices.Backward(m.InnerInstructions) {
		w.inner(group)
	}
	w.packed(4, m.PostBalances)
	w.packed(3, m.PreBalances)
	w.uint(2, m.Fee)
	if m.Err != nil {
		mark := w.mark()
		w.bytes(1, m.Err.Err)
		w.close(1, mark)
	}
}

func (w *backward) inner(group *storagepb.InnerInstructions) {
	outer := w.mark()
	for _, in := range slices.Backward(group.GetInstructions()) {
		mark := w.mark()
		w.optional32(4, in.StackHeight)
		w.bytes(3, in.GetData())
		w.bytes(2, in.GetAccounts())
		w.uint(1, uint64(in.GetProgramIdIndex()))
		w.close(2, mark)
	}
	w.uint(1, uint64(group.GetIndex()))
	w.close(5, outer)
}

func (w *backward) balances(field uint64, list []*storagepb.TokenBalance) {
	for _, b := range slices.Backward(list) {
		outer := w.mark()
		w.string(5, b.GetProgramId())
		w.string(4, b.GetOwner())
		if a := b.GetUiTokenAmount(); a != nil {
			mark := w.mark()
			w.string(4, a.UiAmountString)
			w.string(3, a.Amount)
			w.uint(2, uint64(a.Decimals))
			w.double(1, a.UiAmount)
			w.close(3, mark)
		}
		w.string(2, b.GetMint())
		w.uint(1, uint64(b.GetAccountIndex()))
		w.close(field, outer)
	}
}

func (w *backward) reward(r *storagepb.Reward) {
	mark := w.mark()
	w.string(6, r.GetCommissionBps())
	w.string(5, r.GetCommission())
	w.uint(4, uint64(r.GetRewardType()))
	w.uint(3, r.GetPostBalance())
	w.uint(2, uint64(r.GetLamports()))
	w.string(1, r.GetPubkey())
	w.close(9, mark)
}
