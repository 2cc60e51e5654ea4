package decode

import (
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
)

// node is an instruction with what it does, in order: nodes that it calls and lines that it logs.
type node struct {
	program  dex.Key
	accounts []dex.Key
	data     []byte
	does     []any // *node or string
}

func key(n int) dex.Key {
	k := dex.Key{0: 0xc0, 30: byte(n >> 8), 31: byte(n)}
	return k
}

// emit is an event of a program as it stands on chain: twice, in the logs and as a call to itself.
func emit(program dex.Key, event []byte) []any {
	return []any{dataLine(event), selfCall(program, event)}
}

func dataLine(event []byte) string {
	return "Program data: " + base64.StdEncoding.EncodeToString(event)
}

func selfCall(program dex.Key, event []byte) *node {
	authority := dex.PumpEventAuthority
	if program == dex.PumpSwap {
		authority = dex.PumpSwapEventAuthority
	}
	return &node{program: program, accounts: []dex.Key{authority}, data: append(dex.AppendEventTag(nil), event...)}
}

func rayLine(entry []byte) string {
	return "Program log: ray_log: " + base64.StdEncoding.EncodeToString(entry)
}

// builder runs nodes into a transaction, with logs as a node writes them.
type builder struct {
	tx    *geyser.Transaction
	known map[dex.Key]byte
}

// run makes a transaction that payer signs, with other signers after it.
func run(signers []dex.Key, outer ...*node) *geyser.Transaction {
	b := builder{tx: &geyser.Transaction{Slot: 7, Index: 3, Signature: slices.Repeat([]byte{9}, 64)}, known: map[dex.Key]byte{}}
	for _, s := range signers {
		b.index(s)
	}
	b.tx.Signers = len(signers)
	for _, n := range outer {
		b.tx.Outer = append(b.tx.Outer, b.instruction(n))
	}
	for i, n := range outer {
		position := uint32(0)
		b.execute(n, uint32(i), 1, &position)
	}
	b.tx.PreBalances, b.tx.PostBalances = make([]uint64, len(b.tx.Keys)), make([]uint64, len(b.tx.Keys))
	return b.tx
}

func (b *builder) index(k dex.Key) byte {
	if i, ok := b.known[k]; ok {
		return i
	}
	i := byte(len(b.tx.Keys))
	b.known[k] = i
	b.tx.Keys = append(b.tx.Keys, slices.Clone(k[:]))
	return i
}

func (b *builder) instruction(n *node) geyser.Instruction {
	in := geyser.Instruction{Program: uint32(b.index(n.program)), Data: n.data}
	for _, a := range n.accounts {
		in.Accounts = append(in.Accounts, b.index(a))
	}
	return in
}

func (b *builder) execute(n *node, outer, height uint32, position *uint32) {
	b.log(fmt.Sprintf("Program %s invoke [%d]", n.program, height))
	for _, d := range n.does {
		switch d := d.(type) {
		case string:
			b.log(d)
		case *node:
			b.tx.Inner = append(b.tx.Inner, geyser.InnerInstruction{Instruction: b.instruction(d), Outer: outer, Position: *position, Height: height + 1})
			*position++
			b.execute(d, outer, height+1, position)
		}
	}
	b.log(fmt.Sprintf("Program %s success", n.program))
}

func (b *builder) log(line string) { b.tx.Logs = append(b.tx.Logs, []byte(line)) }

// holds adds a token account with its balances.
func holds(tx *geyser.Transaction, account, mint, owner dex.Key, decimals uint32, pre, post uint64) {
	at := slices.IndexFunc(tx.Keys, func(k []byte) bool { return string(k) == string(account[:]) })
	if at < 0 {
		at = len(tx.Keys)
		tx.Keys = append(tx.Keys, account[:])
	}
	t := geyser.TokenBalance{
		Account: uint32(at), Mint: []byte(mint.String()), Owner: []byte(base58.Encode(owner[:])), Decimals: decimals, Amount: pre,
	}
	tx.PreTokens = append(tx.PreTokens, t)
	t.Amount = post
	tx.PostTokens = append(tx.PostTokens, t)
}
