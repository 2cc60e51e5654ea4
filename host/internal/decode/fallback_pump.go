package decode

import (
	"bytes"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// parts are the fees of a trade as they arrived at their receivers.
type parts struct{ protocol, creator, cashback uint64 }

func (p parts) total() uint64 { return p.protocol + p.creator + p.cashback }

// Places of accounts that take fees; pumpfun.Places has the others.
const (
	v1BuyVolume       = 13 // user_volume_accumulator takes the cashback; a sale appends it
	v2FeeRecipient    = 7  // the rest are token accounts of token-quoted curves
	v2Buyback         = 9
	v2CreatorVault    = 17
	v2BuyVolumeQuote  = 21
	v2SellVolumeQuote = 20
)

// pumpTrade tells a trade on a curve by what moved. Of trades that keep their fees on the curve (v3) the leg follows only where the fee
// schedule is certain.
func (l ledger) pumpTrade() bool {
	kind := pumpfun.Kind(l.c.kind)
	in, err := pumpfun.ParseInstruction(l.c.in.Data)
	if err != nil || !kind.IsBuy() && !kind.IsSell() {
		return false
	}
	p := kind.Places(accounts(l.c))
	d := l.d
	f := swapFacts{
		pool: d.account(l.c, p.Curve), user: d.account(l.c, p.User), baseMint: d.account(l.c, p.Mint), quoteMint: dex.WSOL[:],
		buy: kind.IsBuy(), limit: in.Limit, limited: true, baseDecimals: pumpfun.Decimals,
	}
	if key := d.account(l.c, p.QuoteMint); key != nil && !bytes.Equal(key, make([]byte, 32)) {
		f.quoteMint = key
	}
	moved, ok := l.tokens(p.CurveBase)
	if !ok || f.pool == nil || f.user == nil || f.baseMint == nil || moved == 0 || moved < 0 != f.buy {
		return false
	}
	f.base = magnitude(moved)
	if f.base > in.Amount && !kind.IsExactIn() || kind.IsSell() && f.base != in.Amount {
		return false
	}
	f.legBase = f.base
	var fees parts
	sol := bytes.Equal(f.quoteMint, dex.WSOL[:])
	if keepsCurveFees(kind) {
		f.legQuote, f.quote, ok = l.keptCurve(p, f.buy, sol, f.base)
	} else if f.legQuote, fees, ok = l.pumpQuote(kind, p, sol); ok {
		f.quote, ok = withFees(f.legQuote, fees.total(), f.buy)
	}
	if !ok || kind.IsExactIn() && f.quote > in.Amount {
		return false
	}
	held := d.balanceAt(l.c, p.CurveBase)
	if n := d.decimalsOf(f.baseMint, held); n >= 0 {
		f.baseDecimals = n
	}
	f.quoteDecimals = d.decimalsOf(f.quoteMint, balance{})
	b := d.trade(l.c, l.strategy(), &f)
	d.partFees(b, fees)
	return true
}

// keepsCurveFees tells of the trades that leave their fees on the curve.
func keepsCurveFees(k pumpfun.Kind) bool {
	return k == pumpfun.BuyV3 || k == pumpfun.SellV3 || k == pumpfun.BuyExactQuoteInV3
}

func (d *Decoder) partFees(b *tradeBody, fees parts) {
	d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, fees.protocol, -1, false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_CREATOR, fees.creator, -1, false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_CASHBACK, fees.cashback, -1, false)
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return uint64(-v)
	}
	return uint64(v)
}

// pumpQuote is the quote leg of a trade and its fees.
func (l ledger) pumpQuote(kind pumpfun.Kind, p pumpfun.Places, sol bool) (leg uint64, fees parts, ok bool) {
	change := l.tokens
	at := p.CurveQuote
	if sol {
		if l.transfers && !l.rest && kind.IsSell() {
			return 0, parts{}, false // the curve gives SOL without an instruction
		}
		change, at = l.lamports, p.Curve
	}
	moved, ok := change(at)
	if !ok || moved == 0 || moved > 0 != kind.IsBuy() {
		return 0, parts{}, false
	}
	fees, ok = l.pumpFees(kind, p, sol, change)
	return magnitude(moved), fees, ok
}

// pumpFees gathers the fees at their receivers. It is false when one of them lost something.
func (l ledger) pumpFees(kind pumpfun.Kind, p pumpfun.Places, sol bool, change func(int8) (int64, bool)) (parts, bool) {
	var f parts
	ok := true
	add := func(n int8, to *uint64) {
		if n < 0 || int(n) >= len(l.c.in.Accounts) {
			return
		}
		moved, known := change(n)
		if !known || moved < 0 {
			ok = false
			return
		}
		*to += uint64(moved)
	}
	switch v2 := p.QuoteMint >= 0; {
	case sol && !v2:
		add(p.FeeRecipient, &f.protocol)
		if creator := l.d.account(l.c, p.CreatorVault); creator != nil && !bytes.Equal(creator, dex.RentSysvar[:]) && !bytes.Equal(creator, dex.AssociatedToken[:]) {
			add(p.CreatorVault, &f.creator)
		}
		l.appended(kind, add, &f)
	case sol:
		add(p.FeeRecipient, &f.protocol)
		add(8, &f.protocol) // buyback_fee_recipient
		add(p.CreatorVault, &f.creator)
		add(volumeV2(kind)-1, &f.cashback)
	default:
		add(v2FeeRecipient, &f.protocol)
		add(v2Buyback, &f.protocol)
		add(v2CreatorVault, &f.creator)
		add(volumeV2(kind), &f.cashback)
	}
	return f, ok
}

func volumeV2(kind pumpfun.Kind) int8 {
	if kind.IsSell() {
		return v2SellVolumeQuote
	}
	return v2BuyVolumeQuote
}

// appended adds what the accounts took that callers of the first generation append: the buyback recipient, and the user's
// volume account where the coin gives cashback.
func (l ledger) appended(kind pumpfun.Kind, add func(int8, *uint64), f *parts) {
	n := len(l.c.in.Accounts)
	listed := 14
	if kind.IsBuy() {
		listed = 16
		if n > v1BuyVolume {
			add(v1BuyVolume, &f.cashback)
		}
	}
	for i := listed; i < n && i < 127; i++ {
		if isBuyback(l.d.account(l.c, int8(i))) {
			add(int8(i), &f.protocol)
		} else {
			add(int8(i), &f.cashback)
		}
	}
}

func isBuyback(key []byte) bool {
	for i := range dex.PumpBuybackRecipients {
		if bytes.Equal(key, dex.PumpBuybackRecipients[i][:]) {
			return true
		}
	}
	return false
}

// oldPumpFee is the fee of a trade whose event is too old to tell it: what reached the fee recipient. A seller's fee moves
// without an instruction, so it is told by balances, less what other instructions paid to the same recipient; it is unknown
// when another sale did too.
func (d *Decoder) oldPumpFee(c *call, p pumpfun.Places, buy bool) (uint64, bool) {
	at, ok := place(c, p.FeeRecipient)
	if !ok {
		return 0, false
	}
	if d.tx.InnerMissing {
		fee, ok := ledger{d: d, c: c}.lamports(p.FeeRecipient)
		return magnitude(fee), ok && fee > 0
	}
	if buy {
		fee, ok := ledger{d: d, c: c, transfers: true}.lamportsBelow(at)
		return magnitude(fee), ok && fee > 0
	}
	if at == 0 || int(at) >= len(d.tx.PreBalances) || int(at) >= len(d.tx.PostBalances) {
		return 0, false
	}
	sum, ok := change(d.tx.PreBalances[at], d.tx.PostBalances[at])
	for i := range d.calls {
		o := &d.calls[i]
		if o.venue != pump || o == c {
			continue
		}
		q := pumpfun.Kind(o.kind).Places(accounts(o))
		if other, has := place(o, q.FeeRecipient); !has || other != at {
			continue
		}
		paid, known := ledger{d: d, c: o, transfers: true}.lamportsBelow(at)
		ok = ok && known && pumpfun.Kind(o.kind).IsBuy()
		sum -= paid
	}
	return magnitude(sum), ok && sum > 0
}
