package trading

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/pack"
)

// findings are the kinds that detect can name.
var findings = []string{"sandwich", "back_run", "arbitrage", "bundle", "whale", "sniper", "wash", "bundled_launch", "copy_trade", "creator_dump"}

func (m *monitor) wants(kind string) bool { return slices.Contains(m.config.Detect, kind) }

// detect looks at a trade of time at for all that is asked for.
func (m *monitor) detect(r *sdk.Record, t *sdk.Trade, at int64) {
	if len(m.config.Detect) == 0 {
		return
	}
	m.watch(r, t)
	if t.GetAgent() {
		return
	}
	if m.wants("whale") && m.large() {
		m.emit("whale", sdk.KeyOf(t.GetMint()), single(r, t))
	}
	if m.wants("sniper") && t.GetSide() == sdk.Buy {
		m.snipe(r, t)
	}
	if m.wants("creator_dump") && t.GetSide() == sdk.Sell {
		m.dumped(r, t)
	}
	if m.wants("copy_trade") && t.GetSide() == sdk.Buy {
		m.followed(r, t)
	}
	if m.wants("wash") {
		m.wash(r, t, at)
	}
}

// single is a finding of one trade.
func single(r *sdk.Record, t *sdk.Trade) *sdk.Finding {
	s := swapOf(r, t)
	e := s.evidence(sdk.RoleLeg, r.GetSlot())
	e.TxIndex = r.TxIndex
	return &sdk.Finding{
		Slot: r.GetSlot(), Mint: s.mint.Bytes(), QuoteMint: s.quote.Bytes(), Pool: s.pool.Bytes(), Actor: s.trader.Bytes(),
		Evidence: []*sdk.FindingTrade{e},
	}
}

// large says whether the trade just reported is that of a whale: by its dollars where they are known, else by its SOL.
func (m *monitor) large() bool {
	r := &m.report.message
	if r.UsdMicros != nil {
		return r.GetUsdMicros()/million >= m.config.WhaleDollars
	}
	return sdk.KeyOf(r.GetQuoteMint()) == wrappedSOL && r.GetPoolQuoteAmount() >= m.config.WhaleLamports
}

// launch is a coin in its first slots.
type launch struct {
	slot, tx      uint64
	indexed       bool
	signature     [64]byte
	creator, user sdk.Key
	snipers       []sdk.Key // reported, at most maxSnipers
}

// maxSnipers is how many snipers of one coin are reported.
const maxSnipers = 64

// maxLaunches is how many coins are in their first slots at most.
const maxLaunches = 10_000

type launches struct {
	coins bounded.Map[sdk.Key, launch]
}

// forget drops those that are too old to be sniped.
func (l *launches) forget(slot, slots uint64) {
	for l.coins.Len() > 0 {
		for _, oldest := range l.coins.All() {
			if oldest.slot+slots >= slot && l.coins.Len() <= maxLaunches {
				return
			}
			break
		}
		l.coins.DeleteOldest()
	}
}

func (m *monitor) created(r *sdk.Record, c *sdk.TokenCreated) error {
	if len(m.config.Detect) == 0 {
		return nil
	}
	m.reach(r.GetSlot())
	l := m.state.launches.coins.Put(sdk.KeyOf(c.GetMint()))
	*l = launch{
		slot: r.GetSlot(), tx: r.GetTxIndex(), indexed: r.TxIndex != nil, creator: sdk.KeyOf(c.GetCreator()), user: sdk.KeyOf(c.GetUser()),
	}
	copy(l.signature[:], r.GetSignature())
	if m.wants("creator_dump") {
		m.originated(sdk.KeyOf(c.GetMint()), *l, c.GetTotalSupply())
	}
	return nil
}

func (l *launch) evidence() *sdk.FindingTrade {
	e := &sdk.FindingTrade{Role: sdk.RoleCreation, Signature: l.signature[:], Slot: l.slot, Trader: l.user.Bytes()}
	if l.indexed {
		e.TxIndex = new(l.tx)
	}
	return e
}

func (l *launch) own(k sdk.Key) bool { return k == l.creator || k == l.user }

// snipe reports each wallet that bought within the first slots, once a coin.
func (m *monitor) snipe(r *sdk.Record, t *sdk.Trade) {
	mint, trader := sdk.KeyOf(t.GetMint()), sdk.KeyOf(t.GetTrader())
	l := m.state.launches.coins.Get(mint)
	if l == nil || r.GetSlot() < l.slot || r.GetSlot() > l.slot+m.config.SniperSlots || l.own(trader) {
		return
	}
	if slices.Contains(l.snipers, trader) || len(l.snipers) >= maxSnipers {
		return
	}
	l.snipers = append(l.snipers, trader)
	f := single(r, t)
	f.Evidence = slices.Insert(f.Evidence, 0, l.evidence())
	f.Trades, f.Count = 1, r.GetSlot()-l.slot
	m.emit("sniper", mint, f)
}

// bundledLaunches finds coins that two or more wallets beside the creator bought in the transactions right behind the creation.
func (m *monitor) bundledLaunches(slot uint64, all []*swap) {
	for mint, l := range m.state.launches.coins.All() {
		if l.slot != slot || !l.indexed {
			continue
		}
		f := &sdk.Finding{Slot: slot, Mint: mint[:], Actor: l.user.Bytes(), Evidence: []*sdk.FindingTrade{l.evidence()}}
		wallets := map[sdk.Key]bool{}
		last, tipped := l.tx, uint64(0)
		for _, s := range all {
			if s.mint != mint || s.side != sdk.Buy || s.tx < l.tx || s.agent {
				continue
			}
			if s.tx > last+1 {
				break
			}
			if last = s.tx; s.tx+1 != tipped {
				f.Tips, tipped = f.Tips+s.tip, s.tx+1
			}
			f.QuoteMint, f.Pool = s.quote.Bytes(), s.pool.Bytes()
			f.Evidence = append(f.Evidence, s.evidence(sdk.RoleLeg, slot))
			if !l.own(s.trader) {
				wallets[s.trader] = true
			}
		}
		if len(wallets) >= 2 {
			f.Wallets, f.Trades = uint64(len(wallets)), uint64(len(f.Evidence)-1)
			m.emit("bundled_launch", mint, f)
		}
	}
}

func (l *launches) append(b []byte) []byte {
	b = pack.AppendUvarint(b, uint64(l.coins.Len()))
	for mint, c := range l.coins.All() {
		b = c.append(pack.AppendKey(b, mint))
	}
	return b
}

func (l *launch) append(b []byte) []byte {
	indexed := uint64(0)
	if l.indexed {
		indexed = 1
	}
	b = pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(append(b, l.signature[:]...), l.slot), l.tx), indexed)
	b = pack.AppendOptionalKey(pack.AppendOptionalKey(b, l.creator), l.user)
	b = pack.AppendUvarint(b, uint64(len(l.snipers)))
	for _, k := range l.snipers {
		b = pack.AppendKey(b, k)
	}
	return b
}

func (l *launch) read(r *pack.Reader) {
	l.signature = readSignature(r)
	l.slot, l.tx, l.indexed = r.Uvarint(), r.Uvarint(), r.Uvarint() == 1
	l.creator, l.user = r.OptionalKey(), r.OptionalKey()
	for range r.Count(32) {
		l.snipers = append(l.snipers, r.Key())
	}
}

func readLaunches(r *pack.Reader) (l launches) {
	for range r.Count(32 + 64 + 6) {
		l.coins.Put(r.Key()).read(r)
	}
	return l
}
