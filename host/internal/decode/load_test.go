package decode

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/geyser"
)

// The types below are JSON-RPC getTransaction with encoding json.
type rpcTransaction struct {
	Slot        uint64 `json:"slot"`
	BlockTime   *int64 `json:"blockTime"`
	Meta        rpcMeta
	Transaction struct {
		Signatures []string
		Message    struct {
			AccountKeys  []string
			Instructions []rpcInstruction
			Header       struct{ NumRequiredSignatures int }
		}
	}
}

type rpcMeta struct {
	Err               any
	Fee               uint64
	InnerInstructions *[]struct {
		Index        uint32
		Instructions []rpcInstruction
	}
	LogMessages       *[]string
	PreBalances       []uint64
	PostBalances      []uint64
	PreTokenBalances  []rpcBalance
	PostTokenBalances []rpcBalance
	LoadedAddresses   *struct{ Writable, Readonly []string }
}

type rpcInstruction struct {
	ProgramIDIndex uint32 `json:"programIdIndex"`
	Accounts       []int
	Data           string
	StackHeight    *uint32
}

type rpcBalance struct {
	AccountIndex           uint32
	Mint, Owner, ProgramID string
	UITokenAmount          struct {
		Amount   string
		Decimals uint32
	} `json:"uiTokenAmount"`
}

// corpusOrNone is the folder of real transactions, empty where there is none.
func corpusOrNone() string {
	if dir := os.Getenv("WEIR_CORPUS"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			break
		}
	}
	corpus := filepath.Join(dir, "..", "shared", "corpus")
	if _, err := os.Stat(corpus); errors.Is(err, os.ErrNotExist) {
		return ""
	}
	return corpus
}

func corpusDir(tb testing.TB) string {
	tb.Helper()
	dir := corpusOrNone()
	if dir == "" {
		tb.Skip("the corpus is not here: set WEIR_CORPUS")
	}
	return dir
}

func loadTransaction(tb testing.TB, path string) *geyser.Transaction {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var r rpcTransaction
	if err := json.Unmarshal(b, &r); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return r.view(tb)
}

// loadBlock reads the transactions of a part of a getBlock result.
func loadBlock(tb testing.TB, path string) []*geyser.Transaction {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	var block struct{ Transactions []rpcTransaction }
	if err := json.Unmarshal(b, &block); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	all := make([]*geyser.Transaction, 0, len(block.Transactions))
	for i := range block.Transactions {
		all = append(all, block.Transactions[i].view(tb))
	}
	return all
}

func (r *rpcTransaction) view(tb testing.TB) *geyser.Transaction {
	tb.Helper()
	tx := &geyser.Transaction{
		Slot: r.Slot, BlockTime: r.BlockTime, Failed: r.Meta.Err != nil, Fee: r.Meta.Fee,
		Signature: unbase58(tb, r.Transaction.Signatures[0]), Signers: r.Transaction.Message.Header.NumRequiredSignatures,
		PreBalances: r.Meta.PreBalances, PostBalances: r.Meta.PostBalances,
		PreTokens: balances(tb, r.Meta.PreTokenBalances), PostTokens: balances(tb, r.Meta.PostTokenBalances),
		InnerMissing: r.Meta.InnerInstructions == nil, LogsMissing: r.Meta.LogMessages == nil,
	}
	keys := r.Transaction.Message.AccountKeys
	if l := r.Meta.LoadedAddresses; l != nil {
		keys = append(append(keys, l.Writable...), l.Readonly...)
	}
	for _, k := range keys {
		tx.Keys = append(tx.Keys, unbase58(tb, k))
	}
	for _, in := range r.Transaction.Message.Instructions {
		tx.Outer = append(tx.Outer, in.view(tb))
	}
	if r.Meta.InnerInstructions != nil {
		for _, g := range *r.Meta.InnerInstructions {
			for n, in := range g.Instructions {
				inner := geyser.InnerInstruction{Instruction: in.view(tb), Outer: g.Index, Position: uint32(n)}
				if in.StackHeight != nil {
					inner.Height = *in.StackHeight
				}
				tx.Inner = append(tx.Inner, inner)
			}
		}
	}
	if r.Meta.LogMessages != nil {
		for _, line := range *r.Meta.LogMessages {
			tx.Logs = append(tx.Logs, []byte(line))
		}
	}
	return tx
}

func (in *rpcInstruction) view(tb testing.TB) geyser.Instruction {
	tb.Helper()
	v := geyser.Instruction{Program: in.ProgramIDIndex, Data: unbase58(tb, in.Data)}
	for _, a := range in.Accounts {
		v.Accounts = append(v.Accounts, byte(a))
	}
	return v
}

func balances(tb testing.TB, list []rpcBalance) []geyser.TokenBalance {
	tb.Helper()
	var out []geyser.TokenBalance
	for _, b := range list {
		amount, err := strconv.ParseUint(b.UITokenAmount.Amount, 10, 64)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, geyser.TokenBalance{
			Account: b.AccountIndex, Mint: []byte(b.Mint), Owner: []byte(b.Owner), Program: []byte(b.ProgramID),
			Amount: amount, Decimals: b.UITokenAmount.Decimals,
		})
	}
	return out
}

func unbase58(tb testing.TB, s string) []byte {
	tb.Helper()
	if s == "" {
		return nil
	}
	b, err := base58.Decode(s)
	if err != nil {
		tb.Fatalf("%q: %v", s[:min(len(s), 20)], err)
	}
	return b
}

func corpusFiles(tb testing.TB, dir string) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "tx", "*.json"))
	if err != nil || len(files) == 0 {
		tb.Fatalf("no transactions in %s: %v", dir, err)
	}
	return files
}

func short(path string) string { return "tx/" + strings.TrimPrefix(filepath.Base(path), "tx/") }
