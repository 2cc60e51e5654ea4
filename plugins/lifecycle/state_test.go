package lifecycle

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
	"github.com/weir-run/weir/sdk/weirtest"
)

// numbered is a key that nobody else has.
func numbered(i int) (k sdk.Key) {
	binary.BigEndian.PutUint64(k[:], uint64(i))
	binary.LittleEndian.PutUint64(k[8:], uint64(i)*0x9e3779b97f4a7c15)
	return k
}

// crowd is a state with active tokens of some holders each, and idle ones.
func crowd(active, holders, idle int) *state {
	s := newState()
	for i := range active + idle {
		mint := numbered(i)
		t := token{
			core: core{
				phase: phase(sdk.PhaseTrading), venue: uint8(sdk.Pump), flags: sawCreation | seenCap | credited, creator: mint, place: mint, quote: solMint,
				trades: uint64(i), buys: uint32(i), onCurve: uint32(i), createdSlot: 300_000_000, supply: 1e15, initial: pumpInitialReal,
				lastSlot: 300_000_000, lastTime: 1_700_000_000, marks: marks{cap: 40e9, usd: 7e9, holders: uint32(holders), progress: 300_000},
			},
			now: standing{
				has: 15, base: 700e12, quote: 5e9, priceBase: 1e15, priceQuote: 35e9, cap: 35e9, usd: 6e9, usdSlot: 300_000_000, progress: 300_000,
			},
		}
		if i >= active {
			*s.idle.Put(mint) = t.core
			continue
		}
		t.name, t.symbol = "Some coin", "COIN"
		for h := range holders {
			wallet := numbered(i*holders + h)
			id, _ := walletOf(wallet[:])
			t.wallets.give(id, 1e12+uint64(h))
		}
		s.held += holders
		*s.active.Put(mint) = t
		if i%10 == 0 {
			*s.pending.Put(mint) = 1_700_000_000
		}
		s.creation(mint, mint, 1<<30)
	}
	return s
}

// whole is all of a state.
func whole(tb testing.TB, s *state) []byte {
	tb.Helper()
	data, _, err := s.AppendPart(nil, true)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// Mints that are written as one byte must be the right ones.
func TestUsualQuotes(t *testing.T) {
	if solMint != sdk.KeyOf(weirtest.WSOL) || usdcMint != sdk.KeyOf(weirtest.USDC) {
		t.Error("a quote mint is wrong")
	}
	for _, k := range []sdk.Key{{}, solMint, usdcMint, usdtMint, numbered(7)} {
		b := appendQuote(nil, k)
		if got := readQuote(pack.NewReader(b)); got != k || (len(b) == 1) != (k != numbered(7)) {
			t.Errorf("%s became %s in %d bytes", k, got, len(b))
		}
	}
}

func TestStateSurvives(t *testing.T) {
	before := whole(t, crowd(50, 5, 50))
	s := newState()
	if err := s.LoadParts(sdk.PartsOf(before)); err != nil {
		t.Fatal(err)
	}
	if after := whole(t, s); !bytes.Equal(before, after) {
		t.Errorf("%d bytes became %d", len(before), len(after))
	}
	if s.held != 250 {
		t.Errorf("%d holders are counted, want 250", s.held)
	}
	for n := range before {
		if err := newState().LoadParts(sdk.PartsOf(before[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a state", n, len(before))
		}
	}
}

// A checkpoint after a few trades is small, whatever the number of tokens.
func TestStateSavesWhatChanged(t *testing.T) {
	s := crowd(20_000, 2, 20_000)
	all := whole(t, s)
	for i := range 100 {
		s.active.Change(numbered(i)).trades++
	}
	part, parts, err := s.AppendPart(nil, false)
	if err != nil || parts != 2 || len(part) > len(all)/20 {
		t.Fatalf("a part of %d bytes, of %d in all, %d parts, %v", len(part), len(all), parts, err)
	}
	back := newState()
	if err := back.LoadParts(sdk.PartsOf(all, part)); err != nil || !bytes.Equal(whole(t, back), whole(t, s)) || back.held != s.held {
		t.Errorf("restored state differs, %v", err)
	}
}

// Version 1 knew phases and names. What it had reported is not reported again.
func TestStateOfVersion1(t *testing.T) {
	live, done := numbered(1), numbered(2)
	b := pack.AppendKey(pack.AppendUvarint(nil, 1), live)
	b = pack.AppendUvarint(append(b, byte(sdk.PhaseTrading)), 17)
	b = pack.AppendText(pack.AppendText(b, "Some coin"), "COIN")
	b = pack.AppendOptionalKey(pack.AppendOptionalKey(pack.AppendOptionalKey(b, numbered(3)), numbered(4)), solMint)
	b = pack.AppendKey(pack.AppendUvarint(b, 1), done)
	s := newState()
	if err := s.upgrade(1, [][]byte{b}); err != nil {
		t.Fatal(err)
	}
	got, ok := s.active.Get(live)
	if !ok || got.phase != phase(sdk.PhaseTrading) || got.onCurve != 17 || got.name != "Some coin" || got.place != numbered(4) ||
		got.wallets.absent != absence(sdk.AbsentCreationNotSeen) || got.whole() {
		t.Errorf("live token is %+v", got)
	}
	if got, ok := s.idle.Get(done); !ok || got.phase != phase(sdk.PhaseMigrated) {
		t.Errorf("migrated token is %+v", got)
	}
}

// Version 2 did not know when holders moved elsewhere, nor creators but from creations.
func TestStateOfVersion2(t *testing.T) {
	was := crowd(50, 5, 50)
	was.active.Change(numbered(0)).flags &^= credited // it has no creator: the first key is zero
	old := keyed.NewMap(codec(func(t *token, b []byte) []byte {
		b = t.append(b)
		return b[:len(b)-1]
	}, func(t *token, r *pack.Reader) { t.read(r, 2) }))
	for mint, one := range was.active.All() {
		one.flags &^= credited
		*old.Put(mint) = one
	}
	idle := keyed.NewMap(codec((*core).append, (*core).read))
	for mint, c := range was.idle.All() {
		c.flags &^= credited
		*idle.Put(mint) = c
	}
	part, _, err := keyed.NewState(&struct{ Clock int64 }{was.rest.Clock}, old, idle, was.pending, was.creators).AppendPart(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	s := newState()
	if err := s.upgrade(2, [][]byte{part}); err != nil {
		t.Fatal(err)
	}
	if got, want := whole(t, s), whole(t, was); !bytes.Equal(got, want) || s.held != was.held {
		t.Errorf("%d bytes became %d, %d holders %d", len(want), len(got), was.held, s.held)
	}
}

// Holders are counted once, when a state does not tell how many there are.
func TestStateWithoutHeld(t *testing.T) {
	was := crowd(50, 5, 50)
	parts := map[string]*keyed.State{
		"said":     was.State,
		"not said": keyed.NewState(&struct{ Clock int64 }{was.rest.Clock}, was.active, was.idle, was.pending, was.creators),
	}
	for name, state := range parts {
		part, _, err := state.AppendPart(nil, true)
		if err != nil {
			t.Fatal(err)
		}
		s := newState()
		if err := s.LoadParts(sdk.PartsOf(part)); err != nil {
			t.Fatal(err)
		}
		if s.held != was.held || s.held != 250 {
			t.Errorf("%s: %d holders are counted, want %d", name, s.held, was.held)
		}
		if !bytes.Equal(whole(t, s), whole(t, was)) {
			t.Errorf("%s: the state became another", name)
		}
	}
}

// BenchmarkSave is a checkpoint of 100,000 active tokens with 10 holders each, and as many idle ones, after 10,000 trades.
func BenchmarkSave(b *testing.B) {
	s := crowd(100_000, 10, 100_000)
	data := whole(b, s)
	b.ReportMetric(float64(len(data))/200_000, "state-B/token")
	part := make([]byte, 0, len(data))
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range 10_000 {
			s.active.Change(numbered(i*7%100_000)).trades++
		}
		b.StartTimer()
		var err error
		if part, _, err = s.AppendPart(part[:0], false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(part)), "part-B")
}

// BenchmarkRestore is the way back.
func BenchmarkRestore(b *testing.B) {
	data := whole(b, crowd(100_000, 10, 100_000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := newState().LoadParts(sdk.PartsOf(data)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRestoreParts is the way back from several parts: of 100,000 tokens, 10,000 trades between two, most of them of few tokens.
func BenchmarkRestoreParts(b *testing.B) {
	s := crowd(100_000, 1, 0)
	parts, size := [][]byte{whole(b, s)}, 0
	for round := range 4 {
		for i := range 10_000 {
			n := (round*10_000 + i) * 7919 % 100_000
			if i%2 == 0 {
				n %= 1000
			}
			s.active.Touch(numbered(n)).trades++
		}
		part, _, err := s.AppendPart(nil, false)
		if err != nil {
			b.Fatal(err)
		}
		parts = append(parts, part)
	}
	for _, part := range parts {
		size += len(part)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		if err := newState().LoadParts(sdk.PartsOf(parts...)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMillionTokens is what the default limits hold: 250,000 active tokens with 16 holders each, and 750,000 idle ones.
func BenchmarkMillionTokens(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := crowd(250_000, 16, 750_000)
		runtime.GC()
		runtime.ReadMemStats(&after)
		data := whole(b, s)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "heap-B/token")
		b.ReportMetric(float64(len(data))/1e6, "state-B/token")
		runtime.KeepAlive(s)
	}
}
