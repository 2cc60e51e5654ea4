package figures

import (
	"cmp"
	"math/big"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// periodsAtOnce is how many periods of each length one fact closes at most.
const periodsAtOnce = 64

// periods are those of one length. What is open stands in the order in which it closes.
type periods struct {
	seconds int64
	open    []*openPeriod
}

// openPeriod is a pool in one of them: the facts that count in it, and the pool after the last.
type openPeriod struct {
	start int64
	facts []geysersim.Truth
	after standing
}

// tick closes what is due and enters a fact. One without a block time counts at chain time.
func (b *LiquidityBook) tick(f *geysersim.Truth, p *standing) (due []*eventv1.Output) {
	b.now = max(b.now, f.BlockTime)
	at := b.now
	if at == 0 {
		return nil
	}
	b.slot = max(b.slot, f.Slot)
	for _, v := range b.lengths {
		for range periodsAtOnce {
			if len(v.open) == 0 || v.open[0].start+v.seconds > at-b.late {
				break
			}
			body := b.closed(v.open[0], v.seconds)
			due = append(due, &eventv1.Output{Kind: "pool_period", Body: &eventv1.Output_PoolPeriod{PoolPeriod: body}})
			v.open = v.open[1:]
		}
		v.enter(f, p, at-at%v.seconds)
	}
	return due
}

func (v *periods) enter(f *geysersim.Truth, p *standing, start int64) {
	for _, o := range v.open {
		if o.start == start && o.after.Pool == p.Pool {
			o.facts, o.after = append(o.facts, *f), *p
			return
		}
	}
	v.open = append(v.open, &openPeriod{start: start, facts: []geysersim.Truth{*f}, after: *p})
}

// closed counts the facts of a period.
func (b *LiquidityBook) closed(o *openPeriod, seconds int64) *eventv1.PoolPeriod {
	p := &o.after
	value := b.value(p, b.slot)
	volume, added, removed := [2]big.Int{}, [2]big.Int{}, [2]big.Int{}
	trades, fees := uint64(0), map[string]*eventv1.FeeTotal{}
	told := p.Venue == geysersim.VenuePumpSwap
	for i := range o.facts {
		f := &o.facts[i]
		if f.Kind != geysersim.TruthTrade {
			to := &added
			if f.Kind == geysersim.TruthLiquidityRemoved {
				to = &removed
			}
			plus(to, p.turn(f.BaseAmount, f.QuoteAmount))
			continue
		}
		trades++
		plus(&volume, two{f.BaseAmount, f.PoolQuoteAmount})
		told = told && len(f.Fees) > 0
		for _, fee := range f.Fees {
			name := fee.Kind
			if fee.InBase {
				name += " in base"
			}
			if fees[name] == nil {
				fees[name] = &eventv1.FeeTotal{Kind: feeKind(fee.Kind), InBase: fee.InBase, Accrued: "0", Swept: "0"}
			}
			sum, _ := new(big.Int).SetString(fees[name].GetAccrued(), 10)
			fees[name].Accrued = sum.Add(sum, n(fee.Amount)).String()
		}
	}
	v := &eventv1.PoolPeriod{
		Venue: venues[p.Venue], Pool: key(p.Pool), BaseMint: key(p.coin()), QuoteMint: key(p.currency()), Start: o.start, Seconds: uint32(seconds),
		Trades: trades, BaseVolume: volume[0].String(), QuoteVolume: volume[1].String(), AddedBase: added[0].String(), AddedQuote: added[1].String(),
		RemovedBase: removed[0].String(), RemovedQuote: removed[1].String(), Reserves: reservesAt{p.held, p.makes}.contract(), Value: value,
		LpSupply: p.supply, Depth: p.depth(),
	}
	for _, fee := range fees {
		v.Fees = append(v.Fees, fee)
	}
	byKind(v.Fees)
	worth := new(big.Rat).SetInt(n(value.GetAmount()))
	v.TurnoverPpm = new(uint64(ppm(new(big.Rat).Quo(new(big.Rat).SetInt(&volume[1]), worth))))
	if !told {
		v.FeeAprAbsent = eventv1.Absent_ABSENT_FEES_NOT_TOLD
		return v
	}
	apr := new(big.Rat).Quo(earned(fees, p), worth)
	v.FeeAprPpm = new(uint64(ppm(apr.Mul(apr, big.NewRat(365*24*3600, seconds)))))
	return v
}

// earned is what providers got, in the currency; what they got of the coin counts at the price, rounded down.
func earned(fees map[string]*eventv1.FeeTotal, p *standing) *big.Rat {
	amount := func(name string) *big.Int {
		v, _ := new(big.Int).SetString(cmp.Or(fees[name].GetAccrued(), "0"), 10)
		return v
	}
	coin := new(big.Rat).Mul(new(big.Rat).SetInt(amount("lp in base")), ratio(p.makes.currency, p.makes.coin))
	whole := new(big.Int).Quo(coin.Num(), coin.Denom())
	return new(big.Rat).SetInt(whole.Add(whole, amount("lp")))
}

func plus(sums *[2]big.Int, v two) {
	sums[0].Add(&sums[0], n(v.coin))
	sums[1].Add(&sums[1], n(v.currency))
}
