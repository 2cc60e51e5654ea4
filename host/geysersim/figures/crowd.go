package figures

import (
	"slices"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

const roleLeg = eventv1.FindingRole_FINDING_ROLE_LEG

func (b *Book) whales(trades []*geysersim.Truth, s Settings) (all []Found) {
	for _, f := range trades {
		large := f.QuoteMint == wsol && f.PoolQuoteAmount >= s.WhaleLamports
		if usd, ok := b.usd[place(f)]; ok {
			large = usd >= s.WhaleDollars
		}
		if large {
			v := about(f)
			v.Evidence = []*eventv1.FindingTrade{leg(roleLeg, f)}
			all = append(all, finish("whale", v))
		}
	}
	return all
}

func snipers(facts []geysersim.Truth, slots uint64) (all []Found) {
	launches, shot := map[string]*geysersim.Truth{}, map[pair]bool{}
	counts := map[string]int{}
	for i := range facts {
		f := &facts[i]
		if f.Kind == geysersim.TruthTokenCreated {
			launches[f.Mint] = f
		}
		l, who := launches[f.Mint], pair{f.Mint, f.Trader}
		if f.Kind != geysersim.TruthTrade || f.Side != "buy" || l == nil || f.Slot > l.Slot+slots || f.Trader == l.Trader || shot[who] {
			continue
		}
		if shot[who] = true; counts[f.Mint] == 64 {
			continue
		}
		counts[f.Mint]++
		v := about(f)
		v.Evidence = []*eventv1.FindingTrade{creation(l), leg(roleLeg, f)}
		v.Trades, v.Count = 1, f.Slot-l.Slot
		all = append(all, finish("sniper", v))
	}
	return all
}

// dumps adds up what creators sold of their coins. Every coin of the pump curve has the standard supply.
func dumps(facts []geysersim.Truth, ppm uint64) (all []Found) {
	launches, sold, sells := map[string]*geysersim.Truth{}, map[string]uint64{}, map[string]uint64{}
	for i := range facts {
		f := &facts[i]
		if f.Kind == geysersim.TruthTokenCreated {
			launches[f.Mint] = f
		}
		l := launches[f.Mint]
		if f.Kind != geysersim.TruthTrade || f.Side != "sell" || l == nil || f.Trader != l.Trader {
			continue
		}
		sold[f.Mint] += f.BaseAmount
		if sells[f.Mint]++; sold[f.Mint] < pumpfun.Supply/1_000_000*ppm {
			continue
		}
		v := about(f)
		v.Evidence = []*eventv1.FindingTrade{creation(l), leg(roleLeg, f)}
		v.Trades, v.Count = sells[f.Mint], f.Slot-l.Slot
		all = append(all, finish("creator_dump", v))
		delete(launches, f.Mint)
	}
	return all
}

// bundledLaunch looks at the trades in the slot of a launch.
func bundledLaunch(l *geysersim.Truth, slot []*geysersim.Truth) []Found {
	v := &eventv1.Finding{Slot: l.Slot, Mint: key(l.Mint), Actor: key(l.Trader), Evidence: []*eventv1.FindingTrade{creation(l)}}
	wallets, tipped, at := map[string]bool{}, map[string]bool{}, l.TxIndex
	for _, f := range slot {
		if f.Mint != l.Mint || f.Side != "buy" || f.TxIndex < l.TxIndex {
			continue
		}
		if f.TxIndex > at+1 {
			break
		}
		at = f.TxIndex
		if !tipped[f.Signature] {
			tipped[f.Signature] = true
			v.Tips += f.Tip
		}
		if f.Trader != l.Trader {
			wallets[f.Trader] = true
		}
		v.QuoteMint, v.Pool = key(f.QuoteMint), key(f.Pool)
		v.Evidence = append(v.Evidence, leg(roleLeg, f))
		v.Trades++
	}
	if v.Wallets = uint64(len(wallets)); v.Wallets < 2 {
		return nil
	}
	return []Found{finish("bundled_launch", v)}
}

// washes follows each wallet in each coin.
func (b *Book) washes() (all []Found) {
	var c clock
	rows := map[pair][]deal{}
	for i := range b.facts {
		f := &b.facts[i]
		if f.Kind != geysersim.TruthTrade {
			continue
		}
		at := c.at(f, b.timeless[f.Signature])
		if at == 0 {
			continue
		}
		who := pair{f.Mint, f.Trader}
		if row := rows[who]; len(row) > 0 {
			last := row[len(row)-1]
			apart := max(last.BaseAmount, f.BaseAmount) - min(last.BaseAmount, f.BaseAmount)
			onward := last.Signature == f.Signature && last.Pool != f.Pool // an arbitrage
			if last.Side == f.Side || at-last.at > 600 || apart > last.BaseAmount/20 || onward {
				rows[who] = nil
			}
		}
		rows[who] = append(rows[who], deal{f, at})
		if len(rows[who]) < 4 {
			continue
		}
		v := about(f)
		for _, d := range rows[who] {
			e := leg(roleLeg, d.Truth)
			e.TxIndex = nil
			v.Evidence = append(v.Evidence, e)
		}
		v.Count = 3
		all = append(all, finish("wash", v))
		rows[who] = rows[who][3:]
	}
	return all
}

// follow is a wallet behind another one.
type follow struct{ leader, follower string }

// copies follows the last four buyers of each coin.
func copies(trades []*geysersim.Truth) (all []Found) {
	buyers, counted := map[string][]*geysersim.Truth{}, map[follow][][2]*geysersim.Truth{}
	for _, f := range trades {
		if f.Side != "buy" {
			continue
		}
		before := buyers[f.Mint]
		own := slices.IndexFunc(before, func(g *geysersim.Truth) bool { return g.Trader == f.Trader })
		if own >= 0 {
			before = slices.Delete(before, own, own+1)
		} else {
			for _, leader := range before {
				if f.Slot > leader.Slot && f.Slot <= leader.Slot+10 {
					all = append(all, count(counted, leader, f)...)
				}
			}
		}
		if len(before) == 4 {
			before = slices.Delete(before, 0, 1)
		}
		buyers[f.Mint] = append(before, f)
	}
	return all
}

func count(counted map[follow][][2]*geysersim.Truth, leader, f *geysersim.Truth) []Found {
	back, there := follow{f.Trader, leader.Trader}, follow{leader.Trader, f.Trader}
	if _, ok := counted[back]; ok {
		delete(counted, back)
		return nil
	}
	coins := slices.DeleteFunc(counted[there], func(c [2]*geysersim.Truth) bool { return f.Slot > c[1].Slot+9_000 })
	if !slices.ContainsFunc(coins, func(c [2]*geysersim.Truth) bool { return c[0].Mint == f.Mint }) {
		coins = append(coins, [2]*geysersim.Truth{leader, f})
	}
	counted[there] = coins
	if len(coins) < 3 {
		return nil
	}
	v := about(f)
	v.QuoteMint, v.Pool, v.Count, v.Wallets = nil, nil, 3, 1
	for _, c := range coins {
		for i, role := range []eventv1.FindingRole{eventv1.FindingRole_FINDING_ROLE_LEADER, roleLeg} {
			e := leg(role, c[i])
			e.TxIndex, e.Mint = nil, key(c[i].Mint)
			v.Evidence = append(v.Evidence, e)
		}
	}
	delete(counted, there)
	return []Found{finish("copy_trade", v)}
}
