package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Places of accounts of PumpSwap trades that take fees; pumpswap.Places has the others.
const (
	swapProtocolFee = 10
	swapCreatorFee  = 17
)

// feeSchedules are the rates of LP and protocol that pools have had, in basis points.
var feeSchedules = [...]struct{ lp, protocol uint64 }{{2, 93}, {20, 5}, {25, 5}}

// swapTrade tells a trade of the first generation by what moved. The LP fee never leaves the vault, so the leg follows from a
// fee schedule: the only one under which the protocol's fee is what the protocol got. Of later generations, which leave all fees in
// the vault, the schedule must be certain.
func (l ledger) swapTrade() bool {
	kind := pumpswap.Kind(l.c.kind)
	in, err := pumpswap.ParseInstruction(l.c.in.Data)
	if err != nil || !kind.IsBuy() && !kind.IsSell() {
		return false
	}
	keeps := kind == pumpswap.BuyV2 || kind == pumpswap.BuyExactQuoteInV2 || kind == pumpswap.SellV2
	p, d := kind.Places(accounts(l.c)), l.d
	sides, ok := d.poolSides(l.c, p.BaseMint, p.QuoteMint, p.BaseVault, p.QuoteVault)
	base, ok1 := l.tokens(p.BaseVault)
	vault, ok2 := l.tokens(p.QuoteVault)
	fees, ok3 := parts{}, true
	if !keeps {
		fees, ok3 = l.swapFees(kind)
	}
	buy := kind.IsBuy()
	if !ok || !ok1 || !ok2 || !ok3 || base == 0 || vault == 0 || base > 0 == buy || vault > 0 != buy {
		return false
	}
	var leg, lp, user uint64
	if keeps {
		leg, user, ok = l.keptPool(kind, magnitude(vault))
	} else {
		leg, lp, ok = legOf(magnitude(vault), fees.protocol, buy)
	}
	if !ok {
		return false
	}
	f := swapFacts{
		pool: d.account(l.c, p.Pool), user: d.account(l.c, p.User), baseMint: sides.base, quoteMint: sides.quote, buy: buy,
		base: magnitude(base), legBase: magnitude(base), legQuote: leg, limit: in.Limit, limited: true,
	}
	if keeps {
		f.quote = user
	} else if buy {
		f.quote = magnitude(vault) + fees.total()
	} else if f.quote, ok = withFees(magnitude(vault), fees.total(), false); !ok {
		return false
	}
	exact := f.base
	if kind.IsExactIn() {
		exact = f.quote
	}
	if exact > in.Amount || !kind.IsExactIn() && exact != in.Amount {
		return false
	}
	d.decimals(&f, &sides)
	b := d.trade(l.c, l.strategy(), &f)
	d.fee(b, eventv1.FeeKind_FEE_KIND_LP, lp, -1, false)
	d.partFees(b, fees)
	d.settleLater(l.c, b, p.BaseVault, p.QuoteVault, base, vault)
	return true
}

// swapFees gathers the fees that left the pool at their receivers.
func (l ledger) swapFees(kind pumpswap.Kind) (parts, bool) {
	var f parts
	n := len(l.c.in.Accounts)
	listed := 23
	if kind == pumpswap.Sell {
		listed = 21
	}
	for i := swapProtocolFee; i < min(n, 127); i++ {
		to := &f.protocol
		switch {
		case i == swapProtocolFee:
		case i == swapCreatorFee:
			to = &f.creator
		case i < listed:
			continue
		case i < n-1: // the last one appended takes the buyback part
			to = &f.cashback
		}
		if l.d.balanceAt(l.c, int8(i)).mint == nil {
			continue // no token account
		}
		moved, ok := l.tokens(int8(i))
		if !ok || moved < 0 {
			return f, false
		}
		*to += uint64(moved)
	}
	return f, true
}

// legOf finds the leg of a trade and the LP fee on it by what the vault gained or lost and what the protocol got. It is false
// when no schedule fits, and when more than one does.
func legOf(vault, protocol uint64, buy bool) (leg, lp uint64, ok bool) {
	for _, s := range feeSchedules {
		around, fit := dex.MulDivFloor(vault, dex.BasisPoints, dex.BasisPoints+s.lp)
		if !buy {
			around, fit = dex.MulDivCeil(vault, dex.BasisPoints, dex.BasisPoints-s.lp)
		}
		if !fit || around == 0 {
			continue
		}
		for try := around - 1; try <= around+1; try++ {
			fee, ok1 := dex.Fee(try, s.lp)
			due, ok2 := dex.Fee(try, s.protocol)
			if sum, fit := withFees(try, fee, buy); !ok1 || !ok2 || !fit || sum != vault || due != protocol {
				continue
			}
			if ok && leg != try {
				return 0, 0, false
			}
			leg, lp, ok = try, fee, true
		}
	}
	return leg, lp, ok
}
