package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/dex/spl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// raySwap is a swap of AMM v4 as its log, or what is left of it, tells.
type raySwap struct {
	in, out   uint64
	direction uint64
	pool      raydium.PoolReserves // before; LPSupply is not used
	priced    bool                 // pool is known
	limit     uint64
}

// rayVaults are the two vaults of a pool as an instruction names them.
type rayVaults struct {
	places       raydium.Places
	coinAt, pcAt uint32 // indices into tx.Keys
	coin, pc     balance
}

// rayLog gives the record of one ray_log entry. One that is not what the instruction writes is counted, and left to the later
// strategies.
func (d *Decoder) rayLog(c *call, f *found) {
	if c.in == nil { // nothing names the pool
		d.lose(c)
		return
	}
	kind := raydium.Kind(c.kind)
	var err error
	switch entry := f.raw[0]; {
	case entry == raydium.LogSwapBaseIn && kind.IsSwap() && !kind.IsExactOut():
		var l raydium.SwapBaseInLog
		if l, err = raydium.ParseSwapBaseInLog(f.raw); err == nil {
			pool := raydium.PoolReserves{Coin: l.PoolCoin, Pc: l.PoolPc}
			d.raySwap(c, f.strategy, &raySwap{l.AmountIn, l.OutAmount, l.Direction, pool, true, l.MinimumOut})
		}
	case entry == raydium.LogSwapBaseOut && kind.IsExactOut():
		var l raydium.SwapBaseOutLog
		if l, err = raydium.ParseSwapBaseOutLog(f.raw); err == nil {
			pool := raydium.PoolReserves{Coin: l.PoolCoin, Pc: l.PoolPc}
			d.raySwap(c, f.strategy, &raySwap{l.DeductIn, l.AmountOut, l.Direction, pool, true, l.MaxIn})
		}
	case entry == raydium.LogInit && kind == raydium.Initialize2:
		var l raydium.InitLog
		if l, err = raydium.ParseInitLog(f.raw); err == nil {
			d.rayInit(c, f.strategy, &l)
		}
	case entry == raydium.LogDeposit && kind == raydium.Deposit:
		var l raydium.DepositLog
		if l, err = raydium.ParseDepositLog(f.raw); err == nil {
			d.rayDeposit(c, f.strategy, &l)
		}
	case entry == raydium.LogWithdraw && kind == raydium.Withdraw:
		var l raydium.WithdrawLog
		if l, err = raydium.ParseWithdrawLog(f.raw); err == nil {
			d.rayWithdraw(c, f.strategy, &l)
		}
	default:
		err = dex.ErrTag
	}
	d.parsed(ray, err, 0)
}

// vaults finds the pool's vaults; false when their mints cannot be told.
func (d *Decoder) vaults(c *call) (rayVaults, bool) {
	v := rayVaults{places: raydium.Kind(c.kind).Places(accounts(c))}
	var ok1, ok2 bool
	v.coinAt, ok1 = place(c, v.places.CoinVault)
	v.pcAt, ok2 = place(c, v.places.PcVault)
	if !ok1 || !ok2 {
		return v, false
	}
	v.coin, v.pc = d.balanceOf(v.coinAt), d.balanceOf(v.pcAt)
	return v, v.coin.mint != nil && v.pc.mint != nil
}

func (d *Decoder) raySwap(c *call, s eventv1.Strategy, w *raySwap) {
	if w.direction != raydium.PcToCoin && w.direction != raydium.CoinToPc {
		d.stats.of[ray].malformed.Add(1)
		return
	}
	v, ok := d.vaults(c)
	if !ok {
		d.lose(c)
		return
	}
	f := swapFacts{
		pool: d.account(c, v.places.Pool), user: d.account(c, v.places.Owner), baseMint: v.coin.mint[:], quoteMint: v.pc.mint[:],
		buy: w.direction == raydium.PcToCoin, limit: w.limit, limited: true,
		baseDecimals: int(v.coin.decimals), quoteDecimals: int(v.pc.decimals),
	}
	fee, known := d.rayFee(c, w)
	if f.buy {
		f.base, f.quote, f.legBase, f.legQuote = w.out, w.in, w.out, w.in-fee
	} else {
		f.base, f.quote, f.legBase, f.legQuote = w.in, w.out, w.in-fee, w.out
	}
	if w.priced {
		after := w.pool.Swapped(w.in, w.out, w.direction)
		f.before = state{priceBase: w.pool.Coin, priceQuote: w.pool.Pc, priced: true}
		f.after = state{priceBase: after.Coin, priceQuote: after.Pc, priced: true}
		if wraps(&f.before, &f.after, f.buy) { // amounts that the reserves cannot have given
			d.stats.of[ray].malformed.Add(1)
			return
		}
	}
	b := d.trade(c, s, &f)
	if known {
		d.fee(b, eventv1.FeeKind_FEE_KIND_SWAP, fee, raydium.SwapFeeBps, !f.buy)
	}
	past := vaultChange{coinAt: v.coinAt, pcAt: v.pcAt, turned: !isBase(b, v.coin.mint), before: &b.trade.ReservesBefore, after: &b.trade.ReservesAfter, trade: b}
	if f.buy {
		past.coin, past.pc = -w.out, w.in
	} else {
		past.coin, past.pc = w.in, -w.out
	}
	d.past = append(d.past, past)
}

func isBase(b *tradeBody, mint *dex.Key) bool { return string(b.trade.Mint) == string(mint[:]) }

// rayFee is the fee inside of a swap's input. It is certain when it leads to exactly the output that the log tells; without
// the pool's reserves the program's rate must do. It is false where the pool has another rate.
func (d *Decoder) rayFee(c *call, w *raySwap) (uint64, bool) {
	if !w.priced {
		return dex.Fee(w.in, raydium.SwapFeeBps)
	}
	if raydium.Kind(c.kind).IsExactOut() {
		in, fee, ok := w.pool.SwapOut(w.out, w.direction)
		if ok && in == w.in {
			return fee, true
		}
	} else if out, fee, ok := w.pool.SwapIn(w.in, w.direction); ok && out == w.out {
		return fee, true
	}
	d.stats.of[ray].disagreement.Add(1)
	return 0, false
}

func (d *Decoder) rayInit(c *call, s eventv1.Strategy, l *raydium.InitLog) {
	p := raydium.Kind(c.kind).Places(accounts(c))
	created := &eventv1.PoolCreated{
		Venue: eventv1.Venue_VENUE_RAYDIUM_V4, Pool: d.account(c, p.Pool), Creator: d.account(c, p.Owner),
		BaseMint: d.account(c, p.CoinMint), QuoteMint: d.account(c, p.PcMint), LpMint: d.account(c, p.LPMint),
		BaseAmount: l.CoinAmount, QuoteAmount: l.PcAmount,
		BaseDecimals: d.pool.u32.of(uint32(l.CoinDecimals)), QuoteDecimals: d.pool.u32.of(uint32(l.PcDecimals)),
	}
	if created.Pool == nil {
		d.lose(c)
		return
	}
	if l.Time != 0 {
		created.OpenTime = d.pool.i64.of(int64(l.Time))
	}
	if lp, ok := d.minted(c, p.LPMint, p.UserLP); ok {
		created.LpAmount = d.pool.u64.of(lp)
		if supply, creator, ok := raydium.FirstLP(l.CoinAmount, l.PcAmount, l.CoinDecimals); ok && creator == lp {
			created.LpSupply = d.pool.u64.of(supply)
		}
	}
	d.seldom(c, s, 0).Body = &eventv1.Record_PoolCreated{PoolCreated: created}
}

// minted is what a call gave out of a mint to a receiver; false when it did not do so exactly once.
func (d *Decoder) minted(c *call, mint, receiver int8) (uint64, bool) {
	at, ok := place(c, mint)
	if !ok {
		return 0, false
	}
	if d.tx.InnerMissing {
		got, ok := ledger{d: d, c: c}.tokens(receiver)
		return magnitude(got), ok && got > 0
	}
	var amount uint64
	times := 0
	for _, i := range d.below(c) {
		in := &d.tx.Inner[i].Instruction
		if !isToken(d.tx.Key(in.Program)) || len(in.Accounts) == 0 || uint32(in.Accounts[0]) != at {
			continue
		}
		if t, ok := spl.ParseToken(in.Data); ok && (t.Kind == spl.MintTo || t.Kind == spl.MintToChecked) {
			amount = t.Amount
			times++
		}
	}
	return amount, times == 1
}

func (d *Decoder) rayDeposit(c *call, s eventv1.Strategy, l *raydium.DepositLog) {
	change := &eventv1.LiquidityChanged{
		Direction:  eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED,
		BaseAmount: l.DeductCoin, QuoteAmount: l.DeductPc, LpAmount: d.pool.u64.of(l.MintLp), LpSupplyBefore: d.pool.u64.of(l.PoolLp),
	}
	before := state{priceBase: l.PoolCoin, priceQuote: l.PoolPc, priced: true}
	after := state{priceBase: l.PoolCoin + l.DeductCoin, priceQuote: l.PoolPc + l.DeductPc, priced: true}
	d.rayLiquidity(c, s, change, before, after, vaultChange{coin: l.DeductCoin, pc: l.DeductPc})
}

func (d *Decoder) rayWithdraw(c *call, s eventv1.Strategy, l *raydium.WithdrawLog) {
	change := &eventv1.LiquidityChanged{
		Direction:  eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED,
		BaseAmount: l.OutCoin, QuoteAmount: l.OutPc, LpAmount: d.pool.u64.of(l.WithdrawLp), LpSupplyBefore: d.pool.u64.of(l.PoolLp),
	}
	before := state{priceBase: l.PoolCoin, priceQuote: l.PoolPc, priced: true}
	after := state{priceBase: l.PoolCoin - l.OutCoin, priceQuote: l.PoolPc - l.OutPc, priced: true}
	d.rayLiquidity(c, s, change, before, after, vaultChange{coin: -l.OutCoin, pc: -l.OutPc})
}

func (d *Decoder) rayLiquidity(c *call, s eventv1.Strategy, l *eventv1.LiquidityChanged, before, after state, past vaultChange) {
	v, ok := d.vaults(c)
	if !ok {
		d.lose(c)
		return
	}
	l.Venue = eventv1.Venue_VENUE_RAYDIUM_V4
	l.Pool, l.Owner, l.LpMint = d.account(c, v.places.Pool), d.account(c, v.places.Owner), d.account(c, v.places.LPMint)
	l.BaseMint, l.QuoteMint = v.coin.mint[:], v.pc.mint[:]
	d.ownerLP(c, v.places.UserLP, l)
	after = d.changed(ray, l, before, after)
	l.ReservesBefore = d.reserves(&eventv1.Reserves{}, &before, false)
	l.ReservesAfter = d.reserves(&eventv1.Reserves{}, &after, false)
	past.coinAt, past.pcAt, past.before, past.after = v.coinAt, v.pcAt, &l.ReservesBefore, &l.ReservesAfter
	d.past = append(d.past, past)
	d.seldom(c, s, 0).Body = &eventv1.Record_LiquidityChanged{LiquidityChanged: l}
}
