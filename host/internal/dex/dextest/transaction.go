package dextest

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/dex"
)

// Transaction is what tests read of a getTransaction result.
type Transaction struct {
	Meta struct {
		InnerInstructions []struct {
			Index        int           `json:"index"`
			Instructions []Instruction `json:"instructions"`
		} `json:"innerInstructions"`
		LogMessages     []string `json:"logMessages"`
		LoadedAddresses struct {
			Writable []string `json:"writable"`
			Readonly []string `json:"readonly"`
		} `json:"loadedAddresses"`
		Err any `json:"err"`
	} `json:"meta"`
	Transaction struct {
		Message struct {
			AccountKeys  []string      `json:"accountKeys"`
			Instructions []Instruction `json:"instructions"`
		} `json:"message"`
	} `json:"transaction"`
}

// Instruction is one of its instructions.
type Instruction struct {
	Accounts []int  `json:"accounts"`
	Data     string `json:"data"` // base58
	Program  int    `json:"programIdIndex"`
}

// Load reads a transaction of the corpus by its path there.
func Load(tb testing.TB, path string) *Transaction {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(Corpus(tb), path))
	if err != nil {
		tb.Fatal(err)
	}
	tx := new(Transaction)
	if err := json.Unmarshal(b, tx); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return tx
}

// Keys returns the list into which account indices point.
func (tx *Transaction) Keys() []string {
	keys := append([]string{}, tx.Transaction.Message.AccountKeys...)
	return append(append(keys, tx.Meta.LoadedAddresses.Writable...), tx.Meta.LoadedAddresses.Readonly...)
}

// Each visits every instruction of a program, outer and inner, with the addresses of its accounts.
func (tx *Transaction) Each(tb testing.TB, program dex.Key, visit func(data []byte, accounts []string)) {
	tb.Helper()
	keys := tx.Keys()
	all := append([]Instruction{}, tx.Transaction.Message.Instructions...)
	for _, group := range tx.Meta.InnerInstructions {
		all = append(all, group.Instructions...)
	}
	for _, in := range all {
		if keys[in.Program] != program.String() {
			continue
		}
		accounts := make([]string, len(in.Accounts))
		for i, at := range in.Accounts {
			accounts[i] = keys[at]
		}
		visit(Base58(tb, in.Data), accounts)
	}
}

// Blocks returns the transactions of the corpus's blocks.
func Blocks(tb testing.TB) []*Transaction {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(Corpus(tb), "blocks", "*.json.gz"))
	if err != nil || len(paths) == 0 {
		tb.Fatal("the corpus has no blocks", err)
	}
	var all []*Transaction
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			tb.Fatal(err)
		}
		var block struct {
			Transactions []*Transaction `json:"transactions"`
		}
		z, err := gzip.NewReader(f)
		if err == nil {
			err = json.NewDecoder(z).Decode(&block)
		}
		if err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		_ = f.Close()
		all = append(all, block.Transactions...)
	}
	return all
}

// Base58 decodes s.
func Base58(tb testing.TB, s string) []byte {
	tb.Helper()
	if s == "" {
		return nil
	}
	b, err := base58.Decode(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
