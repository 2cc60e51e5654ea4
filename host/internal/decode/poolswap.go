package decode

import (
	"bytes"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// poolSide is one side of a swap on a pool whose vaults are named by direction: what went in, or what came out.
type poolSide struct {
	mint     []byte
	decimals int
	vault    int64  // index into tx.Keys, -1: not known
	user     uint64 // what the trader gave or got
	moved    uint64 // what reached or left the vault
	leg      uint64 // what the price saw
	fee      uint64 // transfer fee of the token program
	price    uint64 // reserve of the price formula before
}

// poolSwap is a swap on CPMM or CLMM.
type poolSwap struct {
	pool, user []byte
	in, out    poolSide
	zeroIn     bool // token 0, which records call base, went in
	named      bool // the venue says which is base: zeroIn is not a matter of addresses
	priced     bool // both prices are known
	limit      uint64
	limited    bool
	exactIn    *bool
}

// exactly is a pointer to a bool that nobody writes to.
func exactly(v bool) *bool {
	if v {
		return &yes
	}
	return &no
}

// side fills in what an instruction's accounts and the balances say of a side.
func (d *Decoder) side(s *poolSide, c *call, mint, vault int8) {
	s.vault = -1
	var held balance
	if at, ok := place(c, vault); ok {
		s.vault, held = int64(at), d.balanceOf(at)
	}
	if s.mint == nil {
		s.mint = d.account(c, mint)
	}
	if s.mint == nil && held.mint != nil {
		s.mint = held.mint[:]
	}
	if s.mint != nil {
		s.decimals = d.decimalsOf(s.mint, held)
	}
	if held.mint != nil && !bytes.Equal(s.mint, held.mint[:]) {
		d.stats.of[c.venue].disagreement.Add(1)
	}
}

// poolTrade makes the record of a swap.
func (d *Decoder) poolTrade(c *call, s eventv1.Strategy, w *poolSwap) *tradeBody {
	f := swapFacts{pool: w.pool, user: w.user, limit: w.limit, limited: w.limited, buy: !w.zeroIn}
	zero, one := &w.in, &w.out
	if f.buy {
		zero, one = one, zero
	}
	f.baseMint, f.base, f.legBase, f.baseDecimals = zero.mint, zero.user, zero.leg, zero.decimals
	f.quoteMint, f.quote, f.legQuote, f.quoteDecimals = one.mint, one.user, one.leg, one.decimals
	f.before = state{priceBase: zero.price, priceQuote: one.price, priced: w.priced}
	b := d.trade(c, s, &f)
	b.trade.ExactIn = w.exactIn
	d.fee(b, eventv1.FeeKind_FEE_KIND_TRANSFER, w.in.fee, -1, w.zeroIn)
	d.fee(b, eventv1.FeeKind_FEE_KIND_TRANSFER, w.out.fee, -1, !w.zeroIn)
	if zero.vault < 0 || one.vault < 0 {
		return b
	}
	past := vaultChange{
		coinAt: uint32(zero.vault), pcAt: uint32(one.vault), turned: string(b.trade.Mint) != string(zero.mint),
		coin: w.in.moved, pc: -w.out.moved, before: &b.trade.ReservesBefore, after: &b.trade.ReservesAfter, trade: b,
	}
	if f.buy {
		past.coin, past.pc = past.pc, past.coin
	}
	d.past = append(d.past, past)
	return b
}

// poolChange is liquidity that came to or left a pool of CPMM or CLMM.
type poolChange struct {
	record         *eventv1.LiquidityChanged
	vault0, vault1 int8   // places of the vaults
	moved0, moved1 uint64 // added to them, in two's complement
	before, after  state
}

func (d *Decoder) poolLiquidity(c *call, s eventv1.Strategy, w poolChange) {
	l := w.record
	l.Venue = wire[c.venue]
	l.ReservesBefore = d.reserves(&eventv1.Reserves{}, &w.before, false)
	l.ReservesAfter = d.reserves(&eventv1.Reserves{}, &w.after, false)
	at0, ok0 := place(c, w.vault0)
	at1, ok1 := place(c, w.vault1)
	if ok0 && ok1 {
		d.past = append(d.past, vaultChange{
			coinAt: at0, pcAt: at1, coin: w.moved0, pc: w.moved1, before: &l.ReservesBefore, after: &l.ReservesAfter,
		})
		l.BaseMint, l.QuoteMint = mintOr(l.BaseMint, d.balanceOf(at0)), mintOr(l.QuoteMint, d.balanceOf(at1))
	}
	d.seldom(c, s, 0).Body = &eventv1.Record_LiquidityChanged{LiquidityChanged: l}
}

// changed gives the reserves after liquidity was added or removed, none where they cannot be those.
func (d *Decoder) changed(v venue, l *eventv1.LiquidityChanged, before, after state) state {
	if follows(&before, &after, l.Direction == eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED) {
		return after
	}
	d.stats.of[v].disagreement.Add(1)
	return state{}
}

// follows tells whether reserves can be those after liquidity was added or removed: computing them did not go past the end of the
// numbers.
func follows(before, after *state, added bool) bool {
	if !added {
		before, after = after, before
	}
	return before.priceBase <= after.priceBase && before.priceQuote <= after.priceQuote && before.base <= after.base && before.quote <= after.quote
}

func mintOr(mint []byte, held balance) []byte {
	if mint == nil && held.mint != nil {
		return held.mint[:]
	}
	return mint
}

// before0 tells which of two mints is token 0: the program demands the lower address.
func before0(a, b []byte) bool { return bytes.Compare(a, b) < 0 }

// knownDecimals is an optional number of decimals.
func (d *Decoder) knownDecimals(mint []byte, held balance) *uint32 {
	if mint == nil {
		return nil
	}
	if n := d.decimalsOf(mint, held); n >= 0 {
		return d.pool.u32.of(uint32(n))
	}
	return nil
}

// isPool tells whether an instruction names that pool where its kind has it.
func (d *Decoder) isPool(c *call, at int8, pool *dex.Key) bool {
	return bytes.Equal(d.account(c, at), pool[:])
}
