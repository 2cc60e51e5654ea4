package figures

import (
	"math/big"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// seat is a provider's part of a pool: LP tokens, and what was put in for those that are still there.
type seat struct {
	lp    uint64
	entry two
	root  *big.Float // sum of sqrt(coin * currency) over what was put in
}

const rootPrecision = 400

func root(v two) *big.Float {
	r := new(big.Float).SetPrec(rootPrecision).SetInt(new(big.Int).Mul(n(v.coin), n(v.currency)))
	return r.Sqrt(r)
}

// join enters a deposit, or the first liquidity.
func (p *standing) join(f *geysersim.Truth) *eventv1.Output {
	s := p.seats[f.Trader]
	if s == nil {
		s = &seat{root: new(big.Float).SetPrec(rootPrecision)}
		p.seats[f.Trader] = s
	}
	in := p.turn(f.BaseAmount, f.QuoteAmount)
	s.lp += f.LPAmount
	s.entry.coin += in.coin
	s.entry.currency += in.currency
	s.root.Add(s.root, root(in))
	return p.position(f, s, eventv1.PositionChange_POSITION_CHANGE_ADDED)
}

// leave takes LP tokens away, and with them their part of what was put in.
func (p *standing) leave(f *geysersim.Truth, change eventv1.PositionChange) *eventv1.Output {
	s := p.seats[f.Trader]
	left := s.lp - f.LPAmount
	keep := func(v uint64) uint64 {
		x := new(big.Int).Mul(n(v), n(left))
		return x.Quo(x, n(s.lp)).Uint64()
	}
	s.entry = two{keep(s.entry.coin), keep(s.entry.currency)}
	s.root.Mul(s.root, new(big.Float).SetPrec(rootPrecision).SetRat(new(big.Rat).SetFrac(n(left), n(s.lp))))
	s.lp = left
	o := p.position(f, s, change)
	if left == 0 {
		delete(p.seats, f.Trader)
	}
	return o
}

func (p *standing) position(f *geysersim.Truth, s *seat, change eventv1.PositionChange) *eventv1.Output {
	part := func(of uint64) *uint64 {
		x := new(big.Int).Mul(n(of), n(s.lp))
		return new(x.Quo(x, n(*p.supply)).Uint64())
	}
	v := &eventv1.PoolPosition{
		Venue: venues[f.Venue], Pool: key(f.Pool), Owner: key(f.Trader), Change: change, BaseMint: key(p.coin()), QuoteMint: key(p.currency()),
		LpAmount: new(s.lp), LpSupply: p.supply, SharePpm: part(1_000_000), BaseAmount: part(p.makes.coin), QuoteAmount: part(p.makes.currency),
		PoolLpBurned: new(p.burned), PoolLpLocked: new(uint64),
	}
	if s.lp == 0 {
		v.ImpermanentLossAbsent = eventv1.Absent_ABSENT_EMPTY
	} else {
		v.EntryBaseAmount, v.EntryQuoteAmount, v.ImpermanentLossPpm = new(s.entry.coin), new(s.entry.currency), new(p.loss(s))
	}
	return &eventv1.Output{Kind: "lp_position", Body: &eventv1.Output_PoolPosition{PoolPosition: v}}
}

// loss is 2 sqrt(price) root / (currency + coin price) - 1 in millionths, rounded towards zero.
func (p *standing) loss(s *seat) int64 {
	price := new(big.Float).SetPrec(rootPrecision).SetRat(ratio(p.makes.currency, p.makes.coin))
	kept := new(big.Float).SetPrec(rootPrecision).Mul(price, new(big.Float).SetInt(n(s.entry.coin)))
	kept.Add(kept, new(big.Float).SetInt(n(s.entry.currency)))
	if kept.Sign() == 0 {
		return 0
	}
	worth := new(big.Float).SetPrec(rootPrecision).Sqrt(price)
	worth.Mul(worth, s.root).Mul(worth, big.NewFloat(2)).Quo(worth, kept)
	loss, _ := worth.Sub(worth, big.NewFloat(1)).Mul(worth, big.NewFloat(1_000_000)).Int64()
	return min(loss, 0)
}
