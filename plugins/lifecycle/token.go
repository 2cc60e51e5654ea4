package lifecycle

import "github.com/weir-run/weir/sdk"

// What is known of a token, bit by bit.
const (
	sawCreation  uint16 = 1 << iota
	lostRecords         // records are missing since
	mayhem              // an agent trades it
	moved               // a wallet gave more than it had got
	nearSaid            // near graduation is reported
	retired             // abandoned and reported as such
	dirty               // its state waits to be given out
	seenCap             // marks.cap was set
	seenUSD             // marks.usd was set
	seenProgress        // marks.progress was set
	credited            // its creation counts in its creator's history
	unmade              // its creation never happened, and something came of a later slot: the creation may come again, late
)

// token is what is remembered of a token that is not idle.
type token struct {
	core
	name, symbol string
	now          standing
	wallets      wallets
	elsewhere    uint64 // slot in which holders last moved outside of the token's place; what is not above lastSlot is not saved
}

// core is what is remembered of every token.
type core struct {
	creator, quote sdk.Key
	place          sdk.Key // the curve, after migration the pool
	phase          phase
	venue          uint8 // sdk.Venue
	flags          uint16

	buys, agents, onCurve uint32
	trades                uint64
	createdSlot           uint64
	supply                uint64 // at creation; 0 is not known
	initial               uint64 // what the curve had to sell; 0 is not known
	lastSlot              uint64
	lastTime              int64 // chain time of the last activity; 0 is not known
	marks                 marks
}

// phase is a sdk.TokenPhase, and absence a sdk.Absence, in one byte: there are a million of them.
type (
	phase   uint8
	absence uint8
)

// standing is what the last trade told.
type standing struct {
	has                         uint8 // which of the reserves are known, bit by bit
	base, quote                 uint64
	priceBase, priceQuote       uint64
	cap, usd, usdSlot           uint64
	progress                    uint32
	capOut, usdOut, progressOut absence // why the figure is absent, 0 where it is not
}

// Bits of standing.has.
const (
	hasBase uint8 = 1 << iota
	hasQuote
	hasPriceBase
	hasPriceQuote
)

// marks are the highest figures that a token had.
type marks struct {
	cap, usd uint64
	holders  uint32
	progress uint32
}

// waking is a token of which no more than the core is known, and why not.
func waking(c core, why sdk.Absence) token {
	t := token{core: c}
	t.wallets.absent = absence(why)
	t.now.lack(why)
	if c.phase >= phase(sdk.PhaseCompleted) {
		t.now.progress, t.now.progressOut = million, 0
	}
	return t
}

// lack says of all that trades tell why it is not there.
func (s *standing) lack(why sdk.Absence) {
	s.capOut, s.usdOut, s.progressOut = absence(why), absence(why), absence(why)
}

func (c *core) is(flag uint16) bool { return c.flags&flag != 0 }

// made says that its creation was seen, be it late.
func (c *core) made() bool { return c.flags&(sawCreation|credited) != 0 }

// organic are the trades that no agent made.
func (c *core) organic() uint64 { return c.trades - uint64(c.agents) }

// whole says that every trade since the creation was seen.
func (c *core) whole() bool { return c.is(sawCreation) && !c.is(lostRecords) }

// see fills what a creation that was missed would have told.
func (c *core) see(place, quote []byte, venue sdk.Venue) {
	if c.place.IsZero() {
		c.place, c.venue = sdk.KeyOf(place), uint8(venue)
	}
	if c.quote.IsZero() {
		c.quote = sdk.KeyOf(quote)
	}
}

// launch takes what a creation says.
func (t *token) launch(c *sdk.TokenCreated) {
	t.name, t.symbol, t.creator = c.GetName(), c.GetSymbol(), sdk.KeyOf(c.GetCreator())
	t.see(c.GetCurve(), c.GetQuoteMint(), c.GetVenue())
	if c.GetMayhem() {
		t.flags |= mayhem
		t.supply = 0
	} else if c.GetTotalSupply() > 0 {
		t.supply = c.GetTotalSupply()
	}
	if real := c.GetReserves().GetBase(); real > 0 {
		t.initial = real
	}
}

// begin takes the figures with which a curve starts.
func (t *token) begin(c *sdk.TokenCreated) {
	if c.GetReserves() == nil {
		return
	}
	t.now.take(c.GetReserves())
	t.weigh(nil, nil)
	if t.initial > 0 {
		t.now.progressOut = 0
	}
}

// figures are those of the outputs.
func (t *token) figures() *sdk.TokenFigures {
	s := &t.now
	f := &sdk.TokenFigures{
		Trades: t.trades, Buys: uint64(t.buys), AgentTrades: uint64(t.agents), Complete: t.whole(), TransfersSeen: t.is(moved), LastSlot: t.lastSlot,
		Price: s.price(), Reserves: s.reserves(),
		MarketCapAbsent: sdk.Absence(s.capOut), UsdAbsent: sdk.Absence(s.usdOut), ProgressAbsent: sdk.Absence(s.progressOut),
	}
	if t.lastTime > 0 {
		f.LastTime = new(t.lastTime)
	}
	if s.capOut == 0 {
		f.MarketCap = new(s.cap)
	}
	if s.usdOut == 0 {
		f.MarketCapUsdMicros, f.UsdSlot = new(s.usd), new(s.usdSlot)
	}
	if s.progressOut == 0 {
		f.ProgressPpm = new(s.progress)
	}
	if f.HoldersAbsent = sdk.Absence(t.wallets.absent); f.HoldersAbsent == 0 {
		f.Holders = new(uint64(len(t.wallets.list)))
	}
	return f
}

func (s *standing) price() *sdk.Price {
	if !s.priced() {
		return nil
	}
	return &sdk.Price{Quote: s.priceQuote, Base: s.priceBase}
}

func (s *standing) reserves() *sdk.Reserves {
	if s.has == 0 {
		return nil
	}
	r := &sdk.Reserves{}
	for _, f := range []struct {
		bit  uint8
		from uint64
		to   **uint64
	}{
		{hasBase, s.base, &r.Base},
		{hasQuote, s.quote, &r.Quote},
		{hasPriceBase, s.priceBase, &r.PriceBase},
		{hasPriceQuote, s.priceQuote, &r.PriceQuote},
	} {
		if s.has&f.bit != 0 {
			*f.to = new(f.from)
		}
	}
	return r
}
