package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// Places of the account that takes the buyback part of the protocol fee, the only fee that leaves in trades that keep theirs.
const (
	v3Buyback     = 13
	swapV2Buyback = 14
)

// maxCreatorRate is the highest rate that a coin's creator may choose; every one up to it is tried.
const maxCreatorRate = 300

// keptRates are the rates of LP and protocol.
type keptRates struct{ lp, protocol uint64 }

// keptLeg finds the leg of a trade that keeps its fees: of what the user gave or got, and what went to the buyback. The right schedule
// leads from one leg to both. It is false when no leg does, and when several do: those of small trades, and of sales where the next unit
// is all fee.
func keptLeg(user, buyback uint64, buy bool, schedules []keptRates) (uint64, bool) {
	found := keptSearch{user: user, buyback: buyback, buy: buy}
	for _, s := range schedules {
		least, most, ok := legsOfBuyback(buyback, s.protocol)
		for creator := uint64(0); ok && creator <= maxCreatorRate; creator++ {
			found.try(s, creator, least, most)
		}
	}
	return found.leg, found.leg > 0 && !found.several
}

type keptSearch struct {
	user, buyback uint64
	buy           bool
	leg           uint64
	several       bool
}

// legsOfBuyback are the legs of which a protocol fee makes that buyback.
func legsOfBuyback(buyback, protocol uint64) (least, most uint64, ok bool) {
	const share = dex.BasisPoints / pumpfun.BuybackShareBps
	least, ok1 := dex.MulDivFloor(buyback, share*dex.BasisPoints, protocol)
	most, ok2 := dex.MulDivCeil(buyback+1, share*dex.BasisPoints, protocol)
	return least - min(least, dex.BasisPoints/protocol+1), most, ok1 && ok2 && buyback+1 > 0
}

// try looks for legs under one schedule, in a range.
func (k *keptSearch) try(s keptRates, creator, least, most uint64) {
	sum := s.lp + s.protocol + creator
	divisor := dex.BasisPoints + sum
	if !k.buy {
		divisor = dex.BasisPoints - sum
	}
	around, ok := dex.MulDivFloor(k.user, dex.BasisPoints, divisor)
	if !ok {
		return
	}
	const rounding = 4 // three fees are rounded, and the division
	from, to := max(around, rounding+1)-rounding, around+rounding
	for leg := max(from, least); leg <= min(to, most); leg++ {
		lp, ok1 := dex.Fee(leg, s.lp)
		protocol, ok2 := dex.Fee(leg, s.protocol)
		share, ok3 := dex.Fee(leg, creator)
		part, ok4 := dex.MulDivFloor(protocol, pumpfun.BuybackShareBps, dex.BasisPoints)
		total, ok5 := withFees(leg, lp+protocol+share, k.buy)
		if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || total != k.user || part != k.buyback {
			continue
		}
		k.several = k.several || k.leg != 0 && k.leg != leg
		k.leg = leg
	}
}

// userOf is what the user gave or got: what the curve or pool gained or lost, with the buyback that left it.
func userOf(moved, buyback uint64, buy bool) (uint64, bool) {
	if buy {
		return dex.Add(moved, buyback)
	}
	return moved - buyback, moved > buyback
}

var (
	curveSchedules = []keptRates{{0, pumpfun.ProtocolFeeBps}}
	poolSchedules  = []keptRates{{2, 93}, {20, 5}, {25, 5}}
)

// keptCurve is the leg of a trade on a curve that keeps its fees, and what the user gave or got. On a standard curve the token reserve
// nearly tells the leg: a leg that it does not bear out is refused.
func (l ledger) keptCurve(p pumpfun.Places, buy, sol bool, tokens uint64) (leg, user uint64, ok bool) {
	change, at := l.tokens, p.CurveQuote
	if sol {
		if l.transfers && !l.rest && !buy {
			return 0, 0, false // the curve gives SOL without an instruction
		}
		change, at = l.lamports, p.Curve
	}
	moved, ok1 := change(at)
	part, ok2 := change(v3Buyback)
	if !ok1 || !ok2 || moved == 0 || part < 0 || moved > 0 != buy {
		return 0, 0, false
	}
	user, ok = userOf(magnitude(moved), uint64(part), buy)
	if !ok {
		return 0, 0, false
	}
	leg, ok = keptLeg(user, uint64(part), buy, curveSchedules)
	return leg, user, ok && l.bornOut(p, buy, tokens, leg)
}

// bornOut holds a leg against the curve: reserves follow from the tokens that it still holds, where it started with SOL or USDC and nothing
// but the trade moved them.
func (l ledger) bornOut(p pumpfun.Places, buy bool, tokens, leg uint64) bool {
	held := l.d.balanceAt(l.c, p.CurveBase)
	start := pumpfun.Start(pumpfun.InitialVirtualSOL)
	if quote := l.d.account(l.c, p.QuoteMint); string(quote) == string(dex.USDC[:]) {
		start = pumpfun.Start(pumpfun.InitialVirtualUSDC)
	} else if string(quote) != string(dex.WSOL[:]) {
		return false
	}
	if held.mint == nil || buy && held.pre-tokens != held.post || !buy && held.pre+tokens != held.post || held.pre < pumpfun.MigrationTokens {
		return false
	}
	// The virtual reserve is what the curve holds, less what the pool will get, more what it only pretends to have.
	virtual := held.pre - pumpfun.MigrationTokens + pumpfun.InitialVirtualToken - pumpfun.InitialRealToken
	quote, ok := dex.MulDivFloor(start.VirtualQuote, start.VirtualToken, virtual)
	if !ok {
		return false
	}
	curve := pumpfun.Curve{VirtualToken: virtual, VirtualQuote: quote, RealToken: held.pre - pumpfun.MigrationTokens, RealQuote: quote}
	want, ok := curve.Cost(tokens)
	if !buy {
		want, ok = curve.Proceeds(tokens)
	}
	const part = 20_000 // of the leg: half of the smallest step between two rates
	far := max(want, leg) - min(want, leg)
	return ok && far <= leg/part+10
}

// keptPool is the leg of a trade on a pool that keeps its fees, and what the user gave or got.
func (l ledger) keptPool(kind pumpswap.Kind, vault uint64) (leg, user uint64, ok bool) {
	part, ok := l.tokens(swapV2Buyback)
	if !ok || part < 0 {
		return 0, 0, false
	}
	if user, ok = userOf(vault, uint64(part), kind.IsBuy()); !ok {
		return 0, 0, false
	}
	leg, ok = keptLeg(user, uint64(part), kind.IsBuy(), poolSchedules)
	return leg, user, ok
}
