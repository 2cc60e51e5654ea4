package enrich_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/enrich"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func one(t *testing.T, e *enrich.Enricher, r *eventv1.Record) *eventv1.Record {
	t.Helper()
	if err := e.Enrich(t.Context(), []*eventv1.Record{r}); err != nil {
		t.Fatal(err)
	}
	return r
}

func tokenOf(t *testing.T, e *enrich.Enricher) *enrich.Token {
	t.Helper()
	got, err := e.Token(t.Context(), dex.Key(mint))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// What is known of a token first stays, with the number of its record, over restarts too.
func TestFirstAnswerStays(t *testing.T) {
	rows := &table{rows: map[string][]byte{}}
	next := uint64(41)
	var wanted []dex.Key
	open := func() *enrich.Enricher {
		e, err := enrich.New(t.Context(), enrich.Config{Tokens: rows, Next: func() uint64 { return next }, Want: func(m dex.Key) { wanted = append(wanted, m) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		return e
	}
	e := open()
	if r := one(t, e, trade()); r.GetTrade().GetSymbol() != "" || len(wanted) != 1 || wanted[0] != dex.Key(mint) {
		t.Fatalf("an unknown token: %v, wanted %v", r, wanted)
	}
	if tokenOf(t, e) != nil {
		t.Fatal("something is known of it")
	}
	asked := len(wanted)
	late := &eventv1.TokenMetadata{Mint: mint, Symbol: "LATE", Name: "Late coin", Decimals: new(uint32(4))}
	if err := e.Learn(t.Context(), late, 44); err != nil {
		t.Fatal(err)
	}
	if r := one(t, e, trade()); r.GetTrade().GetSymbol() != "LATE" || r.GetTrade().GetBaseDecimals() != 4 {
		t.Errorf("right after it was learned, although its absence was in the cache: %v", r)
	}
	next = 50
	if err := e.Enrich(t.Context(), []*eventv1.Record{trade(), created()}); err != nil { // replayed, or fetched later
		t.Fatal(err)
	}
	for name, e := range map[string]*enrich.Enricher{"at once": e, "after a restart": open()} {
		if got := tokenOf(t, e); got.Since != 44 || !proto.Equal(got.Metadata, late) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if len(wanted) != asked {
		t.Errorf("wanted %d times, %d of them when it was known", len(wanted), len(wanted)-asked)
	}
}

// A creation tells all it has, and the number that its record will get.
func TestCreationIsRememberedWhole(t *testing.T) {
	rows := &table{rows: map[string][]byte{}}
	e, err := enrich.New(t.Context(), enrich.Config{Tokens: rows, Next: func() uint64 { return 7 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c := created()
	c.GetTokenCreated().Name, c.GetTokenCreated().Uri, c.GetTokenCreated().TotalSupply = "Weir coin", "https://x.example", new(uint64(1e15))
	if err := e.Enrich(t.Context(), []*eventv1.Record{trade(), c}); err != nil {
		t.Fatal(err)
	}
	want := &eventv1.TokenMetadata{
		Mint: mint, Symbol: "WEIR", Name: "Weir coin", Uri: "https://x.example", Source: eventv1.MetadataSource_METADATA_SOURCE_CREATION, Decimals: new(uint32(6)), Supply: new(uint64(1e15)),
	}
	if got := tokenOf(t, e); got.Since != 8 || !proto.Equal(got.Metadata, want) {
		t.Errorf("%+v, want %v since 8", got, want)
	}
}

// Rows of the first version are read; broken ones are an error that names the token.
func TestStoredTokens(t *testing.T) {
	key := dex.Key(mint).String()
	old := newEnricher(t, &table{rows: map[string][]byte{key: append([]byte{1, 9}, "OLD"...)}})
	if r := one(t, old, trade()); r.GetTrade().GetSymbol() != "OLD" || r.GetTrade().GetBaseDecimals() != 9 || tokenOf(t, old).Since != 0 {
		t.Errorf("%v", r)
	}
	for name, value := range map[string][]byte{"empty": {}, "cut": {2, 0x80}, "no message": {2, 1, 0xff, 0xff}, "of tomorrow": {3, 1, 1}} {
		err := newEnricher(t, &table{rows: map[string][]byte{key: value}}).Enrich(t.Context(), []*eventv1.Record{trade()})
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An absence is believed for a while, then it is stale and asked for again.
func TestAbsenceExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := &table{rows: map[string][]byte{}}
		e, err := enrich.New(t.Context(), enrich.Config{Tokens: rows})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		one(t, e, trade())
		synctest.Wait() // the cache has it
		one(t, e, trade())
		if s := e.Caches()[0]; rows.gets != 1 || s.Hits != 1 || s.Absent != 1 {
			t.Errorf("%d reads, stats %+v", rows.gets, s)
		}
		time.Sleep(2 * time.Minute)
		one(t, e, trade())
		if s := e.Caches()[0]; rows.gets != 2 || s.Absent != 2 {
			t.Errorf("after two minutes: %d reads, stats %+v", rows.gets, s)
		}
	})
}

// Nothing is lost when the cache is far too small: what it drops is read again.
func TestCacheIsNeverTheOnlyCopy(t *testing.T) {
	rows := &table{rows: map[string][]byte{}}
	e, err := enrich.New(t.Context(), enrich.Config{Tokens: rows, Memory: 20_000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	at := func(i int) []byte {
		k := dex.Key{byte(i), byte(i >> 8), 0xee}
		return k[:]
	}
	const tokens = 3000
	for i := range tokens {
		c := created()
		c.GetTokenCreated().Mint, c.GetTokenCreated().Decimals = at(i), new(uint32(i))
		one(t, e, c)
	}
	for i := range tokens {
		r := trade()
		r.GetTrade().Mint = at(i)
		if one(t, e, r); r.GetTrade().GetSymbol() != "WEIR" || r.GetTrade().GetBaseDecimals() != uint32(i) {
			t.Fatalf("token %d: %v", i, r)
		}
	}
	if s := e.Caches()[0]; s.Bytes > s.Limit || s.Limit > 20_000 || s.Dropped == 0 || s.Misses < tokens/2 {
		t.Errorf("stats %+v", s)
	}
}

// The block's time reaches records that come without one: from the meta, and from what other records of the slot say. Never a clock's.
func TestBlockTimeIsThatOfTheSlot(t *testing.T) {
	e := newEnricher(t, &table{rows: map[string][]byte{}})
	if r := one(t, e, forSOL(10)); r.BlockTime != nil {
		t.Errorf("a time out of nowhere: %v", r)
	}
	e.BlockTime(10, 1000)
	if r := one(t, e, forSOL(10)); r.GetBlockTime() != 1000 {
		t.Errorf("%v, want that of the block's meta", r)
	}
	told, untold := forSOL(11), forSOL(11)
	told.BlockTime = new(int64(1001))
	if err := e.Enrich(t.Context(), []*eventv1.Record{untold, told}); err != nil || untold.GetBlockTime() != 1001 {
		t.Errorf("%v: %v, want that of the record beside it", err, untold)
	}
	if r := one(t, e, forSOL(12)); r.BlockTime != nil {
		t.Errorf("the time of another slot: %v", r)
	}
}
