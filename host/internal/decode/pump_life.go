package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func (d *Decoder) pumpCreate(c *call, f *found) {
	e, err := pumpfun.ParseCreateEvent(f.raw)
	if !d.parsed(pump, err, e.Tail) {
		return
	}
	places := pumpfun.Kind(c.kind).Places(accounts(c))
	t := &eventv1.TokenCreated{
		Venue: eventv1.Venue_VENUE_PUMP, Mint: e.Mint[:], Curve: e.BondingCurve[:], Creator: e.Creator[:], User: e.User[:],
		Name: text(e.Name), Symbol: text(e.Symbol), Uri: text(e.URI), QuoteMint: pumpQuote(&e.QuoteMint),
		Decimals: d.pool.u32.of(pumpfun.Decimals),
		Mayhem:   e.IsMayhemMode, Cashback: e.IsCashbackEnabled, HolderReward: e.IsHolderReward,
	}
	if !e.Has(pumpfun.CreateCreator) {
		t.Creator = t.User
	}
	t.TokenProgram = d.account(c, places.TokenProgram)
	if e.Has(pumpfun.CreateMayhem) {
		t.TokenProgram = e.TokenProgram[:]
	}
	if held := d.balanceAt(c, places.CurveBase); held.mint != nil && *held.mint == e.Mint {
		*t.Decimals = held.decimals
	}
	if e.Has(pumpfun.CreateReserves) {
		t.TotalSupply = d.pool.u64.of(e.TokenTotalSupply)
		virtual := e.VirtualSolReserves
		if e.Has(pumpfun.CreateQuote) && e.QuoteMint != (dex.Key{}) {
			virtual = e.VirtualQuoteReserves
		}
		// A curve starts without quote of its own.
		s := state{base: e.RealTokenReserves, priceBase: e.VirtualTokenReserves, priceQuote: virtual, held: true, priced: true}
		t.Reserves = d.reserves(&eventv1.Reserves{}, &s, false)
	}
	if e.CreatorFeeBps != 0 {
		t.CreatorFeeBps = d.pool.u32.of(uint32(min(e.CreatorFeeBps, 1<<32-1)))
	}
	d.seldom(c, f.strategy, e.Timestamp).Body = &eventv1.Record_TokenCreated{TokenCreated: t}
}

func (d *Decoder) pumpComplete(c *call, f *found) {
	e, err := pumpfun.ParseCompleteEvent(f.raw)
	if !d.parsed(pump, err, e.Tail) {
		return
	}
	d.seldom(c, f.strategy, e.Timestamp).Body = &eventv1.Record_CurveCompleted{CurveCompleted: &eventv1.CurveCompleted{
		Venue: eventv1.Venue_VENUE_PUMP, Mint: e.Mint[:], Curve: e.BondingCurve[:], User: e.User[:],
		QuoteMint: pumpQuote(&e.QuoteMint),
	}}
}

func (d *Decoder) pumpMigration(c *call, f *found) {
	e, err := pumpfun.ParseCompletePumpAmmMigrationEvent(f.raw)
	if !d.parsed(pump, err, e.Tail) {
		return
	}
	d.seldom(c, f.strategy, e.Timestamp).Body = &eventv1.Record_TokenMigrated{TokenMigrated: &eventv1.TokenMigrated{
		Venue: eventv1.Venue_VENUE_PUMP, Mint: e.Mint[:], Curve: e.BondingCurve[:], Pool: e.Pool[:],
		PoolVenue: eventv1.Venue_VENUE_PUMPSWAP, User: e.User[:], QuoteMint: pumpQuote(&e.QuoteMint),
		BaseAmount: e.MintAmount, QuoteAmount: e.SolAmount, MigrationFee: e.PoolMigrationFee,
	}}
}
