package figures

import (
	"slices"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Found is a finding with its kind.
type Found struct {
	Kind string
	*eventv1.Finding
}

// Settings are those of the trading monitor's configuration that findings depend on.
type Settings struct {
	WhaleDollars, WhaleLamports, SniperSlots, DumpPPM uint64
}

// Standard are the defaults.
var Standard = Settings{WhaleDollars: 10_000, WhaleLamports: 50_000_000_000, SniperSlots: 2, DumpPPM: 50_000}

// Findings are all that the trading monitor must have found once the last fact is in. What takes a whole slot counts once a later slot
// has a trade or a launch.
func (b *Book) Findings(s Settings) (all []Found) {
	var trades []*geysersim.Truth
	launches := map[uint64][]*geysersim.Truth{}
	last := uint64(0)
	for i := range b.facts {
		switch f := &b.facts[i]; f.Kind {
		case geysersim.TruthTrade:
			trades = append(trades, f)
			last = f.Slot
		case geysersim.TruthTokenCreated:
			launches[f.Slot] = append(launches[f.Slot], f)
			last = f.Slot
		}
	}
	for _, slot := range split(trades, func(a, b *geysersim.Truth) bool { return a.Slot == b.Slot }) {
		if slot[0].Slot == last {
			continue
		}
		all = append(all, inPools(slot)...)
		transactions := split(slot, func(a, b *geysersim.Truth) bool { return a.Signature == b.Signature })
		for _, tx := range transactions {
			all = append(all, arbitrage(tx)...)
		}
		all = append(all, bundles(transactions)...)
		for _, creation := range launches[slot[0].Slot] {
			all = append(all, bundledLaunch(creation, slot)...)
		}
	}
	all = append(all, b.whales(trades, s)...)
	all = append(all, snipers(b.facts, s.SniperSlots)...)
	all = append(all, dumps(b.facts, s.DumpPPM)...)
	all = append(all, b.washes()...)
	return append(all, copies(trades)...)
}

// split cuts where neighbours do not belong together.
func split[T any](all []T, together func(a, b T) bool) (parts [][]T) {
	for i := range all {
		if i == 0 || !together(all[i-1], all[i]) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], all[i])
	}
	return parts
}

// leg is a trade as evidence, with its place in the block.
func leg(role eventv1.FindingRole, f *geysersim.Truth) *eventv1.FindingTrade {
	signature, _ := base58.Decode(f.Signature)
	return &eventv1.FindingTrade{
		Role: role, Signature: signature, Slot: f.Slot, TxIndex: &f.TxIndex, Trader: key(f.Trader), Side: side(f), BaseAmount: f.BaseAmount,
		QuoteAmount: f.QuoteAmount,
	}
}

// creation is a launch as evidence.
func creation(f *geysersim.Truth) *eventv1.FindingTrade {
	signature, _ := base58.Decode(f.Signature)
	return &eventv1.FindingTrade{
		Role: eventv1.FindingRole_FINDING_ROLE_CREATION, Signature: signature, Slot: f.Slot, TxIndex: &f.TxIndex, Trader: key(f.Trader),
	}
}

// about begins a finding at a trade.
func about(f *geysersim.Truth) *eventv1.Finding {
	return &eventv1.Finding{Slot: f.Slot, Mint: key(f.Mint), QuoteMint: key(f.QuoteMint), Pool: key(f.Pool), Actor: key(f.Trader)}
}

// finish counts the evidence and cuts it.
func finish(kind string, v *eventv1.Finding) Found {
	if v.Trades == 0 {
		v.Trades = uint64(len(v.Evidence))
	}
	v.Evidence = v.Evidence[:min(len(v.Evidence), 16)]
	return Found{kind, v}
}

// pay sets what the actor's transactions cost, each once, and the profit where it is in SOL.
func pay(v *eventv1.Finding, quote string, own ...*geysersim.Truth) {
	seen, costs := map[string]bool{}, uint64(0)
	for _, f := range own {
		if seen[f.Signature] {
			continue
		}
		seen[f.Signature] = true
		costs += f.PriorityFee + f.Tip
		v.Tips += f.Tip
	}
	v.Costs = &costs
	if quote == wsol && v.GrossProfit != nil {
		v.Profit = new(v.GetGrossProfit() - int64(costs))
	}
}

// arbitrage looks at the trades of one transaction.
func arbitrage(tx []*geysersim.Truth) []Found {
	if len(tx) < 2 {
		return nil
	}
	type flow struct {
		mint   string
		amount uint64
	}
	ends := func(f *geysersim.Truth) (in, out flow) {
		coin, quote := flow{f.Mint, f.BaseAmount}, flow{f.QuoteMint, f.QuoteAmount}
		if f.Side == "buy" {
			return quote, coin
		}
		return coin, quote
	}
	begin, held := ends(tx[0])
	for _, f := range tx[1:] {
		in, out := ends(f)
		if in.mint != held.mint || in.amount > held.amount || f.Trader != tx[0].Trader {
			return nil
		}
		held = out
	}
	if held.mint != begin.mint || held.amount <= begin.amount {
		return nil
	}
	v := &eventv1.Finding{
		Slot: tx[0].Slot, Mint: key(begin.mint), Actor: key(tx[0].Trader), GrossProfit: new(int64(held.amount) - int64(begin.amount)),
	}
	for _, f := range tx {
		e := leg(eventv1.FindingRole_FINDING_ROLE_LEG, f)
		e.Pool, e.Mint = key(f.Pool), key(f.Mint)
		v.Evidence = append(v.Evidence, e)
	}
	pay(v, begin.mint, tx...)
	return []Found{finish("arbitrage", v)}
}

// bundles looks for 2 to 5 neighbouring transactions.
func bundles(transactions [][]*geysersim.Truth) (all []Found) {
	share := func(a, b []*geysersim.Truth) bool {
		return b[0].TxIndex == a[0].TxIndex+1 && slices.ContainsFunc(a, func(f *geysersim.Truth) bool {
			return slices.ContainsFunc(b, func(g *geysersim.Truth) bool {
				return f.Pool == g.Pool || f.Trader == g.Trader || f.FeePayer == g.FeePayer
			})
		})
	}
	for _, run := range split(transactions, share) {
		if len(run) < 2 || len(run) > 5 {
			continue
		}
		first := run[0][0]
		v := about(first)
		v.Actor, v.Count = nil, uint64(len(run))
		wallets := map[string]bool{}
		for _, tx := range run {
			v.Tips += tx[0].Tip
			for _, f := range tx {
				e := leg(eventv1.FindingRole_FINDING_ROLE_LEG, f)
				if f.Mint != first.Mint {
					e.Mint = key(f.Mint)
				}
				if f.QuoteMint != first.QuoteMint {
					v.QuoteMint = nil
				}
				if f.Pool != first.Pool {
					e.Pool, v.Pool = key(f.Pool), nil
				}
				wallets[f.Trader] = true
				v.Evidence = append(v.Evidence, e)
			}
		}
		if v.Wallets = uint64(len(wallets)); v.Tips > 0 {
			all = append(all, finish("bundle", v))
		}
	}
	return all
}
