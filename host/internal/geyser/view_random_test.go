package geyser_test

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// random fills messages with values that the chain could have: every field is set or left out by chance.
type random struct{ *rand.Rand }

func (r random) update() *geyserpb.SubscribeUpdate {
	m := &geyserpb.SubscribeUpdate{}
	r.fill(m.ProtoReflect())
	members := m.ProtoReflect().Descriptor().Oneofs().ByName("update_oneof").Fields()
	if r.IntN(10) > 0 {
		member := members.Get(r.IntN(members.Len()))
		m.ProtoReflect().Clear(member)
		r.set(m.ProtoReflect(), member)
	}
	r.repair(m)
	return m
}

// repair keeps what chance must not break: a signature, and no more signers than keys.
func (r random) repair(m *geyserpb.SubscribeUpdate) {
	if t := m.GetTransaction(); t != nil {
		if t.Transaction == nil {
			t.Transaction = &geyserpb.SubscribeUpdateTransactionInfo{}
		}
		r.repairInfo(t.Transaction)
	}
	for _, t := range m.GetBlock().GetTransactions() {
		r.repairInfo(t)
	}
	if s := m.GetTransactionStatus(); s != nil {
		s.Signature = r.bytes(64)
	}
}

func (r random) repairInfo(t *geyserpb.SubscribeUpdateTransactionInfo) {
	t.Signature = r.bytes(64)
	if h := t.GetTransaction().GetMessage().GetHeader(); h != nil {
		h.NumRequiredSignatures = uint32(r.IntN(len(t.GetTransaction().GetMessage().GetAccountKeys()) + 1))
	}
}

func (r random) fill(m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		member := f.ContainingOneof() != nil && !f.ContainingOneof().IsSynthetic()
		if r.IntN(4) > 0 && !member {
			r.set(m, f)
		}
	}
}

func (r random) set(m protoreflect.Message, f protoreflect.FieldDescriptor) {
	switch {
	case f.IsList():
		list := m.Mutable(f).List()
		for range r.IntN(5) {
			if f.Message() != nil {
				r.fill(list.AppendMutable().Message())
				continue
			}
			list.Append(r.scalar(f))
		}
	case f.Message() != nil:
		r.fill(m.Mutable(f).Message())
	default:
		m.Set(f, r.scalar(f))
	}
}

func (r random) scalar(f protoreflect.FieldDescriptor) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(r.bytes(sizeOf(f.Name(), r.IntN(200))))
	case protoreflect.StringKind:
		if f.Name() == "amount" {
			return protoreflect.ValueOfString(strconv.FormatUint(r.number(), 10))
		}
		return protoreflect.ValueOfString(base64.StdEncoding.EncodeToString(r.bytes(r.IntN(200))))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(r.IntN(2) == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(r.IntN(8)))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(r.number()))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(r.number()))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(r.number())
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(r.number()))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(r.NormFloat64())
	default:
		panic("no value for " + f.FullName())
	}
}

// sizeOf is the size that a field always has on the chain, or any.
func sizeOf(name protoreflect.Name, anySize int) int {
	switch name {
	case "account_keys", "loaded_writable_addresses", "loaded_readonly_addresses":
		return 32
	case "signature":
		return 64
	}
	return anySize
}

// number favours the edges of the encoding: every length of varint, and the highest.
func (r random) number() uint64 {
	if r.IntN(20) == 0 {
		return math.MaxUint64
	}
	return r.Uint64() >> r.IntN(64)
}

func (r random) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// trade is an update as a routed pump.fun buy gives it: 18 keys, 6 outer and 9 inner instructions, 30 log lines with two events,
// five token balances.
func trade(seed uint64) *geyserpb.SubscribeUpdate {
	r := random{rand.New(rand.NewPCG(seed, 1))}
	info := &geyserpb.SubscribeUpdateTransactionInfo{Signature: r.bytes(64), Index: 812}
	msg := &storagepb.Message{
		Header:          &storagepb.MessageHeader{NumRequiredSignatures: 1, NumReadonlyUnsignedAccounts: 9},
		RecentBlockhash: r.bytes(32), Versioned: true,
	}
	info.Transaction = &storagepb.Transaction{Signatures: [][]byte{info.GetSignature()}, Message: msg}
	meta := &storagepb.TransactionStatusMeta{Fee: 105_000, ComputeUnitsConsumed: proto.Uint64(98_765)}
	info.Meta = meta
	for range 14 {
		msg.AccountKeys = append(msg.AccountKeys, r.bytes(32))
	}
	for range 4 {
		meta.LoadedReadonlyAddresses = append(meta.LoadedReadonlyAddresses, r.bytes(32))
	}
	for range 18 {
		meta.PreBalances = append(meta.PreBalances, r.Uint64()>>30)
		meta.PostBalances = append(meta.PostBalances, r.Uint64()>>30)
	}
	for i := range 6 {
		msg.Instructions = append(msg.Instructions, &storagepb.CompiledInstruction{ProgramIdIndex: uint32(i + 8), Accounts: r.bytes(4 + 3*i), Data: r.bytes(9 + 4*i)})
	}
	group := &storagepb.InnerInstructions{Index: 4}
	for i := range 9 {
		in := &storagepb.InnerInstruction{ProgramIdIndex: 11, Accounts: r.bytes(3 + i), Data: r.bytes(12), StackHeight: proto.Uint32(2)}
		if i == 8 {
			in.Data = r.bytes(275)
		}
		group.Instructions = append(group.Instructions, in)
	}
	meta.InnerInstructions = []*storagepb.InnerInstructions{group}
	for i := range 28 {
		meta.LogMessages = append(meta.LogMessages, fmt.Sprintf("Program 6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P consumed %d of 200000 compute units", i*1234))
	}
	for range 2 {
		meta.LogMessages = append(meta.LogMessages, "Program data: "+base64.StdEncoding.EncodeToString(r.bytes(259)))
	}
	for i := range 5 {
		b := &storagepb.TokenBalance{
			AccountIndex: uint32(i), Mint: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", Owner: "5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1",
			ProgramId:     "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
			UiTokenAmount: &storagepb.UiTokenAmount{UiAmount: 12.5, Decimals: 6, Amount: strconv.FormatUint(r.Uint64()>>20, 10), UiAmountString: "12.5"},
		}
		if i < 2 {
			meta.PreTokenBalances = append(meta.PreTokenBalances, b)
		} else {
			meta.PostTokenBalances = append(meta.PostTokenBalances, b)
		}
	}
	return &geyserpb.SubscribeUpdate{
		Filters:     []string{"weir"},
		UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{Transaction: &geyserpb.SubscribeUpdateTransaction{Slot: 401_234_567, Transaction: info}},
	}
}
