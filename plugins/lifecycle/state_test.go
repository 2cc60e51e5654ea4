package lifecycle

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// numbered is a key that nobody else has.
func numbered(i int) (k sdk.Key) {
	binary.BigEndian.PutUint64(k[:], uint64(i))
	binary.LittleEndian.PutUint64(k[8:], uint64(i)*0x9e3779b97f4a7c15)
	return k
}

// crowd is a state with active tokens of some holders each, and idle ones.
func crowd(active, holders, idle int) *state {
	var s state
	for i := range active + idle {
		mint := numbered(i)
		t := token{
			core: core{
				phase: phase(sdk.PhaseTrading), venue: uint8(sdk.Pump), flags: sawCreation | seenCap, creator: mint, place: mint, quote: solMint,
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
		s.creators.note(mint, mint, 1<<30)
	}
	return &s
}

func TestStateSurvives(t *testing.T) {
	from := crowd(50, 5, 50)
	before, err := from.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var s state
	if err := s.UnmarshalBinary(before); err != nil {
		t.Fatal(err)
	}
	after, err := s.AppendBinary(nil)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%d bytes became %d, %v", len(before), len(after), err)
	}
	if s.held != 250 {
		t.Errorf("%d holders are counted, want 250", s.held)
	}
	for n := range before {
		if err := s.UnmarshalBinary(before[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a state", n, len(before))
		}
	}
	if again, _ := s.AppendBinary(nil); !bytes.Equal(again, before) {
		t.Error("a state that was refused left traces")
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
	var s state
	if err := s.read(1, b); err != nil {
		t.Fatal(err)
	}
	got := s.active.Get(live)
	if got == nil || got.phase != phase(sdk.PhaseTrading) || got.onCurve != 17 || got.name != "Some coin" || got.place != numbered(4) ||
		got.wallets.absent != absence(sdk.AbsentCreationNotSeen) || got.whole() {
		t.Errorf("live token is %+v", got)
	}
	if got := s.idle.Get(done); got == nil || got.phase != phase(sdk.PhaseMigrated) {
		t.Errorf("migrated token is %+v", got)
	}
}

// BenchmarkSave is a checkpoint of 100,000 active tokens with 10 holders each, and as many idle ones.
func BenchmarkSave(b *testing.B) {
	s := crowd(100_000, 10, 100_000)
	b.ReportAllocs()
	var data []byte
	for b.Loop() {
		var err error
		data, err = s.AppendBinary(data[:0])
		if err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(data)))
	b.ReportMetric(float64(len(data))/200_000, "state-B/token")
}

// BenchmarkRestore is the way back.
func BenchmarkRestore(b *testing.B) {
	data, err := crowd(100_000, 10, 100_000).AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var s state
		if err := s.UnmarshalBinary(data); err != nil {
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
		data, err := s.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "heap-B/token")
		b.ReportMetric(float64(len(data))/1e6, "state-B/token")
		runtime.KeepAlive(s)
	}
}
