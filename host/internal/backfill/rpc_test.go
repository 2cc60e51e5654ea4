package backfill

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// rpcNode is an RPC node over blocks of a market. Its fields bend it; set them before it is used, or under mu.
type rpcNode struct {
	mu     sync.Mutex
	blocks map[uint64]*geysersim.Block
	slots  []uint64 // of blocks, ascending
	first  uint64   // oldest block kept; 0 keeps all
	tip    uint64   // newest block known; 0 knows all
	index  bool     // tells transactionIndex, as new nodes do
	page   int      // most signatures in a page whatever is asked for; 0 is 1,000
	calls  []string // method names
	// fault answers instead: an HTTP status with a body, or nothing for 0.
	fault func(method string, call int) (status int, header http.Header, body string)
}

func newRPCNode(t *testing.T, blocks, size int) *rpcNode {
	t.Helper()
	m := market.New(market.Options{Seed: 11, TransactionsPerSlot: size, SkippedSlots: 0.2})
	n := &rpcNode{blocks: map[uint64]*geysersim.Block{}, index: true}
	for range blocks {
		b, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n.blocks[b.Slot] = b
		n.slots = append(n.slots, b.Slot)
	}
	return n
}

// RoundTrip serves in process, so that tests of time need no sockets.
func (n *rpcNode) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w.Result(), nil
}

type rpcFault struct {
	code int
	text string
}

func (n *rpcNode) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	var req struct {
		ID     json.RawMessage   `json:"id"`
		Method string            `json:"method"`
		Params []json.RawMessage `json:"params"`
	}
	if err := json.Unmarshal(body, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n.calls = append(n.calls, req.Method)
	if n.fault != nil {
		if status, header, text := n.fault(req.Method, len(n.calls)); status != 0 {
			maps.Copy(w.Header(), header)
			w.WriteHeader(status)
			fmt.Fprint(w, text)
			return
		}
	}
	result, fault := n.answer(req.Method, req.Params)
	out := map[string]any{"jsonrpc": "2.0", "id": req.ID}
	if fault != nil {
		out["error"] = map[string]any{"code": fault.code, "message": fault.text}
	} else {
		out["result"] = result
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func (n *rpcNode) newest() uint64 {
	if n.tip != 0 {
		return n.tip
	}
	return n.slots[len(n.slots)-1]
}

func (n *rpcNode) answer(method string, params []json.RawMessage) (any, *rpcFault) {
	switch method {
	case "getFirstAvailableBlock":
		return max(n.first, n.slots[0]), nil
	case "getBlocksWithLimit":
		from, limit := number(params[0]), number(params[1])
		out := []uint64{}
		for _, slot := range n.slots {
			if slot >= max(from, n.first) && slot <= n.newest() && uint64(len(out)) < limit {
				out = append(out, slot)
			}
		}
		return out, nil
	case "getBlock":
		return n.block(number(params[0]))
	case "getSignaturesForAddress":
		return n.list(params)
	case "getTransaction":
		return n.transaction(text(params[0])), nil
	default:
		return nil, &rpcFault{-32601, "Method not found"}
	}
}

func (n *rpcNode) block(slot uint64) (any, *rpcFault) {
	b := n.blocks[slot]
	switch {
	case slot > n.newest():
		return nil, &rpcFault{codeNoBlockYet, fmt.Sprintf("Block not available for slot %d", slot)}
	case b == nil:
		return nil, &rpcFault{codeSkipped, fmt.Sprintf("Slot %d was skipped", slot)}
	}
	signatures := []string{}
	for _, tx := range b.Transactions {
		signatures = append(signatures, base58.Encode(tx.Info.GetSignature()))
	}
	return map[string]any{"blockhash": b.Hash, "previousBlockhash": b.ParentHash, "parentSlot": b.Parent, "blockTime": b.Time, "blockHeight": b.Height, "signatures": signatures}, nil
}

// list gives newest first, as nodes do; before may be any signature of the chain.
func (n *rpcNode) list(params []json.RawMessage) (any, *rpcFault) {
	var opts struct {
		Before  string `json:"before"`
		Limit   int    `json:"limit"`
		Reached uint64 `json:"minContextSlot"`
	}
	if err := json.Unmarshal(params[1], &opts); err != nil {
		return nil, &rpcFault{-32602, err.Error()}
	}
	if opts.Reached > n.newest() {
		return nil, &rpcFault{codeBehind, "Minimum context slot has not been reached"}
	}
	address, found, out := text(params[0]), opts.Before == "", []any{}
	limit := opts.Limit
	if n.page > 0 {
		limit = min(limit, n.page)
	}
	for _, slot := range slices.Backward(n.slots) {
		if slot > n.newest() || slot < n.first {
			continue
		}
		for _, tx := range slices.Backward(n.blocks[slot].Transactions) {
			signature := base58.Encode(tx.Info.GetSignature())
			if found && len(out) < limit && names(tx.Info, address) {
				var failed any
				if tx.Info.GetMeta().GetErr() != nil {
					failed = map[string]any{"InstructionError": []any{0, "Custom"}}
				}
				out = append(out, map[string]any{"signature": signature, "slot": slot, "err": failed, "memo": nil, "blockTime": n.blocks[slot].Time, "confirmationStatus": "finalized"})
			}
			found = found || signature == opts.Before
		}
	}
	return out, nil
}

func names(info *geyserpb.SubscribeUpdateTransactionInfo, address string) bool {
	for _, list := range [][][]byte{info.GetTransaction().GetMessage().GetAccountKeys(), info.GetMeta().GetLoadedWritableAddresses(), info.GetMeta().GetLoadedReadonlyAddresses()} {
		for _, key := range list {
			if base58.Encode(key) == address {
				return true
			}
		}
	}
	return false
}

func (n *rpcNode) transaction(signature string) any {
	for _, slot := range n.slots {
		for _, tx := range n.blocks[slot].Transactions {
			if base58.Encode(tx.Info.GetSignature()) == signature && slot <= n.newest() {
				return transactionJSON(slot, n.blocks[slot].Time, tx.Info, n.index)
			}
		}
	}
	return nil
}

func number(raw json.RawMessage) (v uint64) {
	_ = json.Unmarshal(raw, &v)
	return v
}

func text(raw json.RawMessage) (v string) {
	_ = json.Unmarshal(raw, &v)
	return v
}

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
