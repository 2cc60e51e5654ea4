package decode

import (
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// fallback answers for a call whose event is lost, from what it moved; when that is not certain it counts the call and gives
// nothing. What no event tells of at all comes from the instruction, and liquidity from events alone.
func (d *Decoder) fallback(c *call) {
	if c.in != nil {
		for _, l := range [3]ledger{{d: d, c: c, transfers: true}, {d: d, c: c}, {d: d, c: c, transfers: true, rest: true}} {
			if l.transfers && d.tx.InnerMissing || l.rest && c.venue != pump {
				continue
			}
			if l.answer() {
				return
			}
		}
	}
	d.stats.of[c.venue].unresolved.Add(1)
}

func (l ledger) answer() bool {
	switch l.c.venue {
	case pump:
		return l.pumpTrade()
	case swap:
		return l.swapTrade()
	case ray:
		return l.raySwap()
	case cpmmPool:
		return l.cpmm()
	case clmmPool:
		return l.clmm()
	case lab:
		return l.lab()
	case whirl:
		return l.whirl()
	case dbcCurve:
		return l.dbc()
	default:
		return l.damm()
	}
}

// raySwap tells a swap of AMM v4 by what its vaults gained and lost. One of the two is an argument of the instruction, which
// proves that the vaults moved for this swap and nothing else.
func (l ledger) raySwap() bool {
	kind := raydium.Kind(l.c.kind)
	in, err := raydium.ParseInstruction(l.c.in.Data)
	if err != nil || !kind.IsSwap() {
		return false
	}
	p := kind.Places(accounts(l.c))
	coin, ok1 := l.tokens(p.CoinVault)
	pc, ok2 := l.tokens(p.PcVault)
	if !ok1 || !ok2 {
		return false
	}
	w := raySwap{limit: in.Out}
	switch {
	case coin > 0 && pc <= 0:
		w.in, w.out, w.direction = uint64(coin), uint64(-pc), raydium.CoinToPc
	case pc > 0 && coin <= 0:
		w.in, w.out, w.direction = uint64(pc), uint64(-coin), raydium.PcToCoin
	default:
		return false
	}
	if kind.IsExactOut() {
		w.limit = in.In
		if w.out != in.Out || w.in > in.In {
			return false
		}
	} else if w.in != in.In || w.out < in.Out {
		return false
	}
	l.d.raySwap(l.c, l.strategy(), &w)
	return l.c.settled()
}
