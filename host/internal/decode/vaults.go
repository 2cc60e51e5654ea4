package decode

import eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"

// vaultChange is what one record did to a pool's vaults. The log tells reserves without what the protocol may take; what the
// vaults really hold is known from the balances around the transaction.
type vaultChange struct {
	coinAt, pcAt  uint32
	coin, pc      uint64 // added, in two's complement
	turned        bool
	done          bool
	before, after **eventv1.Reserves
	trade         *tradeBody // whose objects to use where the record has no reserves yet; nil: new ones
}

// settleVaults fills in what the vaults held before and after each record. It follows the changes from the balances before
// the transaction, and believes them only when they lead to those after it: otherwise something else moved the vaults.
func (d *Decoder) settleVaults() {
	for i := range d.past {
		first := &d.past[i]
		if first.done {
			continue
		}
		coin, pc := d.balanceOf(first.coinAt), d.balanceOf(first.pcAt)
		sumCoin, sumPc := coin.pre, pc.pre
		for j := i; j < len(d.past); j++ {
			if p := &d.past[j]; p.coinAt == first.coinAt && p.pcAt == first.pcAt {
				sumCoin, sumPc = sumCoin+p.coin, sumPc+p.pc
				p.done = true
			}
		}
		if coin.mint == nil || pc.mint == nil || sumCoin != coin.post || sumPc != pc.post {
			continue
		}
		d.settle(i, coin.pre, pc.pre)
	}
}

func (d *Decoder) settle(from int, coin, pc uint64) {
	first := d.past[from]
	for i := from; i < len(d.past); i++ {
		p := &d.past[i]
		if p.coinAt != first.coinAt || p.pcAt != first.pcAt {
			continue
		}
		if p.trade != nil {
			p.trade.open()
		}
		d.hold(p.before, coin, pc, p.turned)
		coin, pc = coin+p.coin, pc+p.pc
		d.hold(p.after, coin, pc, p.turned)
	}
}

// open gives a trade empty reserves where it has none.
func (b *tradeBody) open() {
	if b.trade.ReservesBefore == nil {
		b.before.Reset()
		b.trade.ReservesBefore = &b.before
	}
	if b.trade.ReservesAfter == nil {
		b.after.Reset()
		b.trade.ReservesAfter = &b.after
	}
}

func (d *Decoder) hold(at **eventv1.Reserves, base, quote uint64, turned bool) {
	if *at == nil {
		*at = &eventv1.Reserves{} // seldom
	}
	if turned {
		base, quote = quote, base
	}
	(*at).Base, (*at).Quote = d.pool.u64.of(base), d.pool.u64.of(quote)
}

// settleLater queues a trade of which only what its vaults gained or lost is known.
func (d *Decoder) settleLater(c *call, b *tradeBody, baseVault, quoteVault int8, base, quote int64) {
	baseAt, ok1 := place(c, baseVault)
	quoteAt, ok2 := place(c, quoteVault)
	if !ok1 || !ok2 {
		return
	}
	d.past = append(d.past, vaultChange{
		coinAt: baseAt, pcAt: quoteAt, coin: uint64(base), pc: uint64(quote),
		turned: string(b.trade.Mint) != string(b.trade.PoolBaseMint), before: &b.trade.ReservesBefore, after: &b.trade.ReservesAfter,
	})
}
