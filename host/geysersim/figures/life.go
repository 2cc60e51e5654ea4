package figures

import (
	"math/big"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// LifeConfig is what a lifecycle monitor is asked for, in its own units.
type LifeConfig struct {
	// Caps in lamports, dollars in whole ones, and counts, that are milestones.
	Caps, Dollars, Holders, Trades, Progress []uint64
	// Near is the share of a curve that is near graduation, millionths.
	Near uint64
	// AbandonedAfter and StateEvery are seconds of chain time.
	AbandonedAfter, StateEvery int64
}

// Said is an output that must come.
type Said struct {
	Kind string
	Body proto.Message
}

// Lives works out what a lifecycle monitor must say that sees a chain from its start. It is not safe for concurrent use.
type Lives struct {
	config  LifeConfig
	clock   int64
	dollars dollars
	tokens  map[string]*life
	silent  []*life // not abandoned, longest silent first
	waiting []*life // whose state is due, in order
	makers  map[string][]*life

	said []Said
}

// life is one token. It counts in whole numbers of any size, and forgets nothing but what the definitions say.
type life struct {
	f                          *geysersim.Truth // its creation
	phase                      eventv1.TokenPhase
	pool                       string // after migration
	trades, buys, onCurve      uint64
	wallets                    map[string]*big.Int
	known                      bool // wallets, that is
	moved, near, asleep, slept bool
	last                       *geysersim.Truth // trade or creation that the figures stand on; nil when they were forgotten
	cap, usd                   *big.Int
	usdSlot                    uint64
	progress                   int64
	lastSlot                   uint64
	lastTime, since            int64
	dirty                      bool
	marks                      map[eventv1.TokenMeasure]uint64
}

// NewLives makes an empty one. It believes the SOL/USDC pools that Believe names.
func NewLives(c LifeConfig) *Lives {
	return &Lives{config: c, tokens: map[string]*life{}, makers: map[string][]*life{}}
}

// Believe is as that of a Book.
func (l *Lives) Believe(pool string) { l.dollars.believed = append(l.dollars.believed, pool) }

// Holders is how many wallets hold a coin, by its trades and liquidity; false where that cannot be known.
func (l *Lives) Holders(mint string) (int, bool) {
	t := l.tokens[mint]
	if t == nil || !t.known {
		return 0, false
	}
	return len(t.wallets), true
}

// Add takes the next fact and returns what follows from it.
func (l *Lives) Add(f geysersim.Truth) []Said {
	l.said = nil
	if f.Kind == geysersim.TruthLPBurned {
		return nil // the monitor does not ask for it
	}
	if f.Venue != geysersim.VenueRaydiumV4 { // which does not tell its time
		l.clock = max(l.clock, f.BlockTime)
	}
	l.due()
	switch f.Kind {
	case geysersim.TruthTokenCreated:
		l.created(&f)
	case geysersim.TruthTrade:
		l.traded(&f)
		l.dollars.learn(&f)
	case geysersim.TruthTokenMigrated:
		l.migrated(&f)
	case geysersim.TruthPoolCreated, geysersim.TruthLiquidityAdded, geysersim.TruthLiquidityRemoved:
		out := f.Kind == geysersim.TruthLiquidityRemoved
		l.provided(f.Mint, f.Trader, out, f.BaseAmount)
		l.provided(f.QuoteMint, f.Trader, out, f.QuoteAmount)
	}
	return l.said
}

func (l *Lives) say(kind string, body proto.Message) { l.said = append(l.said, Said{kind, body}) }

// due gives out what the time brings, 64 of each at most.
func (l *Lives) due() {
	for range 64 {
		if len(l.silent) == 0 || l.clock-l.silent[0].lastTime < l.config.AbandonedAfter {
			break
		}
		t := l.silent[0]
		l.silent = l.silent[1:]
		l.activity("token_abandoned", t, eventv1.TokenActivityChange_TOKEN_ACTIVITY_CHANGE_ABANDONED)
		t.asleep, t.slept, t.known, t.last, t.cap, t.usd = true, true, false, nil, nil, nil
		if t.dirty {
			t.dirty = false
			l.waiting = slices.DeleteFunc(l.waiting, func(o *life) bool { return o == t })
		}
	}
	for range 64 {
		if len(l.waiting) == 0 || l.clock-l.waiting[0].since < l.config.StateEvery {
			break
		}
		t := l.waiting[0]
		l.waiting = l.waiting[1:]
		t.dirty = false
		l.say("token_state", l.state(t))
	}
}

func (l *Lives) touch(t *life) {
	if !t.dirty && !t.asleep {
		t.dirty, t.since = true, l.clock
		l.waiting = append(l.waiting, t)
	}
}

// active notes a sign of life.
func (l *Lives) active(t *life, f *geysersim.Truth) {
	if t.asleep {
		l.activity("token_revived", t, eventv1.TokenActivityChange_TOKEN_ACTIVITY_CHANGE_REVIVED)
		t.asleep = false
		l.silent = append(l.silent, t)
	}
	t.lastSlot = f.Slot
	if t.lastTime != l.clock {
		t.lastTime = l.clock
		l.silent = append(slices.DeleteFunc(l.silent, func(o *life) bool { return o == t }), t)
	}
	l.touch(t)
}

func (l *Lives) created(f *geysersim.Truth) {
	t := &life{f: f, wallets: map[string]*big.Int{}, known: true, last: f, marks: map[eventv1.TokenMeasure]uint64{}}
	l.tokens[f.Mint] = t
	l.silent = append(l.silent, t)
	l.active(t, f)
	t.weigh(nil, 0)
	history := &eventv1.TokenCreator{}
	for _, o := range slices.Backward(l.makers[f.Trader]) {
		history.Created++
		if o.phase >= eventv1.TokenPhase_TOKEN_PHASE_COMPLETED {
			history.Completed++
		}
		if o.phase == eventv1.TokenPhase_TOKEN_PHASE_MIGRATED {
			history.Migrated++
		}
		if len(history.Newest) < 4 {
			history.Newest = append(history.Newest, key(o.f.Mint))
		}
	}
	l.makers[f.Trader] = append(l.makers[f.Trader], t)
	l.step(t, "token_created", &eventv1.TokenPhaseChanged{
		Phase: eventv1.TokenPhase_TOKEN_PHASE_CREATED, Evidence: eventv1.TokenEvidence_TOKEN_EVIDENCE_EVENT, Curve: key(f.Pool), Uri: f.URI,
		TotalSupply: new(uint64(supply)), Decimals: new(uint32(6)), Reserves: reserves(f.After), CreatorHistory: history,
	})
}

// step reports a phase.
func (l *Lives) step(t *life, kind string, c *eventv1.TokenPhaseChanged) {
	c.Mint, c.Previous, c.Creator, c.QuoteMint = key(t.f.Mint), t.phase, key(t.f.Trader), dex.WSOL[:]
	if c.Symbol = t.f.Symbol; !t.slept {
		c.Name = t.f.Name
	}
	if c.CurveTrades, c.Program = t.onCurve, dex.Pump[:]; c.Venue == 0 {
		c.Venue = eventv1.Venue_VENUE_PUMP
	}
	t.phase = c.GetPhase()
	c.Figures = t.figures()
	l.say(kind, c)
}

func (l *Lives) traded(f *geysersim.Truth) {
	t := l.tokens[f.Mint]
	if t == nil {
		return
	}
	curve := f.Venue == geysersim.VenuePump
	if f.Pool != t.f.Pool && f.Pool != t.pool {
		l.hold(t, f)
		l.touch(t)
		return
	}
	l.active(t, f)
	l.hold(t, f)
	t.trades++
	if f.Side == "buy" {
		t.buys++
	}
	t.last = f
	price, slot := l.dollars.worth(f)
	t.weigh(price, slot)
	if curve {
		t.onCurve++
		t.progress = ppm(new(big.Rat).SetFrac(n(initial-f.After.Base), n(initial)))
	}
	if t.phase == eventv1.TokenPhase_TOKEN_PHASE_CREATED {
		l.step(t, "token_trading", &eventv1.TokenPhaseChanged{
			Phase: eventv1.TokenPhase_TOKEN_PHASE_TRADING, Evidence: eventv1.TokenEvidence_TOKEN_EVIDENCE_CURVE_TRADE, Curve: key(f.Pool),
			Decimals: new(uint32(6)), Reserves: reserves(f.After),
		})
	}
	l.measure(t, f, curve)
	if curve && f.After.Base == 0 {
		l.step(t, "token_completed", &eventv1.TokenPhaseChanged{
			Phase: eventv1.TokenPhase_TOKEN_PHASE_COMPLETED, Evidence: eventv1.TokenEvidence_TOKEN_EVIDENCE_SOLD_OUT, Curve: key(f.Pool),
			Decimals: new(uint32(6)), Reserves: reserves(f.After), SyntheticMigration: passed(f),
		})
	}
}

// passed is what a completing buy got from the pool-to-be.
func passed(f *geysersim.Truth) *eventv1.SyntheticMigration {
	if f.BaseAmount == f.Before.Base {
		return nil
	}
	return &eventv1.SyntheticMigration{BaseAmount: f.BaseAmount - f.Before.Base, QuoteAmount: f.PoolQuoteAmount - (f.After.Quote - f.Before.Quote)}
}

func (l *Lives) migrated(f *geysersim.Truth) {
	t := l.tokens[f.Mint]
	l.active(t, f)
	t.pool, t.progress = f.TargetPool, 1_000_000
	l.step(t, "token_migrated", &eventv1.TokenPhaseChanged{
		Phase: eventv1.TokenPhase_TOKEN_PHASE_MIGRATED, Evidence: eventv1.TokenEvidence_TOKEN_EVIDENCE_EVENT, Venue: eventv1.Venue_VENUE_PUMPSWAP,
		Curve: key(f.Pool), Pool: key(f.TargetPool), PoolBaseAmount: &f.BaseAmount, PoolQuoteAmount: &f.QuoteAmount,
		MigrationFee: new(uint64(15_000_001)), Reserves: &eventv1.Reserves{Base: &f.BaseAmount, Quote: &f.QuoteAmount},
	})
}

// hold counts what a trade does to the trader's tokens.
func (l *Lives) hold(t *life, f *geysersim.Truth) {
	if !t.known {
		return
	}
	had := t.wallets[f.Trader]
	if had == nil {
		had = new(big.Int)
	}
	if f.Side == "buy" {
		had = new(big.Int).Add(had, n(f.BaseAmount))
	} else {
		had = new(big.Int).Sub(had, n(f.BaseAmount))
	}
	t.moved = t.moved || had.Sign() < 0
	t.keep(f.Trader, had)
}

func (t *life) keep(wallet string, amount *big.Int) {
	if delete(t.wallets, wallet); amount.Sign() > 0 {
		t.wallets[wallet] = amount
	}
}

func (l *Lives) provided(mint, owner string, out bool, amount uint64) {
	t := l.tokens[mint]
	if t == nil || !t.known {
		return
	}
	had := t.wallets[owner]
	if had == nil {
		had = new(big.Int)
	}
	if out {
		t.keep(owner, new(big.Int).Add(had, n(amount)))
	} else {
		t.keep(owner, new(big.Int).Sub(had, n(amount)))
	}
	l.touch(t)
}
