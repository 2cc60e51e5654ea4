// Package rpcsim is a Solana RPC node over blocks of the simulator: what a backfill and the loader of token metadata ask for, in the form
// and with the errors of real nodes.
package rpcsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/rpc"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Node answers over HTTP. Its fields bend it: set them before it is used, or within Bend. Any number of goroutines.
type Node struct {
	// Blocks by slot, and their slots, ascending. Add adds to them.
	Blocks map[uint64]*geysersim.Block
	Slots  []uint64
	// Accounts by address. Add makes those of tokens that a block creates.
	Accounts map[dex.Key]Account
	// First is the oldest block kept; 0 keeps all.
	First uint64
	// Tip is the newest block known; 0 knows all.
	Tip uint64
	// NoIndex leaves transactionIndex out, as older nodes do.
	NoIndex bool
	// Page is the most signatures in a page whatever is asked for; 0 is no such limit.
	Page int
	// Calls are the methods that were called, in order.
	Calls []string
	// Fault answers instead: an HTTP status with a body; 0 lets the node answer. call counts from 1.
	Fault func(method string, call int) (status int, header http.Header, body string)

	mu sync.Mutex
}

// New returns a node without blocks.
func New() *Node {
	return &Node{Blocks: map[uint64]*geysersim.Block{}, Accounts: map[dex.Key]Account{}}
}

// Bend changes or reads the node while it is used.
func (n *Node) Bend(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

// Add adds the next block.
func (n *Node) Add(b *geysersim.Block) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.Blocks[b.Slot] = b
	n.Slots = append(n.Slots, b.Slot)
	for _, tx := range b.Transactions {
		for _, f := range tx.Truth {
			if f.Kind == geysersim.TruthTokenCreated {
				n.createToken(tx.Info, f)
			}
		}
	}
}

type fault struct {
	code int
	text string
}

// ServeHTTP implements http.Handler.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
	n.Calls = append(n.Calls, req.Method)
	if n.Fault != nil {
		if status, header, text := n.Fault(req.Method, len(n.Calls)); status != 0 {
			maps.Copy(w.Header(), header)
			w.WriteHeader(status)
			fmt.Fprint(w, text)
			return
		}
	}
	result, refused := n.answer(req.Method, req.Params)
	out := map[string]any{"jsonrpc": "2.0", "id": req.ID}
	if refused != nil {
		out["error"] = map[string]any{"code": refused.code, "message": refused.text}
	} else {
		out["result"] = result
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

func (n *Node) newest() uint64 {
	if n.Tip != 0 || len(n.Slots) == 0 {
		return n.Tip
	}
	return n.Slots[len(n.Slots)-1]
}

func (n *Node) answer(method string, params []json.RawMessage) (any, *fault) {
	switch method {
	case "getFirstAvailableBlock":
		if len(n.Slots) == 0 {
			return nil, &fault{rpc.CodeUnhealthy, "Node is unhealthy"}
		}
		return max(n.First, n.Slots[0]), nil
	case "getBlocksWithLimit":
		from, limit := number(params[0]), number(params[1])
		out := []uint64{}
		for _, slot := range n.Slots {
			if slot >= max(from, n.First) && slot <= n.newest() && uint64(len(out)) < limit {
				out = append(out, slot)
			}
		}
		return out, nil
	case "getBlock":
		return n.block(number(params[0]))
	case "getSignaturesForAddress":
		return n.list(params)
	case "getMultipleAccounts":
		return n.accounts(params)
	case "getTransaction":
		return n.transaction(text(params[0])), nil
	default:
		return nil, &fault{-32601, "Method not found"}
	}
}

func (n *Node) block(slot uint64) (any, *fault) {
	b := n.Blocks[slot]
	switch {
	case slot > n.newest():
		return nil, &fault{rpc.CodeNoBlockYet, fmt.Sprintf("Block not available for slot %d", slot)}
	case b == nil:
		return nil, &fault{rpc.CodeSkipped, fmt.Sprintf("Slot %d was skipped", slot)}
	}
	signatures := []string{}
	for _, tx := range b.Transactions {
		signatures = append(signatures, base58.Encode(tx.Info.GetSignature()))
	}
	return map[string]any{"blockhash": b.Hash, "previousBlockhash": b.ParentHash, "parentSlot": b.Parent, "blockTime": b.Time, "blockHeight": b.Height, "signatures": signatures}, nil
}

// list gives newest first, as nodes do; before may be any signature of the chain.
func (n *Node) list(params []json.RawMessage) (any, *fault) {
	var opts struct {
		Before  string `json:"before"`
		Limit   int    `json:"limit"`
		Reached uint64 `json:"minContextSlot"`
	}
	if err := json.Unmarshal(params[1], &opts); err != nil {
		return nil, &fault{-32602, err.Error()}
	}
	if opts.Reached > n.newest() {
		return nil, &fault{rpc.CodeBehind, "Minimum context slot has not been reached"}
	}
	address, err := base58.Decode(text(params[0]))
	if err != nil {
		return nil, &fault{-32602, "Invalid param: Invalid"}
	}
	before, err := base58.Decode(opts.Before)
	if err != nil {
		return nil, &fault{-32602, "Invalid param: Invalid"}
	}
	found, out := len(before) == 0, []any{}
	limit := opts.Limit
	if n.Page > 0 {
		limit = min(limit, n.Page)
	}
	for _, slot := range slices.Backward(n.Slots) {
		if slot > n.newest() || slot < n.First {
			continue
		}
		for _, tx := range slices.Backward(n.Blocks[slot].Transactions) {
			if len(out) >= limit {
				return out, nil
			}
			signature := tx.Info.GetSignature()
			if found && names(tx.Info, address) {
				var failed any
				if tx.Info.GetMeta().GetErr() != nil {
					failed = map[string]any{"InstructionError": []any{0, "Custom"}}
				}
				out = append(out, map[string]any{"signature": base58.Encode(signature), "slot": slot, "err": failed, "memo": nil, "blockTime": n.Blocks[slot].Time, "confirmationStatus": "finalized"})
			}
			found = found || bytes.Equal(signature, before)
		}
	}
	return out, nil
}

func names(info *geyserpb.SubscribeUpdateTransactionInfo, address []byte) bool {
	for _, list := range [][][]byte{info.GetTransaction().GetMessage().GetAccountKeys(), info.GetMeta().GetLoadedWritableAddresses(), info.GetMeta().GetLoadedReadonlyAddresses()} {
		for _, key := range list {
			if bytes.Equal(key, address) {
				return true
			}
		}
	}
	return false
}

func (n *Node) transaction(text string) any {
	signature, err := base58.Decode(text)
	if err != nil {
		return nil
	}
	for _, slot := range n.Slots {
		for _, tx := range n.Blocks[slot].Transactions {
			if bytes.Equal(tx.Info.GetSignature(), signature) && slot <= n.newest() {
				return transactionJSON(slot, n.Blocks[slot].Time, tx.Info, !n.NoIndex)
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
