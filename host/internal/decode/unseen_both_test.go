package decode

import (
	"bytes"
	"slices"

	"github.com/weir-run/weir/host/internal/geyser"
)

// both runs two transactions' instructions in one, with the balances that follow. It is nil where the two have too many accounts.
func both(a, b *geyser.Transaction) *geyser.Transaction {
	m := clone(a)
	signers := slices.Concat(a.Keys[:a.Signers], b.Keys[:b.Signers])
	m.Keys, m.Signers = nil, 0
	for i, k := range slices.Concat(signers, a.Keys[a.Signers:], b.Keys[b.Signers:]) {
		if keyIndex(m.Keys, k) >= 0 {
			continue
		}
		m.Keys = append(m.Keys, k)
		if i < len(signers) {
			m.Signers++
		}
	}
	if len(m.Keys) > 256 {
		return nil
	}
	m.Outer, m.Inner, m.PreTokens, m.PostTokens = nil, nil, nil, nil
	m.PreBalances, m.PostBalances = make([]uint64, len(m.Keys)), make([]uint64, len(m.Keys))
	merge(m, a)
	merge(m, b)
	m.Logs = slices.Concat(a.Logs, b.Logs)
	m.LogsMissing, m.InnerMissing = a.LogsMissing || b.LogsMissing, a.InnerMissing || b.InnerMissing
	return m
}

func keyIndex(keys [][]byte, k []byte) int {
	return slices.IndexFunc(keys, func(o []byte) bool { return bytes.Equal(o, k) })
}

// merge puts what tx did behind what m did.
func merge(m, tx *geyser.Transaction) {
	base := uint32(len(m.Outer))
	at := func(i uint32) uint32 { return uint32(keyIndex(m.Keys, tx.Keys[i])) }
	moved := func(in geyser.Instruction) geyser.Instruction {
		in.Program, in.Accounts = at(in.Program), slices.Clone(in.Accounts)
		for i := range in.Accounts {
			in.Accounts[i] = byte(at(uint32(in.Accounts[i])))
		}
		return in
	}
	for i := range tx.Outer {
		m.Outer = append(m.Outer, moved(tx.Outer[i]))
	}
	for _, in := range tx.Inner {
		in.Instruction, in.Outer = moved(in.Instruction), in.Outer+base
		m.Inner = append(m.Inner, in)
	}
	for i := range tx.Keys {
		n := at(uint32(i))
		if m.PreBalances[n] == 0 && m.PostBalances[n] == 0 {
			m.PreBalances[n], m.PostBalances[n] = tx.PreBalances[i], tx.PostBalances[i]
		} else {
			m.PostBalances[n] += tx.PostBalances[i] - tx.PreBalances[i]
		}
		mergeTokens(m, tx, uint32(i), n)
	}
}

// mergeTokens adds what a token account gained in tx, where it is from, to what it had in m, where it is at.
func mergeTokens(m, tx *geyser.Transaction, from, at uint32) {
	pre, post := tokenAt(tx.PreTokens, from), tokenAt(tx.PostTokens, from)
	if was := tokenAt(m.PostTokens, at); was != nil {
		if post != nil {
			was.Amount += post.Amount
		}
		if pre != nil {
			was.Amount -= pre.Amount
		}
		return
	}
	if pre != nil {
		m.PreTokens = append(m.PreTokens, *pre)
		m.PreTokens[len(m.PreTokens)-1].Account = at
	}
	if post != nil {
		m.PostTokens = append(m.PostTokens, *post)
		m.PostTokens[len(m.PostTokens)-1].Account = at
	}
}
