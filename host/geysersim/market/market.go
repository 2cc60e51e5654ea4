// Package market is an endless, seeded DEX market: wallets that launch, trade, migrate and fund coins on the pump curve, PumpSwap
// and Raydium v4. It gives blocks of transactions as a node would report them, with lamports and balances that add up and the
// events of the real programs in their newest layouts, and beside each one the truth of what happened.
package market

import (
	"bytes"
	"context"
	"math/rand/v2"
	"time"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
)

const (
	walletCount = 256
	holderCap   = 48 // of one coin or pool
	sol         = 1_000_000_000
)

// Market is a geysersim.Source. One goroutine calls it. Its memory is bounded: coins and pools beyond Options.Tokens are forgotten.
type Market struct {
	opt     Options
	rand    *rand.Rand
	keys    keyMaker
	world   *world
	wallets []*wallet
	txn     *txn

	slot, parent, height uint64
	time                 int64
	ticks                int64
	recent               dex.Key
	recentBytes          []byte // the same; transactions keep it, so that it is new for each slot
	hash, parentHash     string
	block                *geysersim.Block

	coins []*coin // on the curve
	ripe  []*coin // complete, to be migrated
	swaps []*swapPool
	rays  []*rayPool
	deals []deal

	opened uint16 // pools opened by hand, for their indexes

	staged  int // patterns begun
	plans   []*plan
	dollars *rayPool // nil without Options.Dollars
}

var (
	_ geysersim.Source = (*Market)(nil)
	_ geysersim.Sized  = (*Market)(nil)
)

// New makes a market without coins; its first blocks are mostly launches.
func New(o Options) *Market {
	o = o.withDefaults()
	m := &Market{
		opt: o, rand: rand.New(rand.NewPCG(o.Seed, 0x7765_6972)), keys: keyMaker{seed: mix(o.Seed)},
		slot: o.StartSlot - 1, parent: o.StartSlot - 1, height: o.StartSlot - 21_000_000,
	}
	if o.StartSlot < 21_000_001 {
		m.height = o.StartSlot
	}
	m.world = newWorld(&m.keys)
	m.txn = &txn{m: m}
	for range walletCount {
		m.wallets = append(m.wallets, m.newWallet())
	}
	m.recent = m.keys.next()
	m.recentBytes = bytes.Clone(m.recent[:])
	m.hash = base58.Encode(m.recent[:])
	if o.Dollars {
		m.dollars = m.newDollarPool()
	}
	return m
}

// SetBlockSize says how many transactions the next blocks have, about.
func (m *Market) SetBlockSize(transactions int) {
	m.opt.TransactionsPerSlot = max(transactions, 1)
	m.opt.Tokens = max(m.opt.Tokens, transactions/4)
}

// Next gives the block of the next slot that has one. It never ends.
func (m *Market) Next(ctx context.Context) (*geysersim.Block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.advance()
	n := m.opt.TransactionsPerSlot
	n += int((m.rand.Float64() - 0.5) * float64(n) * 2 / 3)
	b := &geysersim.Block{
		Slot: m.slot, Parent: m.parent, Height: m.height, Time: m.time, Hash: m.hash, ParentHash: m.parentHash,
		Transactions: make([]geysersim.Transaction, 0, max(n, 1)),
	}
	m.block = b
	if m.opt.Staged > 0 {
		m.proceed()
	}
	for len(b.Transactions) < max(n, 1) {
		if m.opt.Staged > 0 && chance(m.rand, m.opt.Staged/float64(n)) {
			m.stage()
			continue
		}
		m.act()
	}
	return b, nil
}

// advance goes to the next slot that has a block.
func (m *Market) advance() {
	m.parent, m.parentHash = m.slot, m.hash
	for {
		m.slot++
		m.ticks++
		if m.slot == m.opt.StartSlot || !chance(m.rand, m.opt.SkippedSlots) {
			break
		}
	}
	m.height++
	m.time = m.opt.StartTime + int64(time.Duration(m.ticks-1)*m.opt.SlotTime/time.Second)
	m.recent = m.keys.next()
	m.recentBytes = bytes.Clone(m.recent[:])
	m.hash = base58.Encode(m.recent[:])
}

// act makes one transaction. Migrations that are due go first, and a young market launches coins more often.
func (m *Market) act() {
	if len(m.ripe) > 0 && m.ripe[0].due <= m.slot {
		m.actMigrate()
		return
	}
	if m.dollars != nil && chance(m.rand, 0.04) {
		m.actDollars()
		return
	}
	what := m.opt.Mix.draw(m.rand)
	if len(m.coins) < 6 && m.opt.Mix.Create > 0 && what != doVote {
		what = doCreate
	}
	switch what {
	case doCreate:
		m.actCreate()
	case doRayCreate:
		m.actRayCreate()
	case doSwapCreate:
		m.actSwapCreate()
	case doSwapLiquidity:
		m.actSwapLiquidity()
	case doRayLiquidity:
		m.actRayLiquidity()
	case doCurve, doSwap, doRay:
		m.actTrade(what)
	case doVote:
		m.actVote()
	default:
		m.actNoise()
	}
}

// close ends the transaction in hand and puts it into the block.
func (m *Market) close() {
	t := m.txn
	if t.failed != nil {
		t.undo()
	}
	t.used[0].account.lamports -= t.fee()
	index := uint64(len(m.block.Transactions))
	out := t.finish(index)
	t.sign(out.Info.Signature, index)
	m.block.Transactions = append(m.block.Transactions, out)
}

// derived returns the address that a program owns for a seed and keys.
func (m *Market) derived(program *account, seed string, keys ...[]byte) *account {
	seeds := append([][]byte{[]byte(seed)}, keys...)
	k, _ := pda.Find(program.key, seeds...)
	return &account{key: k}
}

// associated returns the owner's token account at its associated address.
func (m *Market) associated(owner *account, mt *mint) *account {
	return tokenAccount(pda.TokenAccount(owner.key, mt.key, mt.program.key), owner, mt)
}

// newWallet makes somebody with money.
func (m *Market) newWallet() *wallet {
	u := &wallet{account: m.newAccount(between(m.rand, 50*sol, 800*sol))}
	u.wsol = tokenAccount(m.keys.next(), u.account, m.world.wsol)
	u.usdc = tokenAccount(m.keys.next(), u.account, m.world.usdc).openWith(m.world, between(m.rand, 1_000_000_000, 90_000_000_000))
	u.volume, u.volumeQuote = m.newAccount(1_844_400), m.newAccount(0)
	return u
}

// wallet returns somebody with at least that many lamports. Who has become too poor is replaced.
func (m *Market) wallet(lamports uint64) *wallet {
	i := m.rand.IntN(len(m.wallets))
	for m.wallets[i].lamports < lamports+sol {
		m.wallets[i] = m.newWallet()
	}
	return m.wallets[i]
}

// price is a priority fee in micro-lamports for a compute unit.
func (m *Market) price() uint64 {
	return between(m.rand, 1, 80) * between(m.rand, 100, 50_000)
}

// stake is what somebody buys for, lamports: mostly little.
func (m *Market) stake() uint64 {
	return between(m.rand, sol/100, sol/40) << m.rand.IntN(8)
}

// devStake is what the creator of a coin buys at once.
func (m *Market) devStake(c *coin) uint64 {
	if c.hot {
		return between(m.rand, 2*sol, 6*sol)
	}
	return m.stake()
}
