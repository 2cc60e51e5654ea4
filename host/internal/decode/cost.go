package decode

import (
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// costs are what a transaction paid beyond its trades. They are read at its first trade, and the same for all of them.
type costs struct {
	read                 bool
	priority, tip, units *uint64
}

// signatureFee is what the chain takes for each signature, lamports.
const signatureFee = 5_000

func (d *Decoder) cost(t *eventv1.Trade) {
	if !d.costs.read {
		d.costs = costs{read: true, priority: d.priorityFee(), tip: d.tip()}
		if d.tx.ComputeUnits != 0 {
			d.costs.units = d.pool.u64.of(d.tx.ComputeUnits)
		}
	}
	t.PriorityFee, t.Tip, t.ComputeUnits = d.costs.priority, d.costs.tip, d.costs.units
}

// priorityFee is what the fee is above that for signatures. Signatures that instructions of the precompiled programs check cost the
// same; how many there are stands in their data, so where there is such an instruction the split is not said.
func (d *Decoder) priorityFee() *uint64 {
	base := uint64(d.tx.Signers) * signatureFee
	if base == 0 || d.tx.Fee < base {
		return nil
	}
	if d.tx.Fee > base {
		for i := range d.tx.Outer {
			if isPrecompile(d.tx.Key(d.tx.Outer[i].Program)) {
				return nil
			}
		}
	}
	return d.pool.u64.of(d.tx.Fee - base)
}

func isPrecompile(key []byte) bool {
	for i := range dex.Precompiles {
		if string(key) == string(dex.Precompiles[i][:]) {
			return true
		}
	}
	return false
}

// tipHeads tells by the first byte of a key whether it may be a tip account.
var tipHeads = func() (heads [256]bool) {
	for i := range dex.JitoTips {
		heads[dex.JitoTips[i][0]] = true
	}
	return heads
}()

func isTip(key []byte) bool {
	if len(key) != 32 || !tipHeads[key[0]] {
		return false
	}
	for i := range dex.JitoTips {
		if dex.Key(key) == dex.JitoTips[i] {
			return true
		}
	}
	return false
}

// tip is the sum of transfers to tip accounts.
func (d *Decoder) tip() *uint64 {
	if d.tx.InnerMissing {
		return nil
	}
	sum := d.pool.u64.of(0)
	if slices.ContainsFunc(d.tx.Keys, isTip) {
		d.tips(sum)
	}
	return sum
}

func (d *Decoder) tips(sum *uint64) {
	for i := range d.tx.Outer {
		*sum += d.tipOf(&d.tx.Outer[i])
	}
	for i := range d.tx.Inner {
		*sum += d.tipOf(&d.tx.Inner[i].Instruction)
	}
}

func (d *Decoder) tipOf(in *geyser.Instruction) uint64 {
	if string(d.tx.Key(in.Program)) != string(dex.System[:]) {
		return 0
	}
	s, ok := spl.ParseSystem(in.Data)
	if !ok || !isTip(d.tx.Account(in, int(s.To))) {
		return 0
	}
	return s.Lamports
}

// fixed tells which side the trader fixed, by the instruction.
func fixed(c *call) *bool {
	if c.in == nil {
		return nil
	}
	in, out := false, false
	switch c.venue {
	case pump:
		k := pumpfun.Kind(c.kind)
		in, out = k.IsSell() || k.IsExactIn(), k.IsBuy() && !k.IsExactIn()
	case swap:
		k := pumpswap.Kind(c.kind)
		in, out = k.IsSell() || k.IsExactIn() || k == pumpswap.MultiHopSwap, k.IsBuy() && !k.IsExactIn()
	case ray:
		k := raydium.Kind(c.kind)
		in, out = k.IsSwap() && !k.IsExactOut(), k.IsExactOut()
	default: // the others' events or arguments say so
	}
	switch {
	case in:
		return &yes
	case out:
		return &no
	}
	return nil
}

// yes and no are what optional fields of records point to; nobody may write to them.
var yes, no = true, false

// worth is the market cap of a coin at the price after a trade: its whole supply in quote units. It is left out where the pool prices
// the coin as its quote, and where the price is not known.
func (d *Decoder) worth(b *tradeBody, after *state, supply uint64) {
	if !after.priced || after.priceBase == 0 || supply == 0 || string(b.trade.Mint) != string(b.trade.PoolBaseMint) {
		return
	}
	if c, ok := dex.MulDivFloor(supply, after.priceQuote, after.priceBase); ok {
		b.trade.MarketCap = d.pool.u64.of(c)
	}
}

// curveSupply is the supply of a coin on the curve, 0 when it is not the standard one: mayhem coins have more, and show it in their
// reserves also where the event is too old to say so.
func curveSupply(e *pumpfun.TradeEvent) uint64 {
	if e.MayhemMode || e.Has(pumpfun.TradeReal) && e.VirtualTokenReserves-e.RealTokenReserves != pumpfun.InitialVirtualToken-pumpfun.InitialRealToken {
		return 0
	}
	return pumpfun.Supply
}
