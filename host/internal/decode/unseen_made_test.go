package decode

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
)

// stranger is the key of a program that nobody knows.
func stranger(n int) dex.Key { return dex.Key{0: 0x77, 1: byte(n), 31: 1} }

// indexOf is the place of a key in tx.Keys, where it is put if it is not there.
func indexOf(tx *geyser.Transaction, k []byte) byte {
	for i := range tx.Keys {
		if bytes.Equal(tx.Keys[i], k) {
			return byte(i)
		}
	}
	tx.Keys = append(slices.Clone(tx.Keys), slices.Clone(k))
	tx.PreBalances, tx.PostBalances = append(slices.Clone(tx.PreBalances), 1), append(slices.Clone(tx.PostBalances), 1)
	return byte(len(tx.Keys) - 1)
}

// nested puts every instruction below so many routers that nobody knows.
func nested(tx *geyser.Transaction, levels int) *geyser.Transaction {
	n := clone(tx)
	n.Outer, n.Inner, n.Logs = nil, nil, nil
	routers := make([]byte, levels)
	for l := range routers {
		k := stranger(l)
		routers[l] = indexOf(n, k[:])
	}
	j := 0
	for i := range tx.Outer {
		accounts := append(slices.Clone(tx.Outer[i].Accounts), byte(tx.Outer[i].Program))
		n.Outer = append(n.Outer, geyser.Instruction{Program: uint32(routers[0]), Accounts: accounts, Data: []byte{1, 2, 3}})
		position := uint32(0)
		add := func(in geyser.Instruction, height uint32) {
			n.Inner = append(n.Inner, geyser.InnerInstruction{Instruction: in, Outer: uint32(i), Position: position, Height: height})
			position++
		}
		for l := 1; l < levels; l++ {
			add(geyser.Instruction{Program: uint32(routers[l]), Accounts: accounts, Data: []byte{9}}, uint32(l+1))
		}
		add(tx.Outer[i], uint32(levels+1))
		for ; j < len(tx.Inner) && int(tx.Inner[j].Outer) == i; j++ {
			height := tx.Inner[j].Height
			if height > 0 {
				height += uint32(levels)
			}
			add(tx.Inner[j].Instruction, height)
		}
	}
	depth := 0
	for _, line := range tx.Logs {
		name, at, opens := opened(line)
		if opens && at == 1 {
			for l := range levels {
				n.Logs = append(n.Logs, fmt.Appendf(nil, "Program %s invoke [%d]", stranger(l), l+1))
			}
		}
		if opens {
			depth = at
			n.Logs = append(n.Logs, fmt.Appendf(nil, "Program %s invoke [%d]", name, at+levels))
			continue
		}
		n.Logs = append(n.Logs, line)
		if bytes.HasSuffix(line, []byte(" success")) && bytes.HasPrefix(line, []byte("Program ")) && bytes.Count(line, []byte(" ")) == 2 {
			if depth--; depth == 0 {
				for l := levels - 1; l >= 0; l-- {
					n.Logs = append(n.Logs, fmt.Appendf(nil, "Program %s success", stranger(l)))
				}
			}
		}
	}
	return n
}

// opened reads a line that opens a frame.
func opened(line []byte) (name string, depth int, ok bool) {
	_, err := fmt.Sscanf(string(line), "Program %s invoke [%d]", &name, &depth)
	return name, depth, err == nil
}

// times runs a transaction's instructions so many times in one, with the balances that follow.
func times(tx *geyser.Transaction, k int) *geyser.Transaction {
	m := clone(tx)
	for n := 1; n < k; n++ {
		m.Outer = append(slices.Clone(m.Outer), tx.Outer...)
		for _, in := range tx.Inner {
			in.Outer += uint32(n * len(tx.Outer))
			m.Inner = append(m.Inner, in)
		}
		m.Logs = append(m.Logs, tx.Logs...)
	}
	m.PreTokens, m.PostTokens = slices.Clone(tx.PreTokens), slices.Clone(tx.PostTokens)
	for i := range m.PostTokens {
		post := &m.PostTokens[i]
		if pre := tokenAt(m.PreTokens, post.Account); pre != nil {
			delta := int64(post.Amount - pre.Amount)
			if delta < 0 {
				pre.Amount += uint64(-delta) * uint64(k-1)
				post.Amount = pre.Amount - uint64(-delta)*uint64(k)
			} else {
				post.Amount = pre.Amount + uint64(delta)*uint64(k)
			}
		} else {
			post.Amount *= uint64(k)
		}
	}
	m.PreBalances, m.PostBalances = slices.Clone(tx.PreBalances), slices.Clone(tx.PostBalances)
	for i := range m.PostBalances {
		delta := int64(m.PostBalances[i] - m.PreBalances[i])
		if delta < 0 {
			m.PreBalances[i] += uint64(-delta) * uint64(k-1)
		}
		m.PostBalances[i] = m.PreBalances[i] + uint64(delta*int64(k))
	}
	return m
}

// together puts all instructions of a transaction below one router, as a bundler does.
func together(tx *geyser.Transaction) *geyser.Transaction {
	n := nested(tx, 1)
	for i := range n.Inner {
		n.Inner[i].Outer, n.Inner[i].Position = 0, uint32(i)
	}
	n.Outer = n.Outer[:1]
	var logs [][]byte
	for i, line := range n.Logs {
		_, depth, opens := opened(line)
		if opens && depth == 1 && len(logs) > 0 || !opens && i < len(n.Logs)-1 && string(line) == fmt.Sprintf("Program %s success", stranger(0)) {
			continue
		}
		logs = append(logs, line)
	}
	n.Logs = logs
	return n
}

// crowded appends accounts that the venue's instructions do not look at, as callers do.
func crowded(tx *geyser.Transaction, more int) *geyser.Transaction {
	c := clone(tx)
	k := stranger(9)
	extra := slices.Repeat([]byte{indexOf(c, k[:])}, more)
	c.Outer = slices.Clone(tx.Outer)
	add := func(in *geyser.Instruction) {
		if v := venueOf(tx.Key(in.Program)); v != other && dex.Tag(in.Data) != dex.EventTag {
			in.Accounts = append(slices.Clone(in.Accounts), extra...)
		}
	}
	for i := range c.Outer {
		add(&c.Outer[i])
	}
	for i := range c.Inner {
		add(&c.Inner[i].Instruction)
	}
	return c
}

// mimicked has a stranger say every event again, in every way there is, in front of each instruction.
func mimicked(tx *geyser.Transaction) *geyser.Transaction {
	c := clone(tx)
	c.Inner, c.Logs = nil, nil
	k := stranger(5)
	at := uint32(indexOf(c, k[:]))
	position := map[uint32]uint32{}
	add := func(in geyser.InnerInstruction) {
		in.Position = position[in.Outer]
		position[in.Outer]++
		c.Inner = append(c.Inner, in)
	}
	for _, in := range tx.Inner {
		if dex.Tag(in.Data) == dex.EventTag {
			fake := in
			fake.Program = at
			add(fake)
		}
		add(in)
	}
	for _, line := range tx.Logs {
		if _, depth, opens := opened(line); opens && depth == 1 {
			c.Logs = append(c.Logs, fmt.Appendf(nil, "Program %s invoke [1]", k))
			for _, l := range tx.Logs {
				if bytes.HasPrefix(l, []byte("Program data: ")) || bytes.HasPrefix(l, []byte("Program log: ray_log")) {
					c.Logs = append(c.Logs, l)
				}
			}
			c.Logs = append(c.Logs, fmt.Appendf(nil, "Program %s success", k))
		}
		c.Logs = append(c.Logs, line)
	}
	return c
}
