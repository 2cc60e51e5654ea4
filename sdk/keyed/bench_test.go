package keyed_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

const (
	// manyTokens are known, manyValues of them with everything, the others by a summary.
	manyTokens, manyValues = 1_000_000, 100_000
	// manyMemory is what a process with them may have resident, with the collector's usual reserve: docs/writing-a-plugin.md says so.
	manyMemory = 512 << 20
)

// coin is what a monitor knows of a token that trades, brief what it keeps of one that does not.
type (
	coin struct {
		name, symbol               string
		creator, curve, quote      sdk.Key
		trades, volume, high, slot uint64
	}
	brief struct {
		trades, volume, slot uint64
		phase                uint8
	}
)

func appendCoin(b []byte, c *coin) []byte {
	b = pack.AppendText(pack.AppendText(b, c.name), c.symbol)
	b = pack.AppendKey(pack.AppendKey(pack.AppendKey(b, c.creator), c.curve), c.quote)
	return pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(b, c.trades), c.volume), c.high), c.slot)
}

func readCoin(r *pack.Reader, c *coin) {
	*c = coin{
		name: r.Text(), symbol: r.Text(), creator: r.Key(), curve: r.Key(), quote: r.Key(),
		trades: r.Uvarint(), volume: r.Uvarint(), high: r.Uvarint(), slot: r.Uvarint(),
	}
}

func appendBrief(b []byte, s *brief) []byte {
	return append(pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(b, s.trades), s.volume), s.slot), s.phase)
}

func readBrief(r *pack.Reader, s *brief) {
	*s = brief{trades: r.Uvarint(), volume: r.Uvarint(), slot: r.Uvarint(), phase: r.Byte()}
}

func newCoins() (*keyed.Tiers[sdk.Key, coin, brief], *keyed.State) {
	coins := keyed.NewMap(keyed.Codec[sdk.Key, coin]{AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key, Append: appendCoin, Read: readCoin})
	briefs := keyed.NewMap(keyed.Codec[sdk.Key, brief]{AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key, Append: appendBrief, Read: readBrief})
	return keyed.NewTiers(coins, briefs, keyed.Rule[sdk.Key, coin, brief]{
		Values: manyValues, All: manyTokens,
		Summarise: func(_ sdk.Key, c *coin) brief { return brief{trades: c.trades, volume: c.volume, slot: c.slot} },
		Revive:    func(_ sdk.Key, s brief) coin { return coin{trades: s.trades, volume: s.volume, slot: s.slot} },
	}), keyed.NewState(nil, coins, briefs)
}

func mintOf(n int) (key sdk.Key) {
	for i := range 4 {
		binary.BigEndian.PutUint64(key[8*i:], (uint64(n)*4+uint64(i)+1)*0x9e3779b97f4a7c15)
	}
	return key
}

// trade does what a handler does with a trade.
func trade(coins *keyed.Tiers[sdk.Key, coin, brief], n, mint int) {
	c := coins.Put(mintOf(mint))
	if c.name == "" {
		c.name, c.symbol = "Token no. "+strconv.Itoa(mint), "T"+strconv.Itoa(mint)
		c.creator, c.curve, c.quote = mintOf(mint/7+1<<30), mintOf(mint+1<<31), sdk.Key{1}
	}
	c.trades++
	c.volume += 1_000_000
	c.slot = uint64(n)
}

// resident is what the process has in memory, in bytes.
func resident(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("only Linux tells how much is resident")
	}
	var size, pages int
	if _, err := fmt.Fscan(bytes.NewReader(text), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return float64(pages * os.Getpagesize())
}

// BenchmarkMillion holds a million tokens, 100,000 of them with all that is known, and measures what one takes in memory, what the process
// has resident after a checkpoint, what a checkpoint writes that follows 10,000 trades, and how long saving and restoring take. It fails
// when more is resident than the documentation says. Run it with -benchtime 1x.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		million(b)
	}
}

func million(b *testing.B) {
	b.Helper()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	coins, state := newCoins()
	for n := range manyTokens + 10 {
		trade(coins, n, n)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/manyTokens, "heap-B/token")

	began := time.Now()
	whole, _, err := state.AppendPart(nil, true)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(milliseconds(time.Since(began)), "whole-ms")
	b.ReportMetric(float64(len(whole))/manyTokens, "saved-B/token")
	parts := [][]byte{bytes.Clone(whole)}
	began = time.Now()
	const trades = 10_000
	for n := range trades {
		trade(coins, n, n*7919%manyTokens)
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())/trades, "ns/trade")
	began = time.Now()
	part, n, err := state.AppendPart(whole[:0], false)
	if err != nil || n != 2 {
		b.Fatal(n, err)
	}
	b.ReportMetric(milliseconds(time.Since(began)), "part-ms")
	b.ReportMetric(float64(len(part)), "part-B")
	parts = append(parts, part)
	debug.FreeOSMemory()
	have := resident(b)
	b.ReportMetric(have/(1<<20), "resident-MiB")
	if have > manyMemory {
		b.Errorf("%.0f MiB are resident, the limit is %d", have/(1<<20), manyMemory>>20)
	}
	runtime.KeepAlive(coins)

	_, fresh := newCoins()
	_, lazy := newCoins()
	for name, state := range map[string]*keyed.State{"restore-ms": fresh, "lazy-restore-ms": lazy.Lazy()} {
		began = time.Now()
		if err := state.LoadParts(sdk.PartsOf(parts...)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(milliseconds(time.Since(began)), name)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
