package store_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-run/weir/host/internal/store/query"
	"github.com/weir-run/weir/host/internal/store/storetest"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// bodies gives an output for each body that there is.
func bodies(fill func(protoreflect.Message)) (out []*eventv1.Output) {
	fields := (&eventv1.Output{}).ProtoReflect().Descriptor().Oneofs().ByName("body").Fields()
	for i := range fields.Len() {
		o := &eventv1.Output{Kind: string(fields.Get(i).Name())}
		fill(o.ProtoReflect().Mutable(fields.Get(i)).Message())
		out = append(out, o)
	}
	return out
}

// wild fills a message with what nobody expects: extreme numbers, enums of the future, text with zero bytes, keys of odd lengths. Sums
// stay decimal text.
func wild(random *rand.Rand, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if random.IntN(4) == 0 || f.IsMap() || depth > 3 {
			continue
		}
		value := func() protoreflect.Value { return wildValue(random, m, f, depth) }
		switch {
		case f.IsList():
			list := m.Mutable(f).List()
			for range random.IntN(3) {
				if f.Message() != nil {
					wild(random, list.AppendMutable().Message(), depth+1)
				} else {
					list.Append(value())
				}
			}
		case f.Message() != nil:
			wild(random, m.Mutable(f).Message(), depth+1)
		default:
			m.Set(f, value())
		}
	}
}

func wildValue(random *rand.Rand, m protoreflect.Message, f protoreflect.FieldDescriptor, _ int) protoreflect.Value {
	numbers := []uint64{0, 1, 42, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64, random.Uint64()}
	n := numbers[random.IntN(len(numbers))]
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n%2 == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(random.IntN(100)))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(make([]byte, []int{0, 1, 32, 64}[random.IntN(4)]))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Sint32Kind, protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(n)
	case protoreflect.Sint64Kind, protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.StringKind:
		if m.Descriptor().Name() != "Signal" && (strings.Contains(string(f.Name()), "volume") || strings.HasPrefix(string(f.Name()), "added_") || strings.HasPrefix(string(f.Name()), "removed_")) {
			return protoreflect.ValueOfString(strconv.FormatUint(n, 10) + strings.Repeat("0", random.IntN(15)))
		}
		return protoreflect.ValueOfString([]string{"", "a\x00b", "'; DROP TABLE trades; --", "Ωmega ? $1 \\u0000", strings.Repeat("long", 500)}[random.IntN(5)])
	default:
		return f.Default()
	}
}

// Whatever a body holds, the store takes it and goes on. None is refused that has all that its table needs.
func TestEveryKindIsStored(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 1))
			all := bodies(func(protoreflect.Message) {})
			for range 15 {
				all = append(all, bodies(func(m protoreflect.Message) { wild(random, m, 0) })...)
			}
			b.say("wild", all...)
			b.say("wild", trade(1, 77))
			r := b.run()
			b.stored(r)
			s := r.Status()
			if s.Trouble != "" || s.Outputs != uint64(len(all)+1) || s.Kinds["refused"] > 0 {
				t.Errorf("status %+v", s)
				for _, why := range ask(t, b.cfg.Place, "SELECT kind, error FROM refused LIMIT 5") {
					t.Error(why)
				}
			}
			for kind := range s.Kinds {
				if kind == "other" {
					t.Errorf("%d outputs went where no table is made for them", s.Kinds[kind])
				}
			}
			if got := r.trades(query.TradesQuery{Mint: base58Of(key(1))}); len(got) != 1 || got[0].BaseAmount != 77 {
				t.Errorf("after the wild ones there are trades %+v", got)
			}
			everyList(t, r)
		})
	}
}

// everyList reads all that the wild rows became.
func everyList(t *testing.T, r *running) {
	t.Helper()
	ctx, q := t.Context(), r.Reader()
	p := query.Page{Limit: 500}
	for _, view := range []query.View{query.Newest, query.Launched, query.Graduated, query.Active, query.NearGraduation, query.Gainers} {
		if _, err := q.Tokens(ctx, query.TokensQuery{Page: p, View: view, Search: "a"}); err != nil {
			t.Errorf("tokens %s: %v", view, err)
		}
	}
	for _, view := range []query.View{query.Newest, query.Active, query.Largest} {
		if _, err := q.Pools(ctx, query.PoolsQuery{Page: p, View: view}); err != nil {
			t.Errorf("pools %s: %v", view, err)
		}
	}
	for what, list := range map[string]func() error{
		"trades":    func() error { _, err := q.Trades(ctx, query.TradesQuery{Page: p}); return err },
		"liquidity": func() error { _, err := q.Liquidity(ctx, query.LiquidityQuery{Page: p}); return err },
		"positions": func() error { _, err := q.Positions(ctx, query.PositionsQuery{Page: p}); return err },
		"fees":      func() error { _, err := q.Fees(ctx, query.FeesQuery{Page: p}); return err },
		"periods":   func() error { _, err := q.PoolPeriods(ctx, query.PoolPeriodsQuery{Page: p, Pool: ""}); return err },
		"candles":   func() error { _, err := q.Candles(ctx, query.CandlesQuery{Page: p}); return err },
		"windows":   func() error { _, err := q.Windows(ctx, ""); return err },
		"signals":   func() error { _, err := q.Signals(ctx, query.SignalsQuery{Page: p}); return err },
		"totals":    func() error { _, err := q.Totals(ctx); return err },
	} {
		if err := list(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// An output that the database refuses is kept, and those beside it are stored.
func TestRefusedOutputIsKept(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			bad := &eventv1.Output{Kind: "candle", Body: &eventv1.Output_CandleClosed{CandleClosed: &eventv1.CandleClosed{BaseVolume: "no number", QuoteVolume: "1"}}}
			var all []*eventv1.Output
			for i := range 21 {
				if i == 13 {
					all = append(all, bad)
				}
				all = append(all, trade(1, uint64(i)))
			}
			b.say("trading", all...)
			r := b.run()
			b.stored(r)
			if s := r.Status(); s.Trouble != "" || s.Kinds["refused"] != 1 || s.Outputs != 22 {
				t.Errorf("status %+v", s)
			}
			if got := r.trades(query.TradesQuery{}); len(got) != 21 {
				t.Errorf("%d trades are stored", len(got))
			}
			rows := ask(t, b.cfg.Place, "SELECT event, cause, kind FROM refused")
			if len(rows) != 1 || rows[0] != "14 14 candle" {
				t.Errorf("refused are %q", rows)
			}
		})
	}
}

// What a newer monitor says is kept, although this program cannot read it.
func TestBodyOfTheFuture(t *testing.T) {
	b := newBench(t, storetest.SQLite(t))
	o := &eventv1.Output{Kind: "news"}
	o.ProtoReflect().SetUnknown(protoreflect.RawFields{0xca, 0x3e, 0x02, 0x08, 0x01}) // field 1001, a message
	b.say("new", o)
	r := b.run()
	b.stored(r)
	got, err := r.Reader().Signals(t.Context(), query.SignalsQuery{})
	if err != nil || len(got.Items) != 1 || got.Items[0].Kind != "news" || string(got.Items[0].Body) != `{"unread":"yj4CCAE="}` {
		t.Errorf("signals %+v, %v", got, err)
	}
	if s := r.Status(); s.Kinds["other"] != 1 {
		t.Errorf("kinds %v", s.Kinds)
	}
}

// Steps of a life come in any batches, and the last word holds.
func TestTokenLife(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			phase := func(p eventv1.TokenPhase, f *eventv1.TokenFigures) *eventv1.Output {
				return &eventv1.Output{Kind: "token", BlockTime: new(int64(p) * 100), Signature: []byte{byte(p)}, Body: &eventv1.Output_TokenPhaseChanged{TokenPhaseChanged: &eventv1.TokenPhaseChanged{
					Mint: key(1), Phase: p, Symbol: "SYM\x00", Name: "Name", QuoteMint: key(3), Figures: f,
				}}}
			}
			state := func(progress *uint32, holders *uint64) *eventv1.Output {
				return &eventv1.Output{Kind: "token_state", Body: &eventv1.Output_TokenState{TokenState: &eventv1.TokenState{
					Mint: key(1), Phase: eventv1.TokenPhase_TOKEN_PHASE_TRADING, Figures: &eventv1.TokenFigures{ProgressPpm: progress, Holders: holders},
				}}}
			}
			r := b.run()
			b.say("lifecycle", phase(1, nil), phase(2, nil), trade(1, 5), state(proto.Uint32(950_000), proto.Uint64(9)))
			b.stored(r)
			near, err := r.Reader().Tokens(t.Context(), query.TokensQuery{View: query.NearGraduation})
			if err != nil || len(near.Items) != 1 || *near.Items[0].Figures.ProgressPPM != 950_000 || *near.Items[0].Figures.Holders != 9 {
				t.Errorf("near graduation are %+v, %v", near, err)
			}
			b.say("lifecycle", state(proto.Uint32(960_000), nil), phase(3, &eventv1.TokenFigures{ProgressPpm: proto.Uint32(1_000_000)}), phase(4, nil))
			b.stored(r)
			got, ok, err := r.Reader().Token(t.Context(), base58Of(key(1)), 0)
			if err != nil || !ok {
				t.Fatalf("token: %v, %v", ok, err)
			}
			if got.Phase != "migrated" || got.Symbol != "SYM\uFFFD" || *got.Created.At != 100 || *got.Completed.At != 300 || *got.Migrated.At != 400 || got.Migrated.Event != 7 ||
				got.Figures.Holders != nil || *got.Figures.ProgressPPM != 1_000_000 || *got.Trades != 1 || *got.Price != (query.Price{Quote: 3, Base: 7}) || got.FirstEvent != 1 {
				t.Errorf("token %+v, figures %+v", got, got.Figures)
			}
			for view, want := range map[query.View]int{query.Graduated: 1, query.Launched: 1, query.Active: 1, query.NearGraduation: 0, query.Gainers: 0} {
				list, err := r.Reader().Tokens(t.Context(), query.TokensQuery{View: view, Search: "sy"})
				if err != nil || len(list.Items) != want {
					t.Errorf("%s lists %d coins, %v; want %d", view, len(list.Items), err, want)
				}
			}
			if list, err := r.Reader().Tokens(t.Context(), query.TokensQuery{Search: "other"}); err != nil || len(list.Items) != 0 {
				t.Errorf("a search finds %+v, %v", list, err)
			}
		})
	}
}

// Gainers are ordered by the price now over the price at the beginning of the time.
func TestGainers(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			var all []*eventv1.Output
			for coin, before := range []uint64{6, 1, 3} { // the price of all is 3/7 now
				all = append(all, &eventv1.Output{Kind: "candle", Body: &eventv1.Output_CandleClosed{CandleClosed: &eventv1.CandleClosed{
					Mint: key(10 + coin), QuoteMint: key(3), Start: 1_700_000_000 - 600, Seconds: 60, Open: &eventv1.Price{Quote: before, Base: 7}, BaseVolume: "1", QuoteVolume: "1",
				}}}, trade(10+coin, 5))
			}
			b.say("trading", all...)
			r := b.run()
			b.stored(r)
			var order []string
			page := query.Page{Limit: 2}
			for {
				list, err := r.Reader().Tokens(t.Context(), query.TokensQuery{Page: page, View: query.Gainers})
				if err != nil {
					t.Fatal(err)
				}
				for _, token := range list.Items {
					order = append(order, token.Mint+" from "+strconv.FormatUint(token.Before.Quote, 10))
				}
				if page.After = list.Next; page.After == "" {
					break
				}
			}
			want := []string{base58Of(key(11)) + " from 1", base58Of(key(12)) + " from 3", base58Of(key(10)) + " from 6"}
			if strings.Join(order, ", ") != strings.Join(want, ", ") {
				t.Errorf("gainers are %v, want %v", order, want)
			}
			candles, err := r.Reader().Candles(t.Context(), query.CandlesQuery{Mint: base58Of(key(10)), QuoteMint: base58Of(key(3)), Seconds: 60})
			if err != nil || len(candles.Items) != 1 || *candles.Items[0].Open != (query.Price{Quote: 6, Base: 7}) || candles.Items[0].Close != nil {
				t.Errorf("candles %+v, %v", candles, err)
			}
		})
	}
}

// What was said of lost records is kept.
func TestGapsOfFiguresAreKept(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			var all []*eventv1.Output
			for at, gap := range []bool{true, false} {
				start := 1_700_000_000 + int64(at)*60
				all = append(all,
					&eventv1.Output{Kind: "candle", Body: &eventv1.Output_CandleClosed{CandleClosed: &eventv1.CandleClosed{
						Mint: key(1), QuoteMint: key(3), Start: start, Seconds: 60, BaseVolume: "1", QuoteVolume: "1", Gap: gap,
					}}},
					&eventv1.Output{Kind: "window", Body: &eventv1.Output_WindowClosed{WindowClosed: &eventv1.WindowClosed{
						Mint: key(1 + at), QuoteMint: key(3), End: start, Seconds: 300, BaseVolume: "1", QuoteVolume: "1", Gap: gap,
					}}},
					&eventv1.Output{Kind: "pool_period", Body: &eventv1.Output_PoolPeriod{PoolPeriod: &eventv1.PoolPeriod{
						Pool: key(4), Start: start, Seconds: 60, BaseVolume: "1", QuoteVolume: "1", AddedBase: "0", AddedQuote: "0", RemovedBase: "0", RemovedQuote: "0", Gap: gap,
					}}})
			}
			b.say("trading", all...)
			r := b.run()
			b.stored(r)
			ctx, reader := t.Context(), r.Reader()
			candles, err := reader.Candles(ctx, query.CandlesQuery{Mint: base58Of(key(1)), QuoteMint: base58Of(key(3)), Seconds: 60})
			if err != nil || len(candles.Items) != 2 || *candles.Items[0].Gap || !*candles.Items[1].Gap {
				t.Errorf("candles %+v, %v", candles.Items, err)
			}
			periods, err := reader.PoolPeriods(ctx, query.PoolPeriodsQuery{Pool: base58Of(key(4)), Seconds: 60})
			if err != nil || len(periods.Items) != 2 || *periods.Items[0].Gap || !*periods.Items[1].Gap {
				t.Errorf("periods %+v, %v", periods.Items, err)
			}
			for coin, want := range map[int]bool{1: true, 2: false} {
				windows, err := reader.Windows(ctx, base58Of(key(coin)))
				if err != nil || len(windows) != 1 || *windows[0].Gap != want {
					t.Errorf("windows of coin %d: %+v, %v", coin, windows, err)
				}
			}
		})
	}
}
