package trading

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// What makes a copy trader: buying copyCoins different coins within copySlots slots behind the same wallet, all within copyMemory slots
// (about an hour). Of each coin the newest copyBuyers different buyers are looked at.
const (
	copyCoins  = 3
	copySlots  = 10
	copyMemory = 9000
	copyBuyers = 4
)

// bought is a buy that others may follow, or that followed one.
type bought struct {
	trader      sdk.Key
	slot        uint64
	signature   [64]byte
	base, quote uint64
}

// follow is a wallet behind another one.
type follow struct{ leader, follower sdk.Key }

// copied is a coin that both bought.
type copied struct {
	mint         sdk.Key
	first, later bought
}

// copies is what copy trading is told by.
type copies struct {
	buyers  *keyed.Map[sdk.Key, []bought]
	follows *keyed.Map[follow, []copied]
}

func newCopies() copies {
	return copies{
		buyers: keyed.NewMap(keyed.Codec[sdk.Key, []bought]{
			AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key, Append: appendBuyers, Read: readBuyers,
		}),
		follows: keyed.NewMap(keyed.Codec[follow, []copied]{
			AppendKey: func(b []byte, k follow) []byte { return pack.AppendKey(pack.AppendKey(b, k.leader), k.follower) }, ReadKey: readFollow,
			Append: appendCoins, Read: readCoins,
		}),
	}
}

// followed looks at whom a buyer may have followed. Who follows back was no leader: both chase the same coins.
func (m *monitor) followed(r *sdk.Record, t *sdk.Trade) {
	now := bought{trader: sdk.KeyOf(t.GetTrader()), slot: r.GetSlot(), base: t.GetBaseAmount(), quote: t.GetQuoteAmount()}
	copy(now.signature[:], r.GetSignature())
	mint := sdk.KeyOf(t.GetMint())
	c := &m.state.copies
	if !c.buyers.Has(mint) && c.buyers.Len() >= m.config.MaxTraders {
		c.buyers.DeleteOldest()
	}
	c.buyers.Put(mint)
	buyers := c.buyers.Touch(mint)
	if at := slices.IndexFunc(*buyers, func(b bought) bool { return b.trader == now.trader }); at >= 0 {
		*buyers = slices.Delete(*buyers, at, at+1) // who bought before is no follower
	} else {
		for _, leader := range *buyers {
			if now.slot > leader.slot && now.slot-leader.slot <= copySlots {
				m.countCopy(r, t, copied{mint: mint, first: leader, later: now})
			}
		}
	}
	if len(*buyers) == copyBuyers {
		*buyers = slices.Delete(*buyers, 0, 1)
	}
	*buyers = append(*buyers, now)
}

func (m *monitor) countCopy(r *sdk.Record, t *sdk.Trade, c copied) {
	all := m.state.copies.follows
	back := follow{leader: c.later.trader, follower: c.first.trader}
	if all.Has(back) {
		all.Delete(back)
		return
	}
	k := follow{leader: c.first.trader, follower: c.later.trader}
	if !all.Has(k) && all.Len() >= m.config.MaxTraders {
		all.DeleteOldest()
	}
	all.Put(k)
	coins := all.Touch(k)
	*coins = slices.DeleteFunc(*coins, func(old copied) bool { return old.later.slot+copyMemory < c.later.slot })
	if slices.ContainsFunc(*coins, func(old copied) bool { return old.mint == c.mint }) {
		return
	}
	*coins = append(*coins, c)
	if len(*coins) < copyCoins {
		return
	}
	f := single(r, t)
	f.Evidence, f.Pool, f.QuoteMint, f.Count, f.Wallets = nil, nil, nil, copyCoins, 1
	for i := range *coins {
		one := &(*coins)[i]
		f.Evidence = append(f.Evidence, one.first.evidence(sdk.RoleLeader, one.mint), one.later.evidence(sdk.RoleLeg, one.mint))
	}
	m.emit("copy_trade", c.mint, f)
	all.Delete(k)
}

func (b *bought) evidence(role sdk.FindingRole, mint sdk.Key) *sdk.FindingTrade {
	return &sdk.FindingTrade{
		Role: role, Signature: b.signature[:], Slot: b.slot, Trader: b.trader.Bytes(), Side: sdk.Buy, BaseAmount: b.base, QuoteAmount: b.quote,
		Mint: mint.Bytes(),
	}
}

func (b *bought) append(to []byte) []byte {
	to = append(pack.AppendKey(to, b.trader), b.signature[:]...)
	return pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(to, b.slot), b.base), b.quote)
}

const smallestBought = 32 + 64 + 3

func readBought(r *pack.Reader) (b bought) {
	b.trader, b.signature = r.Key(), readSignature(r)
	b.slot, b.base, b.quote = r.Uvarint(), r.Uvarint(), r.Uvarint()
	return b
}

func readFollow(r *pack.Reader) follow { return follow{leader: r.Key(), follower: r.Key()} }

func appendBuyers(b []byte, buyers *[]bought) []byte {
	b = pack.AppendUvarint(b, uint64(len(*buyers)))
	for i := range *buyers {
		b = (*buyers)[i].append(b)
	}
	return b
}

func readBuyers(r *pack.Reader, buyers *[]bought) {
	for range r.Count(smallestBought) {
		*buyers = append(*buyers, readBought(r))
	}
}

func appendCoins(b []byte, coins *[]copied) []byte {
	b = pack.AppendUvarint(b, uint64(len(*coins)))
	for i := range *coins {
		one := &(*coins)[i]
		b = one.later.append(one.first.append(pack.AppendKey(b, one.mint)))
	}
	return b
}

func readCoins(r *pack.Reader, coins *[]copied) {
	for range r.Count(32 + 2*smallestBought) {
		*coins = append(*coins, copied{mint: r.Key(), first: readBought(r), later: readBought(r)})
	}
}

// read reads those of a state in one piece.
func (c *copies) read(r *pack.Reader) {
	for range r.Count(33) {
		readBuyers(r, c.buyers.Put(r.Key()))
	}
	for range r.Count(65) {
		readCoins(r, c.follows.Put(readFollow(r)))
	}
}
