package rpcsim

import (
	"github.com/mr-tron/base58"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// transactionJSON is the form of getTransaction with encoding json.
func transactionJSON(slot uint64, time int64, info *geyserpb.SubscribeUpdateTransactionInfo, index bool) any {
	m, meta := info.GetTransaction().GetMessage(), info.GetMeta()
	lookups := []any{}
	for _, l := range m.GetAddressTableLookups() {
		lookups = append(lookups, map[string]any{"accountKey": base58.Encode(l.GetAccountKey()), "writableIndexes": numbers(l.GetWritableIndexes()), "readonlyIndexes": numbers(l.GetReadonlyIndexes())})
	}
	calls := []any{}
	for _, c := range m.GetInstructions() {
		calls = append(calls, map[string]any{"programIdIndex": c.GetProgramIdIndex(), "accounts": numbers(c.GetAccounts()), "data": base58.Encode(c.GetData())})
	}
	inner := []any{}
	for _, group := range meta.GetInnerInstructions() {
		list := []any{}
		for _, c := range group.GetInstructions() {
			list = append(list, map[string]any{"programIdIndex": c.GetProgramIdIndex(), "accounts": numbers(c.GetAccounts()), "data": base58.Encode(c.GetData()), "stackHeight": c.StackHeight})
		}
		inner = append(inner, map[string]any{"index": group.GetIndex(), "instructions": list})
	}
	var failed any
	if meta.GetErr() != nil {
		failed = map[string]any{"InstructionError": []any{0, map[string]any{"Custom": 6002}}}
	}
	version := any("legacy")
	if m.GetVersioned() {
		version = 0
	}
	out := map[string]any{
		"slot": slot, "blockTime": time, "version": version,
		"transaction": map[string]any{"signatures": keys(info.GetTransaction().GetSignatures()), "message": map[string]any{
			"accountKeys": keys(m.GetAccountKeys()), "recentBlockhash": base58.Encode(m.GetRecentBlockhash()), "instructions": calls, "addressTableLookups": lookups,
			"header": map[string]any{
				"numRequiredSignatures":     m.GetHeader().GetNumRequiredSignatures(),
				"numReadonlySignedAccounts": m.GetHeader().GetNumReadonlySignedAccounts(), "numReadonlyUnsignedAccounts": m.GetHeader().GetNumReadonlyUnsignedAccounts(),
			},
		}},
		"meta": map[string]any{
			"err": failed, "fee": meta.GetFee(), "computeUnitsConsumed": meta.ComputeUnitsConsumed, "costUnits": meta.CostUnits, "preBalances": meta.GetPreBalances(), "postBalances": meta.GetPostBalances(), "innerInstructions": inner,
			"logMessages": meta.GetLogMessages(), "preTokenBalances": tokens(meta.GetPreTokenBalances()), "postTokenBalances": tokens(meta.GetPostTokenBalances()),
			"loadedAddresses": map[string]any{"writable": keys(meta.GetLoadedWritableAddresses()), "readonly": keys(meta.GetLoadedReadonlyAddresses())},
		},
	}
	if index {
		out["transactionIndex"] = info.GetIndex()
	}
	return out
}

func keys(in [][]byte) []string {
	out := []string{}
	for _, key := range in {
		out = append(out, base58.Encode(key))
	}
	return out
}

func numbers(in []byte) []int {
	out := []int{}
	for _, b := range in {
		out = append(out, int(b))
	}
	return out
}

func tokens(in []*storagepb.TokenBalance) []any {
	out := []any{}
	for _, b := range in {
		out = append(out, map[string]any{
			"accountIndex": b.GetAccountIndex(), "mint": b.GetMint(), "owner": b.GetOwner(), "programId": b.GetProgramId(),
			"uiTokenAmount": map[string]any{"amount": b.GetUiTokenAmount().GetAmount(), "decimals": b.GetUiTokenAmount().GetDecimals(), "uiAmountString": b.GetUiTokenAmount().GetUiAmountString()},
		})
	}
	return out
}
