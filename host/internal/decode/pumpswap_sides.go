package decode

import (
	"bytes"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// poolSides are the accounts of the pool that an event tells of, found in its instruction.
type poolSides struct {
	base, quote         []byte // mints
	baseHeld, quoteHeld balance
	lpMint              []byte
}

// sides finds the mints and vaults of a pool among an instruction's accounts, in the hop of that pool for a multi-hop swap.
// It is false when the instruction does not name the pool where its kind has it.
func (d *Decoder) sides(c *call, pool *dex.Key) (poolSides, bool) {
	kind := pumpswap.Kind(c.kind)
	if kind == pumpswap.MultiHopSwap && c.in != nil {
		for i := range pumpswap.Hops(len(c.in.Accounts)) {
			h := pumpswap.Hop(i)
			if h.QuoteVault > 127 {
				break // more than fit a transaction
			}
			if bytes.Equal(d.account(c, int8(h.Venue)), pool[:]) {
				return d.poolSides(c, int8(h.BaseMint), int8(h.QuoteMint), int8(h.BaseVault), int8(h.QuoteVault))
			}
		}
		return poolSides{}, false
	}
	p := kind.Places(accounts(c))
	if !bytes.Equal(d.account(c, p.Pool), pool[:]) {
		return poolSides{}, false
	}
	s, ok := d.poolSides(c, p.BaseMint, p.QuoteMint, p.BaseVault, p.QuoteVault)
	s.lpMint = d.account(c, p.LPMint)
	return s, ok
}

func (d *Decoder) poolSides(c *call, base, quote, baseVault, quoteVault int8) (poolSides, bool) {
	s := poolSides{base: d.account(c, base), quote: d.account(c, quote)}
	s.baseHeld, s.quoteHeld = d.balanceAt(c, baseVault), d.balanceAt(c, quoteVault)
	return s, s.base != nil && s.quote != nil
}

// owned finds a pool's vaults by their owner, for instructions that are not recorded or not known: the one pair of token accounts
// that hold the reserves of the event before the transaction.
func (d *Decoder) owned(pool *dex.Key, base, quote uint64) (poolSides, bool) {
	var s poolSides
	owner := pool.String() // seldom
	baseTimes, quoteTimes := 0, 0
	for i := range d.tx.PreTokens {
		if string(d.tx.PreTokens[i].Owner) != owner {
			continue
		}
		b := d.balanceOf(d.tx.PreTokens[i].Account)
		if b.mint != nil && b.pre == base {
			s.base, s.baseHeld = b.mint[:], b
			baseTimes++
		}
		if b.mint != nil && b.pre == quote {
			s.quote, s.quoteHeld = b.mint[:], b
			quoteTimes++
		}
	}
	return s, baseTimes == 1 && quoteTimes == 1 && !bytes.Equal(s.base, s.quote)
}
