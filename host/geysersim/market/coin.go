package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// coin is a token of the pump program and its curve.
type coin struct {
	*mint
	name, uri string
	creator   *wallet
	hot       bool // bought fast until it completes
	keepsFees bool // traded with the v3 instructions too
	legacy    bool // created with create: SPL Token and Metaplex metadata

	curve, vault, quoteVault, curveV2, sharing *account
	creatorVault, creatorQuote                 *account
	authority                                  *account // pool authority

	state    pumpfun.Curve
	kept     uint64 // lamports of fees that wait on the curve
	owed     uint64 // the creator's part of kept
	complete bool
	opening  pumpfun.Opening // of the pool, once the curve is complete
	due      uint64          // slot from which it may migrate
	holders  []*holder
}

// holder is a wallet with its account of one token.
type holder struct {
	*wallet
	token *account
}

// newCoin makes a coin of the creator that is not on chain yet. Its addresses are the real derived ones where a consumer could
// check them.
func (m *Market) newCoin(creator *wallet) *coin {
	wd := m.world
	c := &coin{creator: creator, legacy: chance(m.rand, 0.3)}
	program := wd.token2022
	if c.legacy {
		program = wd.spl
	}
	name, symbol, uri := names(m.rand)
	c.name, c.uri = name, uri
	c.mint = &mint{account: m.newAccount(0), program: program, decimals: pumpfun.Decimals, symbol: symbol}
	c.curve = m.derived(wd.pump, "bonding-curve", c.key[:])
	c.curveV2 = m.newAccount(0) // nobody reads it
	c.authority = m.derived(wd.pump, "pool-authority", c.key[:])
	if creator.creatorVault == nil {
		creator.creatorVault = m.derived(wd.pump, "creator-vault", creator.key[:])
		creator.creatorVault.lamports = rentWallet
	}
	c.creatorVault = creator.creatorVault
	c.vault = m.associated(c.curve, c.mint)
	c.quoteVault, c.creatorQuote, c.sharing = m.newAccount(0), m.newAccount(0), m.newAccount(0)
	c.state = pumpfun.Start(pumpfun.InitialVirtualSOL)
	c.hot = chance(m.rand, m.opt.HotShare)
	c.keepsFees = chance(m.rand, 0.4)
	return c
}

// holderOf returns the wallet's place among the holders and enters it when it is new.
func (m *Market) holderOf(list *[]*holder, u *wallet, mt *mint) *holder {
	for _, h := range *list {
		if h.wallet == u {
			return h
		}
	}
	h := &holder{u, tokenAccount(m.keys.next(), u.account, mt)}
	*list = append(*list, h)
	return h
}

// create launches the coin, and its creator may buy at once in the same transaction.
func (t *txn) create(c *coin) {
	t.begins(c.creator)
	if t.budget(400_000, t.m.price()); c.legacy {
		t.createV1(c)
	} else {
		t.createV2(c)
	}
	h := t.m.holderOf(&c.holders, c.creator, c.mint)
	if chance(t.m.rand, 0.7) {
		t.createToken(c.creator.account, h.token)
		t.buyCurve(c, h, pumpfun.BuyExactSolIn, t.m.devStake(c))
	}
}

func (t *txn) createV1(c *coin) {
	wd, user := t.m.world, c.creator.account
	metadata := t.m.derived(wd.metaplex, "metadata", wd.metaplex.key[:], c.key[:])
	t.instruction(pumpfun.Instruction{Kind: pumpfun.CreateV1, Name: []byte(c.name), Symbol: []byte(c.symbol), URI: []byte(c.uri), Creator: user.key})
	t.begin(wd.pump, ws(c.account), r(wd.mintAuthority), w(c.curve), w(c.vault), r(wd.pumpGlobal), r(wd.metaplex), w(metadata),
		ws(user), r(wd.system), r(wd.spl), r(wd.ata), r(wd.rentSysvar), r(wd.pumpEvents), r(wd.pump))
	t.log("Program log: Instruction: Create")
	t.createAccount(user, c.account, rentMint, 82, wd.spl)
	t.initMint(c)
	t.createAccount(user, c.curve, rentCurve, 166, wd.pump)
	t.createToken(user, c.vault)
	t.u8(33).text(c.name).text(c.symbol).text(c.uri).u32(0).u32(0)
	t.begin(wd.metaplex, w(metadata), r(c.account), r(wd.mintAuthority), ws(user), r(wd.mintAuthority), r(wd.system))
	t.log("Program log: IX: Create Metadata Accounts v3")
	t.allot(user, metadata, rentMetadata, 679, wd.metaplex)
	t.end(37_000)
	t.launch(c)
}

func (t *txn) createV2(c *coin) {
	wd, user := t.m.world, c.creator.account
	state, vault := t.m.newAccount(0), t.m.newAccount(0)
	t.instruction(pumpfun.Instruction{Kind: pumpfun.CreateV2, Name: []byte(c.name), Symbol: []byte(c.symbol), URI: []byte(c.uri), Creator: user.key})
	t.begin(wd.pump, ws(c.account), r(wd.mintAuthority), w(c.curve), w(c.vault), r(wd.pumpGlobal), ws(user), r(wd.system),
		r(wd.token2022), r(wd.ata), w(wd.mayhem), r(wd.mayhemParams), w(wd.mayhemVault), w(state), w(vault), r(wd.pumpEvents),
		r(wd.pump), r(wd.wsol.account), w(c.quoteVault), r(wd.spl), r(wd.quoteControl))
	t.log("Program log: Instruction: CreateV2")
	t.createAccount(user, c.account, rentMint2022, 234, wd.token2022)
	t.u8(39).u8(0).key(&dex.Key{}).key(&c.key)
	t.begin(wd.token2022, w(c.account))
	t.log("Program log: MetadataPointerInstruction::Initialize")
	t.end(925)
	t.initMint(c)
	t.createAccount(user, c.curve, rentCurve, 166, wd.pump)
	t.createToken(user, c.vault)
	t.tag(0xd2e11ea258b84d8d).text(c.name).text(c.symbol).text(c.uri)
	t.begin(wd.token2022, w(c.account), r(wd.mintAuthority), r(c.account), r(wd.mintAuthority))
	t.log("Program log: TokenMetadataInstruction: Initialize")
	t.end(3_522)
	t.launch(c)
}

func (t *txn) initMint(c *coin) {
	t.u8(20).u8(c.decimals).key(&t.m.world.mintAuthority.key).u8(0)
	t.begin(c.program, w(c.account))
	t.log("Program log: Instruction: InitializeMint2")
	t.end(1_772)
}

// launch mints the supply to the curve, gives up the mint authority and tells of the coin: the end of both creates.
func (t *txn) launch(c *coin) {
	wd := t.m.world
	t.mintTo(c.mint, c.vault, wd.mintAuthority, pumpfun.Supply)
	t.u8(6).u8(0).u8(0)
	t.begin(c.program, w(c.account), r(wd.mintAuthority))
	t.log("Program log: Instruction: SetAuthority")
	t.end(1_044)
	t.created = pumpfun.CreateEvent{
		Name: []byte(c.name), Symbol: []byte(c.symbol), URI: []byte(c.uri), Mint: c.key, BondingCurve: c.curve.key,
		User: c.creator.key, Creator: c.creator.key, Timestamp: t.m.time,
		VirtualTokenReserves: c.state.VirtualToken, VirtualSolReserves: c.state.VirtualQuote,
		RealTokenReserves: c.state.RealToken, TokenTotalSupply: pumpfun.Supply, TokenProgram: c.program.key,
		VirtualQuoteReserves: c.state.VirtualQuote,
	}
	t.event(wd.pumpEvents, &t.created)
	t.fact(geysersim.Truth{
		Kind: geysersim.TruthTokenCreated, Venue: geysersim.VenuePump, Mint: c.base58(), QuoteMint: wd.wsol.base58(),
		Pool: c.curve.base58(), Trader: c.creator.base58(), Name: c.name, Symbol: c.symbol, URI: c.uri,
		After: curveReserves(c.state),
	})
	t.end(30_000)
}

// instruction appends the data of a pump instruction.
func (t *txn) instruction(in pumpfun.Instruction) { t.data = in.Append(t.data) }

// text appends a string as Borsh writes it.
func (t *txn) text(s string) *txn {
	t.u32(uint32(len(s)))
	t.data = append(t.data, s...)
	return t
}

func curveReserves(c pumpfun.Curve) *geysersim.TruthReserves {
	return &geysersim.TruthReserves{Base: c.RealToken, Quote: c.RealQuote, PriceBase: c.VirtualToken, PriceQuote: c.VirtualQuote}
}
