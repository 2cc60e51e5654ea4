package geysersim

import (
	"slices"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

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
