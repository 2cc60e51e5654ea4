package geyser_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// differences collects where a view and the message of the same bytes disagree.
type differences []string

func (d *differences) check(field string, got, want any) {
	g, gotBytes := got.([]byte)
	if text, isText := want.(string); isText && gotBytes {
		want = []byte(text)
	}
	if w, wantBytes := want.([]byte); gotBytes && wantBytes {
		if !bytes.Equal(g, w) {
			*d = append(*d, fmt.Sprintf("%s: view %x, message %x", field, g, w))
		}
		return
	}
	if !reflect.DeepEqual(got, want) {
		*d = append(*d, fmt.Sprintf("%s: view %v, message %v", field, got, want))
	}
}

// compare lists every field in which v, read from the same bytes as m, differs from m.
func compare(v *geyser.View, m *geyserpb.SubscribeUpdate) differences {
	var d differences
	if s := m.GetCreatedAt(); s.GetSeconds() >= 0 && s.GetSeconds() < 1<<33 {
		d.check("created_at", v.CreatedAt, s.GetSeconds()*1e9+int64(s.GetNanos()))
	} else {
		d.check("created_at", v.CreatedAt, int64(0))
	}
	switch u := m.GetUpdateOneof().(type) {
	case nil:
		d.check("kind", v.Kind, geyser.KindUnknown)
	case *geyserpb.SubscribeUpdate_Transaction:
		d.check("kind", v.Kind, geyser.KindTransaction)
		d.check("slot", v.Tx.Slot, u.Transaction.GetSlot())
		d.check("block_time", v.Tx.BlockTime, (*int64)(nil))
		d.transaction(&v.Tx, u.Transaction.GetTransaction())
	case *geyserpb.SubscribeUpdate_Slot:
		d.check("kind", v.Kind, geyser.KindSlot)
		d.slot(&v.Slot, u.Slot)
	case *geyserpb.SubscribeUpdate_BlockMeta:
		d.check("kind", v.Kind, geyser.KindBlockMeta)
		b := u.BlockMeta
		d.head(&v.Meta, b.GetSlot(), b.GetParentSlot(), b.GetBlockHeight(), b.GetBlockTime(), b.GetBlockhash(), b.GetParentBlockhash())
		d.check("executed_transaction_count", v.Meta.Transactions, b.GetExecutedTransactionCount())
		d.check("entries_count", v.Meta.Entries, b.GetEntriesCount())
	case *geyserpb.SubscribeUpdate_Block:
		d.check("kind", v.Kind, geyser.KindBlock)
		d.block(v, u.Block)
	case *geyserpb.SubscribeUpdate_Ping:
		d.check("kind", v.Kind, geyser.KindPing)
	case *geyserpb.SubscribeUpdate_Pong:
		d.check("kind", v.Kind, geyser.KindPong)
		d.check("pong.id", v.PongID, u.Pong.GetId())
	case *geyserpb.SubscribeUpdate_TransactionStatus:
		d.check("kind", v.Kind, geyser.KindStatus)
		d.status(&v.Status, u.TransactionStatus)
	default:
		d.check("kind", v.Kind, geyser.KindOther)
	}
	return d
}

func (d *differences) slot(v *geyser.SlotUpdate, m *geyserpb.SubscribeUpdateSlot) {
	d.check("slot.slot", v.Slot, m.GetSlot())
	d.check("slot.parent", v.Parent, m.GetParent())
	d.check("slot.parent set", v.HasParent, m.Parent != nil)
	d.check("slot.status", v.Status, m.GetStatus())
	d.check("slot.dead_error", v.DeadError, m.GetDeadError())
}

func (d *differences) status(v *geyser.TransactionStatus, m *geyserpb.SubscribeUpdateTransactionStatus) {
	d.check("status.slot", v.Slot, m.GetSlot())
	d.check("status.signature", v.Signature, m.GetSignature())
	d.check("status.is_vote", v.Vote, m.GetIsVote())
	d.check("status.index", v.Index, m.GetIndex())
	d.check("status.failed", v.Failed, m.GetErr() != nil)
	d.check("status.err", v.Err, m.GetErr().GetErr())
}

func (d *differences) head(v *geyser.BlockMeta, slot, parent uint64, height *storagepb.BlockHeight, t *storagepb.UnixTimestamp, hash, parentHash string) {
	d.check("block.slot", v.Slot, slot)
	d.check("block.parent_slot", v.Parent, parent)
	d.check("block.block_height", v.Height, height.GetBlockHeight())
	d.check("block.block_time set", v.BlockTime != nil, t != nil)
	if v.BlockTime != nil {
		d.check("block.block_time", *v.BlockTime, t.GetTimestamp())
	}
	d.check("block.blockhash", v.Hash, hash)
	d.check("block.parent_blockhash", v.ParentHash, parentHash)
}

func (d *differences) block(v *geyser.View, m *geyserpb.SubscribeUpdateBlock) {
	d.head(&v.Meta, m.GetSlot(), m.GetParentSlot(), m.GetBlockHeight(), m.GetBlockTime(), m.GetBlockhash(), m.GetParentBlockhash())
	d.check("block.executed_transaction_count", v.Meta.Transactions, m.GetExecutedTransactionCount())
	d.check("block.entries_count", v.Meta.Entries, m.GetEntriesCount())
	n := 0
	err := v.Block(func(tx *geyser.Transaction) error {
		d.check("block.transaction.slot", tx.Slot, m.GetSlot())
		d.check("block.transaction.block_time", tx.BlockTime, v.Meta.BlockTime)
		d.transaction(tx, m.GetTransactions()[n])
		n++
		return nil
	})
	if err != nil {
		*d = append(*d, err.Error())
	}
	d.check("block.transactions", n, len(m.GetTransactions()))
}

func (d *differences) transaction(v *geyser.Transaction, m *geyserpb.SubscribeUpdateTransactionInfo) {
	msg, meta := m.GetTransaction().GetMessage(), m.GetMeta()
	d.check("signature", v.Signature, m.GetSignature())
	d.check("is_vote", v.Vote, m.GetIsVote())
	d.check("index", v.Index, m.GetIndex())
	d.check("failed", v.Failed, meta.GetErr() != nil)
	d.check("err", v.Err, meta.GetErr().GetErr())
	d.check("signers", v.Signers, int(msg.GetHeader().GetNumRequiredSignatures()))
	keys := append(append(append([][]byte{}, msg.GetAccountKeys()...), meta.GetLoadedWritableAddresses()...), meta.GetLoadedReadonlyAddresses()...)
	d.check("len(keys)", len(v.Keys), len(keys))
	for i := range min(len(keys), len(v.Keys)) {
		d.check("key", v.Keys[i], keys[i])
	}
	d.instructions(v, msg, meta)
	d.check("fee", v.Fee, meta.GetFee())
	d.check("compute_units_consumed", v.ComputeUnits, meta.GetComputeUnitsConsumed())
	d.check("inner_instructions_none", v.InnerMissing, meta.GetInnerInstructionsNone())
	d.check("log_messages_none", v.LogsMissing, meta.GetLogMessagesNone())
	d.check("len(log_messages)", len(v.Logs), len(meta.GetLogMessages()))
	for i := range min(len(v.Logs), len(meta.GetLogMessages())) {
		d.check("log", v.Logs[i], meta.GetLogMessages()[i])
	}
	d.check("pre_balances", append([]uint64{}, v.PreBalances...), append([]uint64{}, meta.GetPreBalances()...))
	d.check("post_balances", append([]uint64{}, v.PostBalances...), append([]uint64{}, meta.GetPostBalances()...))
	d.tokens("pre_token_balances", v.PreTokens, meta.GetPreTokenBalances())
	d.tokens("post_token_balances", v.PostTokens, meta.GetPostTokenBalances())
}

func (d *differences) instructions(v *geyser.Transaction, msg *storagepb.Message, meta *storagepb.TransactionStatusMeta) {
	d.check("len(instructions)", len(v.Outer), len(msg.GetInstructions()))
	for i := range min(len(v.Outer), len(msg.GetInstructions())) {
		in := msg.GetInstructions()[i]
		d.instruction("instruction", &v.Outer[i], in.GetProgramIdIndex(), in.GetAccounts(), in.GetData())
	}
	n := 0
	for _, group := range meta.GetInnerInstructions() {
		for position, in := range group.GetInstructions() {
			if n < len(v.Inner) {
				d.instruction("inner", &v.Inner[n].Instruction, in.GetProgramIdIndex(), in.GetAccounts(), in.GetData())
				d.check("inner.index", v.Inner[n].Outer, group.GetIndex())
				d.check("inner position", v.Inner[n].Position, uint32(position))
				d.check("inner.stack_height", v.Inner[n].Height, in.GetStackHeight())
			}
			n++
		}
	}
	d.check("inner instructions", len(v.Inner), n)
}

func (d *differences) instruction(name string, v *geyser.Instruction, program uint32, accounts, data []byte) {
	d.check(name+".program_id_index", v.Program, program)
	d.check(name+".accounts", v.Accounts, accounts)
	d.check(name+".data", v.Data, data)
}

func (d *differences) tokens(name string, v []geyser.TokenBalance, m []*storagepb.TokenBalance) {
	d.check("len("+name+")", len(v), len(m))
	for i := range min(len(v), len(m)) {
		amount, _ := strconv.ParseUint(m[i].GetUiTokenAmount().GetAmount(), 10, 64)
		d.check(name+".account_index", v[i].Account, m[i].GetAccountIndex())
		d.check(name+".mint", v[i].Mint, m[i].GetMint())
		d.check(name+".owner", v[i].Owner, m[i].GetOwner())
		d.check(name+".program_id", v[i].Program, m[i].GetProgramId())
		d.check(name+".amount", v[i].Amount, amount)
		d.check(name+".decimals", v[i].Decimals, m[i].GetUiTokenAmount().GetDecimals())
	}
}
