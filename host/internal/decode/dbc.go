package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dbc"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// dbcEvent gives the record of one event of the Dynamic Bonding Curve. One that cannot be read is counted, and left to the later
// strategies.
func (d *Decoder) dbcEvent(c *call, f *found) {
	switch dex.Tag(f.raw) {
	case dbc.TagSwap, dbc.TagSwap2:
		d.dbcSwap(c, f)
	case dbc.TagInitializePool:
		d.dbcCreate(c, f)
	case dbc.TagCurveComplete:
		d.dbcComplete(c, f)
	}
}

func (d *Decoder) dbcSwap(c *call, f *found) {
	e := d.dbcSwaps.next()
	// Each swap may tell itself twice, in the older form and in the newer one: the first that is read counts.
	if c.record != nil || !d.parsed(dbcCurve, e.Parse(f.raw), e.Tail) {
		return
	}
	in, out, onInput, ok := e.Legs()
	if !ok || e.TradeDirection > dbc.QuoteToBase {
		d.stats.of[dbcCurve].malformed.Add(1)
		return
	}
	kind := dbc.Kind(c.kind)
	w, ok := d.dbcSides(c, e.TradeDirection == dbc.BaseToQuote)
	if !ok || !d.isPool(c, kind.Places().Pool, &e.Pool) {
		d.lose(c)
		return
	}
	w.in.user, w.in.moved, w.in.leg = e.IncludedFeeIn, e.IncludedFeeIn, in
	w.out.user, w.out.moved, w.out.leg = e.Output, e.Output, out
	d.dbcCheck(c, &w)
	b := d.poolTrade(c, f.strategy, &w)
	b.onlyPrice(e.NextSqrtPrice)
	inBase := w.zeroIn == onInput
	d.fee(b, eventv1.FeeKind_FEE_KIND_SWAP, e.TradingFee, -1, inBase)
	d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, e.ProtocolFee, -1, inBase)
	d.fee(b, eventv1.FeeKind_FEE_KIND_REFERRER, e.ReferralFee, -1, inBase)
}

// dbcSides are what the instruction of a swap says.
func (d *Decoder) dbcSides(c *call, sell bool) (poolSwap, bool) {
	kind := dbc.Kind(c.kind)
	p := kind.Places()
	w := poolSwap{pool: d.account(c, p.Pool), user: d.account(c, p.User), zeroIn: sell, named: true}
	base, quote := &w.in, &w.out
	if !sell {
		base, quote = quote, base
	}
	d.side(base, c, p.BaseMint, p.BaseVault)
	d.side(quote, c, p.QuoteMint, p.QuoteVault)
	return w, kind.IsSwap() && w.pool != nil && w.user != nil && base.mint != nil && quote.mint != nil
}

// dbcCheck takes the limit from the arguments, and holds the event against them. A partial fill takes less than it is given.
func (d *Decoder) dbcCheck(c *call, w *poolSwap) {
	in, err := dbc.ParseInstruction(c.in.Data)
	if err != nil {
		return
	}
	exactOut := in.Kind == dbc.Swap2 && in.Mode == dbc.ExactOut
	w.limit, w.limited, w.exactIn = in.Limit, true, exactly(!exactOut)
	exact := w.in.user
	if exactOut {
		exact = w.out.user
	}
	d.stats.of[dbcCurve].agree(exact == in.Amount || !exactOut && exact < in.Amount)
}

func (d *Decoder) dbcCreate(c *call, f *found) {
	e := new(dbc.InitializePoolEvent)
	if !d.parsed(dbcCurve, e.Parse(f.raw), e.Tail) {
		return
	}
	kind := dbc.Kind(c.kind)
	p := kind.Places()
	quote := d.account(c, p.QuoteMint)
	if !kind.IsInitialize() || quote == nil || !d.isPool(c, p.Pool, &e.Pool) {
		d.lose(c)
		return
	}
	in, err := dbc.ParseInstruction(c.in.Data)
	if err != nil {
		d.lose(c)
		return
	}
	decimals := d.knownDecimals(e.BaseMint[:], d.balanceAt(c, p.BaseVault))
	d.seldom(c, f.strategy, 0).Body = &eventv1.Record_TokenCreated{TokenCreated: &eventv1.TokenCreated{
		Venue: eventv1.Venue_VENUE_METEORA_DBC, Mint: e.BaseMint[:], Curve: e.Pool[:], Creator: e.Creator[:], User: d.account(c, p.User),
		Name: text(in.Name), Symbol: text(in.Symbol), Uri: text(in.URI), QuoteMint: quote, Decimals: decimals,
	}}
}

func (d *Decoder) dbcComplete(c *call, f *found) {
	e := new(dbc.CurveCompleteEvent)
	if !d.parsed(dbcCurve, e.Parse(f.raw), e.Tail) {
		return
	}
	p := dbc.Kind(c.kind).Places()
	mint := d.account(c, p.BaseMint)
	if mint == nil || !d.isPool(c, p.Pool, &e.Pool) {
		d.lose(c)
		return
	}
	d.seldom(c, f.strategy, 0).Body = &eventv1.Record_CurveCompleted{CurveCompleted: &eventv1.CurveCompleted{
		Venue: eventv1.Venue_VENUE_METEORA_DBC, Mint: mint, Curve: e.Pool[:], User: d.account(c, p.User), QuoteMint: d.account(c, p.QuoteMint),
	}}
}

// dbc answers for a swap whose event is lost, and for migrations, of which no event tells.
func (l ledger) dbc() bool {
	in, err := dbc.ParseInstruction(l.c.in.Data)
	if err != nil {
		return false
	}
	switch p := in.Kind.Places(); {
	case in.Kind.IsSwap():
		return l.sidedSwap(p.BaseVault, p.QuoteVault, p.UserOut, in.Amount, func(baseIn bool) (poolSwap, bool) {
			w, ok := l.d.dbcSides(l.c, baseIn)
			w.limit, w.limited, w.exactIn = in.Limit, true, exactly(in.Kind != dbc.Swap2 || in.Mode != dbc.ExactOut)
			return w, ok
		})
	case in.Kind.IsMigrate():
		return l.dbcMigrate(in.Kind, p)
	}
	return false
}

// sidedSwap tells a swap of a pool whose instruction does not say the direction: the vault that gained does.
func (l ledger) sidedSwap(base, quote, userOut int8, exact uint64, sides func(baseIn bool) (poolSwap, bool)) bool {
	gained, ok := l.tokens(base)
	if !ok || gained == 0 {
		return false
	}
	w, ok := sides(gained > 0)
	if !ok {
		return false
	}
	places := poolPlaces{userOut: userOut, vaultIn: base, vaultOut: quote}
	if gained < 0 {
		places.vaultIn, places.vaultOut = quote, base
	}
	return l.poolSwap(&w, places, exact)
}

// dbcMigrate tells of a curve's liquidity that moves to a pool; how much of it, its own records tell.
func (l ledger) dbcMigrate(kind dbc.Kind, p dbc.Places) bool {
	d, c := l.d, l.c
	m := &eventv1.TokenMigrated{
		Venue: eventv1.Venue_VENUE_METEORA_DBC, Mint: d.account(c, p.BaseMint), Curve: d.account(c, p.Pool), Pool: d.account(c, p.Target),
	}
	if kind == dbc.MigrateDAMMv2 {
		m.PoolVenue = eventv1.Venue_VENUE_METEORA_DAMM_V2
	}
	if m.Mint == nil || m.Curve == nil || m.Pool == nil {
		return false
	}
	d.seldom(c, l.strategy(), 0).Body = &eventv1.Record_TokenMigrated{TokenMigrated: m}
	return true
}
