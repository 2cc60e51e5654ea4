package decode

import (
	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
)

// mintTable remembers mint addresses in binary by the base58 text that token balances carry.
type mintTable struct {
	keys  map[string]*dex.Key
	limit int
}

func newMintTable(limit int) mintTable {
	return mintTable{keys: make(map[string]*dex.Key), limit: limit}
}

// of returns the key for a base58 text; nil when it is none. The key may be kept.
func (m *mintTable) of(text []byte) *dex.Key {
	if k, ok := m.keys[string(text)]; ok {
		return k
	}
	if len(text) > 44 { // longer than any key; do not spend time on it
		return nil
	}
	b, err := base58.Decode(string(text))
	if err != nil || len(b) != 32 {
		return nil
	}
	if len(m.keys) >= m.limit {
		clear(m.keys)
	}
	k := dex.Key(b)
	m.keys[string(text)] = &k
	return &k
}

// balance is a token account before and after the transaction. An account that did not exist then holds 0.
type balance struct {
	mint      *dex.Key
	decimals  uint32
	pre, post uint64
}

// balanceOf finds the token balance of the account with that index in tx.Keys; mint is nil when it has none.
func (d *Decoder) balanceOf(account uint32) balance {
	var b balance
	pre, post := tokenAt(d.tx.PreTokens, account), tokenAt(d.tx.PostTokens, account)
	if pre != nil {
		b.pre, b.decimals, b.mint = pre.Amount, pre.Decimals, d.mints.of(pre.Mint)
	}
	if post != nil {
		b.post, b.decimals, b.mint = post.Amount, post.Decimals, d.mints.of(post.Mint)
	}
	return b
}

func tokenAt(list []geyser.TokenBalance, account uint32) *geyser.TokenBalance {
	for i := range list {
		if list[i].Account == account {
			return &list[i]
		}
	}
	return nil
}

// place returns the index into tx.Keys of account n of an instruction; false when it has none.
func place(c *call, n int8) (uint32, bool) {
	if c.in == nil || n < 0 || int(n) >= len(c.in.Accounts) {
		return 0, false
	}
	return uint32(c.in.Accounts[n]), true
}

// account returns the key of account n of an instruction, nil when it has none.
func (d *Decoder) account(c *call, n int8) []byte {
	at, ok := place(c, n)
	if !ok {
		return nil
	}
	if key := d.tx.Key(at); len(key) == 32 {
		return key
	}
	return nil
}

// balanceAt is balanceOf for account n of an instruction.
func (d *Decoder) balanceAt(c *call, n int8) balance {
	at, ok := place(c, n)
	if !ok {
		return balance{}
	}
	return d.balanceOf(at)
}

// decimalsOf returns the decimals of a mint: by the account that is known to hold it, by nature, or by any account of it in
// the transaction; -1 when none tells.
func (d *Decoder) decimalsOf(mint []byte, held balance) int {
	key := dex.Key(mint)
	if held.mint != nil && *held.mint == key {
		return int(held.decimals)
	}
	switch key {
	case dex.WSOL:
		return 9
	case dex.USDC, dex.USDT:
		return 6
	}
	for _, list := range [2][]geyser.TokenBalance{d.tx.PostTokens, d.tx.PreTokens} {
		for i := range list {
			if k := d.mints.of(list[i].Mint); k != nil && *k == key {
				return int(list[i].Decimals)
			}
		}
	}
	return -1
}
