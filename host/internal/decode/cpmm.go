package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// cpmmEvent gives the record of one event of CPMM. One that cannot be read is counted, and left to the later strategies.
func (d *Decoder) cpmmEvent(c *call, f *found) {
	switch tag := dex.Tag(f.raw); tag {
	case cpmm.TagSwap:
		d.cpmmSwap(c, f)
	case cpmm.TagLpChange:
		d.cpmmLiquidity(c, f)
	default:
		d.unknownEvent(cpmmPool, tag)
	}
}

func (d *Decoder) cpmmSwap(c *call, f *found) {
	e := d.cpmmSwaps.next()
	if !d.parsed(cpmmPool, e.Parse(f.raw), e.Tail) {
		return
	}
	w, ok := d.cpmmSides(c, e)
	if !ok { // nothing names the trader, or in the older layout the mints
		d.lose(c)
		return
	}
	legIn, legOut, fees, ok1 := e.Leg()
	gave, ok2 := dex.Add(e.InputAmount, e.InputTransferFee)
	if !ok1 || !ok2 || e.OutputTransferFee > e.OutputAmount || e.OutputAmount > e.OutputVaultBefore {
		d.stats.of[cpmmPool].malformed.Add(1)
		return
	}
	in, out := &w.in, &w.out
	in.user, in.moved, in.leg, in.fee, in.price = gave, e.InputAmount, legIn, e.InputTransferFee, e.InputVaultBefore
	out.user, out.moved, out.leg, out.fee = e.OutputAmount-e.OutputTransferFee, e.OutputAmount, legOut, e.OutputTransferFee
	out.price, w.priced, w.zeroIn, w.exactIn = e.OutputVaultBefore, true, before0(in.mint, out.mint), exactly(e.BaseInput)
	d.cpmmCheck(c, e, &w)
	b := d.poolTrade(c, f.strategy, &w)
	if fees {
		d.fee(b, eventv1.FeeKind_FEE_KIND_SWAP, e.TradeFee, -1, w.zeroIn)
		d.fee(b, eventv1.FeeKind_FEE_KIND_CREATOR, e.CreatorFee, -1, w.zeroIn == e.CreatorFeeOnInput)
	}
}

// cpmmSides finds what the event of a swap does not say.
func (d *Decoder) cpmmSides(c *call, e *cpmm.SwapEvent) (poolSwap, bool) {
	kind := cpmm.Kind(c.kind)
	p := kind.Places()
	if !kind.IsSwap() || !d.isPool(c, p.Pool, &e.PoolID) {
		// An instruction that is not known. All of the program's are signed by their first account.
		d.stats.of[cpmmPool].agree(!kind.IsSwap())
		p = cpmm.Other.Places()
		p.User = 0
	}
	w := poolSwap{pool: e.PoolID[:], user: d.account(c, p.User)}
	if e.Has(cpmm.SwapNewest) {
		w.in.mint, w.out.mint = e.InputMint[:], e.OutputMint[:]
	}
	d.side(&w.in, c, p.MintIn, p.VaultIn)
	d.side(&w.out, c, p.MintOut, p.VaultOut)
	return w, w.user != nil && w.in.mint != nil && w.out.mint != nil
}

// cpmmCheck holds the event against the arguments and the formula, and takes the limit from the arguments.
func (d *Decoder) cpmmCheck(c *call, e *cpmm.SwapEvent, w *poolSwap) {
	stats := &d.stats.of[cpmmPool]
	if kind := cpmm.Kind(c.kind); kind.IsSwap() && c.in != nil {
		in, err := cpmm.ParseInstruction(c.in.Data)
		if err == nil {
			w.limit, w.limited = in.Limit, true
			exact := w.in.user
			if kind == cpmm.SwapBaseOutput {
				exact = w.out.user
			}
			stats.agree(in.Amount == exact && e.BaseInput == (kind == cpmm.SwapBaseInput))
		}
	}
	if !e.Has(cpmm.SwapNewest) {
		return
	}
	pool := cpmm.Reserves{In: e.InputVaultBefore, Out: e.OutputVaultBefore}
	got, fits := pool.Output(w.in.leg)
	want := w.out.leg
	if !e.BaseInput {
		got, fits = pool.Input(w.out.leg)
		want = w.in.leg
	}
	stats.agree(fits && got == want)
}

func (d *Decoder) cpmmLiquidity(c *call, f *found) {
	e := new(cpmm.LpChangeEvent)
	if !d.parsed(cpmmPool, e.Parse(f.raw), e.Tail) {
		return
	}
	p := cpmm.Kind(c.kind).Places()
	l := &eventv1.LiquidityChanged{
		Pool: e.PoolID[:], BaseAmount: e.Token0Amount, QuoteAmount: e.Token1Amount, LpSupplyBefore: d.pool.u64.of(e.LpAmountBefore),
		Direction: eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED,
	}
	if d.isPool(c, p.Pool, &e.PoolID) {
		l.Owner, l.LpMint = d.account(c, p.User), d.account(c, p.LPMint)
		l.BaseMint, l.QuoteMint = d.account(c, p.MintIn), d.account(c, p.MintOut)
		if in, err := cpmm.ParseInstruction(c.in.Data); err == nil {
			l.LpAmount = d.pool.u64.of(in.LP)
		}
	}
	w := poolChange{record: l, vault0: p.VaultIn, vault1: p.VaultOut, moved0: e.Token0Amount, moved1: e.Token1Amount}
	if e.ChangeType == cpmm.ChangeWithdraw { // amounts are what arrived
		l.Direction = eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED
		w.moved0, w.moved1 = -(e.Token0Amount + e.Token0TransferFee), -(e.Token1Amount + e.Token1TransferFee)
	}
	w.before = state{priceBase: e.Token0VaultBefore, priceQuote: e.Token1VaultBefore, priced: true}
	w.after = state{priceBase: e.Token0VaultBefore + w.moved0, priceQuote: e.Token1VaultBefore + w.moved1, priced: true}
	w.after = d.changed(cpmmPool, l, w.before, w.after)
	d.ownerLP(c, p.UserLP, l)
	d.poolLiquidity(c, f.strategy, w)
}

// cpmm answers for a swap whose event is lost, and for new pools, of which no event tells.
func (l ledger) cpmm() bool {
	in, err := cpmm.ParseInstruction(l.c.in.Data)
	if err != nil {
		return false
	}
	switch p := in.Kind.Places(); {
	case in.Kind.IsInitialize():
		return l.cpmmCreate(&in, p)
	case in.Kind.IsSwap():
		w := poolSwap{pool: l.d.account(l.c, p.Pool), user: l.d.account(l.c, p.User), limit: in.Limit, limited: true}
		w.exactIn = exactly(in.Kind == cpmm.SwapBaseInput)
		l.d.side(&w.in, l.c, p.MintIn, p.VaultIn)
		l.d.side(&w.out, l.c, p.MintOut, p.VaultOut)
		return l.poolSwap(&w, poolPlaces{p.UserOut, p.VaultIn, p.VaultOut}, in.Amount)
	}
	return false
}

// cpmmCreate tells of a new pool by what its vaults got. That is the arguments, or less where the token program takes a fee.
func (l ledger) cpmmCreate(in *cpmm.Instruction, p cpmm.Places) bool {
	d, c := l.d, l.c
	_, token0, ok0 := l.arrived(p.VaultIn, in.Token0)
	_, token1, ok1 := l.arrived(p.VaultOut, in.Token1)
	if !ok0 || !ok1 || token0 > in.Token0 || token1 > in.Token1 {
		return false
	}
	created := &eventv1.PoolCreated{
		Venue: eventv1.Venue_VENUE_RAYDIUM_CPMM, Pool: d.account(c, p.Pool), Creator: d.account(c, p.User), Config: d.account(c, p.Config),
		BaseMint: d.account(c, p.MintIn), QuoteMint: d.account(c, p.MintOut), LpMint: d.account(c, p.LPMint),
		BaseAmount: token0, QuoteAmount: token1,
	}
	if created.Pool == nil || created.BaseMint == nil || created.QuoteMint == nil {
		return false
	}
	created.BaseDecimals = d.knownDecimals(created.BaseMint, d.balanceAt(c, p.VaultIn))
	created.QuoteDecimals = d.knownDecimals(created.QuoteMint, d.balanceAt(c, p.VaultOut))
	if in.OpenTime != 0 {
		created.OpenTime = d.pool.i64.of(int64(in.OpenTime))
	}
	if lp, ok := d.minted(c, p.LPMint, p.UserLP); ok {
		created.LpAmount = d.pool.u64.of(lp)
		if supply := dex.SqrtProduct(token0, token1); supply == lp+cpmm.LockedLP {
			created.LpSupply = &supply
		}
	}
	if in.CreatorFeeOn != 0 || in.Kind == cpmm.InitializeWithPermission {
		created.CoinCreator = created.Creator
	}
	d.seldom(c, l.strategy(), 0).Body = &eventv1.Record_PoolCreated{PoolCreated: created}
	return true
}
