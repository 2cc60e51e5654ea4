package market

import (
	"strconv"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// Rents of the accounts of a Raydium v4 pool, and the fee for creating one.
const (
	rentAmm        = 6_124_800
	rentTarget     = 16_258_560
	rentOpenOrders = 23_357_760
	rayCreateFee   = 400_000_000
)

// rayPool is a Raydium v4 pool of a token against wrapped SOL or USDC, either of which may be the coin.
type rayPool struct {
	*account                                       // the amm
	openOrders, target, market, coinVault, pcVault *account
	book                                           [7]*account // market accounts that old lists name: bids, asks, queue, vaults, signer, padding
	lp, coin, pc                                   *mint
	token, quote                                   *mint // coin and pc by who is the currency
	short                                          bool  // uses the account lists of the build without order book
	reserves                                       raydium.PoolReserves
	holders                                        []*holder
	providers                                      []*provider
}

// newRayPool makes a pool of a token that somebody issued before. It is not on chain yet.
func (m *Market) newRayPool(creator *wallet) *rayPool {
	wd := m.world
	p := &rayPool{market: m.newAccount(3_591_360), short: chance(m.rand, 0.5), quote: wd.wsol}
	if chance(m.rand, 0.3) && creator.usdc.amount > 2_000_000_000 {
		p.quote = wd.usdc
	}
	_, symbol, _ := names(m.rand)
	p.token = &mint{account: m.newAccount(rentMint), program: wd.spl, decimals: pick(m.rand, []uint8{6, 9}), symbol: symbol}
	p.token.supply = between(m.rand, 1_000_000, 1_000_000_000) * uint64(powers[p.token.decimals])
	p.coin, p.pc = p.token, p.quote
	if chance(m.rand, 0.35) {
		p.coin, p.pc = p.quote, p.token
	}
	derive := func(what string) *account { return &account{key: pda.Raydium(p.market.key, what)} }
	p.account, p.target, p.openOrders = derive("amm"), derive("target"), derive("open_order")
	p.coinVault = tokenAccount(pda.Raydium(p.market.key, "coin_vault"), wd.rayAuthority, p.coin)
	p.pcVault = tokenAccount(pda.Raydium(p.market.key, "pc_vault"), wd.rayAuthority, p.pc)
	p.lp = &mint{account: derive("lp_mint"), program: wd.spl, decimals: p.coin.decimals}
	for i := range p.book {
		p.book[i] = m.newAccount(rentPool)
	}
	h := m.holderOf(&p.holders, creator, p.token)
	h.token.openWith(wd, p.token.supply)
	return p
}

// side returns the account of the user for one of the pool's mints.
func (p *rayPool) side(h *holder, m *mint) *account {
	switch m {
	case p.token:
		return h.token
	case h.usdc.mint:
		return h.usdc
	}
	return h.wsol
}

// initialize opens the pool with the amounts, which the holder has: wrapped SOL in an open account.
func (t *txn) initialize(p *rayPool, h *holder, coin, pc uint64) {
	wd, user := t.m.world, h.account
	v := &provider{holder: h, lp: tokenAccount(t.m.keys.next(), user, p.lp)}
	p.providers = append(p.providers, v)
	args := raydium.Instruction{Kind: raydium.Initialize2, Nonce: 254, OpenTime: uint64(t.m.time), Coin: coin, Pc: pc}
	t.data = args.Append(t.data)
	t.beginInitialize(p, v)
	t.logInitialize(args)
	t.sysTransfer(user, wd.rayCreateFee, rayCreateFee)
	t.u8(17)
	t.begin(wd.spl, w(wd.rayCreateFee))
	t.log("Program log: Instruction: SyncNative")
	t.end(3_045)
	wd.rayCreateFee.amount += rayCreateFee
	t.raiseRay(p, user)
	t.createToken(user, v.lp)
	t.transfer(p.side(h, p.coin), p.coinVault, user, coin)
	t.transfer(p.side(h, p.pc), p.pcVault, user, pc)
	supply, given, _ := raydium.FirstLP(coin, pc, p.coin.decimals)
	t.mintTo(p.lp, v.lp, wd.rayAuthority, given)
	p.reserves = raydium.PoolReserves{Coin: coin, Pc: pc, LPSupply: supply}
	entry := raydium.InitLog{
		Time: args.OpenTime, PcDecimals: p.pc.decimals, CoinDecimals: p.coin.decimals, PcLotSize: 100, CoinLotSize: 10_000_000,
		PcAmount: pc, CoinAmount: coin, Market: p.market.key,
	}
	t.rayLog(entry.Append(t.scratch[:0]))
	t.fact(geysersim.Truth{
		Kind: geysersim.TruthPoolCreated, Venue: geysersim.VenueRaydiumV4, Mint: p.coin.base58(), QuoteMint: p.pc.base58(),
		Pool: p.base58(), Trader: h.base58(), BaseAmount: coin, QuoteAmount: pc, LPAmount: given,
	})
	t.end(90_000)
}

func (t *txn) beginInitialize(p *rayPool, v *provider) {
	wd := t.m.world
	coin, pc := p.side(v.holder, p.coin), p.side(v.holder, p.pc)
	if p.short {
		t.begin(wd.raydium, r(wd.spl), r(wd.ata), r(wd.system), r(wd.rentSysvar), w(p.account), r(wd.rayAuthority), w(p.lp.account),
			r(p.coin.account), r(p.pc.account), w(p.coinVault), w(p.pcVault), w(p.target), r(wd.rayConfig), w(wd.rayCreateFee),
			r(p.market), ws(v.account), w(coin), w(pc), w(v.lp))
		return
	}
	t.begin(wd.raydium, r(wd.spl), r(wd.ata), r(wd.system), r(wd.rentSysvar), w(p.account), r(wd.rayAuthority), w(p.openOrders),
		w(p.lp.account), r(p.coin.account), r(p.pc.account), w(p.coinVault), w(p.pcVault), w(p.target), r(wd.rayConfig),
		w(wd.rayCreateFee), r(wd.openbook), r(p.market), ws(v.account), w(coin), w(pc), w(v.lp))
}

// logInitialize writes the arguments as the program prints them.
func (t *txn) logInitialize(in raydium.Instruction) {
	n := len(t.notes)
	t.notes = append(t.notes, "Program log: initialize2: InitializeInstruction2 { nonce: "...)
	t.notes = strconv.AppendUint(t.notes, uint64(in.Nonce), 10)
	t.notes = strconv.AppendUint(append(t.notes, ", open_time: "...), in.OpenTime, 10)
	t.notes = strconv.AppendUint(append(t.notes, ", init_pc_amount: "...), in.Pc, 10)
	t.notes = strconv.AppendUint(append(t.notes, ", init_coin_amount: "...), in.Coin, 10)
	t.notes = append(t.notes, " }"...)
	t.logText(n)
}

// raiseRay makes the accounts of the pool.
func (t *txn) raiseRay(p *rayPool, user *account) {
	wd := t.m.world
	t.allot(user, p.target, rentTarget, 2_208, wd.raydium)
	t.allot(user, p.lp.account, rentMint, 82, wd.spl)
	t.u8(0).u8(p.lp.decimals).key(&wd.rayAuthority.key).u8(0)
	t.begin(wd.spl, w(p.lp.account), r(wd.rentSysvar))
	t.log("Program log: Instruction: InitializeMint")
	t.end(2_457)
	for _, vault := range []*account{p.coinVault, p.pcVault} {
		t.allot(user, vault, rentToken, 165, wd.spl)
		t.u8(1)
		t.begin(wd.spl, w(vault), r(vault.mint.account), r(wd.rayAuthority), r(wd.rentSysvar))
		t.log("Program log: Instruction: InitializeAccount")
		t.end(3_443)
		vault.open = true
	}
	t.allot(user, p.account, rentAmm, 752, wd.raydium)
	if !p.short {
		t.allot(user, p.openOrders, rentOpenOrders, 3_228, wd.openbook)
		t.u8(0).u32(15).call(4_000, wd.openbook, w(p.openOrders), r(wd.rayAuthority), r(p.market), r(wd.rentSysvar))
	}
}

// rayLog writes a log entry of the program.
func (t *txn) rayLog(b []byte) {
	t.scratch = b
	t.logData(raydium.LogPrefix, b)
}

// raySwap is one swap before it is carried out.
type raySwap struct {
	kind         raydium.Kind
	direction    uint64
	in, out, fee uint64
	args         raydium.Instruction
}

// planRay works out a swap of about that much of its source.
func (m *Market) planRay(p *rayPool, buy bool, amount uint64) raySwap {
	s := raySwap{direction: raydium.CoinToPc, in: amount}
	if buy == (p.pc == p.quote) {
		s.direction = raydium.PcToCoin
	}
	var ok bool
	if s.out, s.fee, ok = p.reserves.SwapIn(amount, s.direction); !ok || s.out == 0 {
		return raySwap{}
	}
	s.kind = raydium.SwapBaseIn
	if chance(m.rand, 0.25) {
		s.kind = raydium.SwapBaseOut
		if s.in, s.fee, ok = p.reserves.SwapOut(s.out, s.direction); !ok || s.in > amount {
			return raySwap{}
		}
	}
	if p.short {
		s.kind += raydium.SwapBaseInV2 - raydium.SwapBaseIn
	}
	s.args = raydium.Instruction{Kind: s.kind, In: s.in, Out: s.out - s.out/uint64(10+m.rand.IntN(90))}
	if s.kind.IsExactOut() {
		s.args.In, s.args.Out = s.in+s.in/50, s.out
	}
	return s
}

// swapRay carries a swap out. The user's wrapped SOL account is open and holds enough.
func (t *txn) swapRay(p *rayPool, h *holder, s raySwap) {
	wd := t.m.world
	source, destination, from, to := p.side(h, p.coin), p.side(h, p.pc), p.coinVault, p.pcVault
	if s.direction == raydium.PcToCoin {
		source, destination, from, to = destination, source, to, from
	}
	before := p.reserves
	t.data = s.args.Append(t.data)
	t.beginRay(p, h, s.kind, source, destination)
	if s.kind.IsExactOut() {
		l := raydium.SwapBaseOutLog{
			MaxIn: s.args.In, AmountOut: s.out, Direction: s.direction, UserSource: source.amount, PoolCoin: before.Coin,
			PoolPc: before.Pc, DeductIn: s.in,
		}
		t.rayLog(l.Append(t.scratch[:0]))
	} else {
		l := raydium.SwapBaseInLog{
			AmountIn: s.in, MinimumOut: s.args.Out, Direction: s.direction, UserSource: source.amount, PoolCoin: before.Coin,
			PoolPc: before.Pc, OutAmount: s.out,
		}
		t.rayLog(l.Append(t.scratch[:0]))
	}
	if t.slips {
		t.log("Program log: Error: exceeds desired slippage limit")
		t.fail(20_000, 30)
		return
	}
	t.transfer(source, from, h.account, s.in)
	t.transfer(to, destination, wd.rayAuthority, s.out)
	p.reserves = before.Swapped(s.in, s.out, s.direction)
	t.factRay(p, h, s, destination == h.token, before)
	t.end(22_000)
}

func (t *txn) beginRay(p *rayPool, h *holder, kind raydium.Kind, source, destination *account) {
	wd := t.m.world
	if kind == raydium.SwapBaseInV2 || kind == raydium.SwapBaseOutV2 {
		t.begin(wd.raydium, r(wd.spl), w(p.account), r(wd.rayAuthority), w(p.coinVault), w(p.pcVault), w(source), w(destination),
			s(h.account))
		return
	}
	b := &p.book
	t.begin(wd.raydium, r(wd.spl), w(p.account), r(wd.rayAuthority), w(p.openOrders), w(p.target), w(p.coinVault), w(p.pcVault),
		r(wd.openbook), w(p.market), w(b[0]), w(b[1]), w(b[2]), w(b[3]), w(b[4]), r(b[5]), w(source), w(destination), s(h.account))
}

func (t *txn) factRay(p *rayPool, h *holder, s raySwap, buy bool, before raydium.PoolReserves) {
	f := geysersim.Truth{
		Kind: geysersim.TruthTrade, Venue: geysersim.VenueRaydiumV4, Mint: p.token.base58(), QuoteMint: p.quote.base58(),
		Pool: p.base58(), Trader: h.base58(), Side: side(buy), BaseAmount: s.in, QuoteAmount: s.out, PoolQuoteAmount: s.out,
		Limit: s.args.Out, ExactIn: !s.kind.IsExactOut(), BaseDecimals: uint32(p.token.decimals), QuoteDecimals: uint32(p.quote.decimals),
		Before: p.turned(before), After: p.turned(p.reserves),
	}
	if buy {
		f.BaseAmount, f.QuoteAmount, f.PoolQuoteAmount = s.out, s.in, s.in-s.fee
	}
	if s.kind.IsExactOut() {
		f.Limit = s.args.In
	}
	f.Fees = []geysersim.TruthFee{{Kind: "swap", Amount: s.fee, InBase: !buy}}
	t.fact(f)
}

// turned gives reserves with the token as base.
func (p *rayPool) turned(v raydium.PoolReserves) *geysersim.TruthReserves {
	if p.coin != p.token {
		v.Coin, v.Pc = v.Pc, v.Coin
	}
	return &geysersim.TruthReserves{Base: v.Coin, Quote: v.Pc, PriceBase: v.Coin, PriceQuote: v.Pc}
}
