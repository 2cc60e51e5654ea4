package trading

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math/big"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

func TestAmountIsABigInt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sum amount
		want := new(big.Int)
		for _, v := range rapid.SliceOf(rapid.Uint64()).Draw(t, "values") {
			sum.add(v)
			want.Add(want, new(big.Int).SetUint64(v))
		}
		if sum.String() != want.String() {
			t.Fatalf("sum is %s, want %s", sum, want)
		}
	})
}

// A coin has volumes for the quote mints used last, and no more.
func TestQuotesAreBounded(t *testing.T) {
	var coin total
	key := func(n int) sdk.Key { return sdk.Key{0: byte(n), 31: 1} }
	for n := range maxQuotes {
		coin.addQuote(key(n), 1)
	}
	if got := coin.addQuote(key(0), 1); got.low != 2 {
		t.Errorf("the first quote mint has %s, want 2", got)
	}
	coin.addQuote(key(maxQuotes), 1) // forgets 1: 0 was used after it
	if len(coin.quotes) != maxQuotes {
		t.Errorf("%d quote mints, want %d", len(coin.quotes), maxQuotes)
	}
	if zero, one := coin.addQuote(key(0), 1), coin.addQuote(key(1), 1); zero.low != 3 || one.low != 1 {
		t.Errorf("volumes are %s and %s, want 3 and 1", zero, one)
	}
}

func coins(n int) *state {
	s := newState()
	for i := range n {
		trade(s, i, n)
	}
	return s
}

// trade counts one of a coin.
func trade(s *state, i, most int) {
	var mint sdk.Key
	binary.BigEndian.PutUint64(mint[:], uint64(i))
	t := s.count(mint, most)
	t.trades, t.buys, t.base = t.trades+uint64(i), uint64(i), amount{low: 1 << 50}
	t.addQuote(mint, 1<<40)
}

func whole(tb testing.TB, s *state, b []byte) []byte {
	tb.Helper()
	data, parts, err := s.AppendPart(b, true)
	if err != nil || parts != 1 {
		tb.Fatalf("%d parts, %v", parts, err)
	}
	return data
}

func TestStateSurvives(t *testing.T) {
	before := whole(t, coins(100), nil)
	s := newState()
	if err := s.LoadParts(sdk.PartsOf(before)); err != nil {
		t.Fatal(err)
	}
	if after := whole(t, s, nil); !bytes.Equal(before, after) {
		t.Errorf("%d bytes became %d", len(before), len(after))
	}
	for n := range before {
		if err := newState().LoadParts(sdk.PartsOf(before[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a state", n, len(before))
		}
	}
}

// What a state in one piece of version 1 held, totals alone, is there in one of today.
func TestUpgrade(t *testing.T) {
	was := coins(100)
	old := pack.AppendUvarint(nil, uint64(was.totals.Len()))
	for mint, v := range was.totals.All() {
		old = appendTotal(pack.AppendKey(old, mint), &v)
	}
	s := newState()
	if err := s.upgrade(1, [][]byte{old}); err != nil {
		t.Fatal(err)
	}
	if got, want := whole(t, s, nil), whole(t, was, nil); !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
	if newState().upgrade(1, [][]byte{old[:len(old)-1]}) == nil {
		t.Error("a state that is cut passes")
	}
}

// BenchmarkSave is a checkpoint of 100,000 coins, all of it, and of the 1,000 of them that traded.
func BenchmarkSave(b *testing.B) {
	s := coins(100_000)
	var data []byte
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			data = whole(b, s, data[:0])
			b.SetBytes(int64(len(data)))
		}
	})
	b.Run("changed", func(b *testing.B) {
		next := 0
		for b.Loop() {
			for range 1000 {
				next = (next + 1) % 100_000
				trade(s, next, 100_000)
			}
			part, _, err := s.AppendPart(data[:0], false)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(part)))
		}
	})
}

// BenchmarkRestore is the way back.
func BenchmarkRestore(b *testing.B) {
	data := whole(b, coins(100_000), nil)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := newState().LoadParts(sdk.PartsOf(data)); err != nil {
			b.Fatal(err)
		}
	}
}

// testdata/state-5.gz is a checkpoint of version 5, the last in one piece, with something in every part of it but launches.
func TestUpgradeOfVersion5(t *testing.T) {
	file, err := os.Open("testdata/state-5.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(unzip)
	if err != nil {
		t.Fatal(err)
	}
	s := newState()
	if err := s.upgrade(5, [][]byte{old}); err != nil {
		t.Fatal(err)
	}
	got := []int{
		s.totals.Len(), len(s.intervals), s.histories.pairs.Len(), len(s.slot.swaps), s.turnings.holders.Len(), s.copies.buyers.Len(),
		s.copies.follows.Len(),
	}
	if slices.Contains(got, 0) || s.now == 0 {
		t.Errorf("something is missing: %v, now %d", got, s.now)
	}
	again := newState()
	if err := again.LoadParts(sdk.PartsOf(whole(t, s, nil))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(whole(t, again, nil), whole(t, s, nil)) {
		t.Error("it is another state after a checkpoint")
	}
	for n := 0; n < len(old); n += 211 {
		if newState().upgrade(5, [][]byte{old[:n]}) == nil {
			t.Fatalf("the first %d of %d bytes pass", n, len(old))
		}
	}
}

// currentAt7 is what changes with every trade, as versions 6 and 7 wrote it: without gaps.
type currentAt7 struct{ *current }

func (c currentAt7) AppendBinary(b []byte) ([]byte, error) {
	b, err := c.current.AppendBinary(b)
	return b[:len(b)-1], err // the number of gaps, which is 0
}

// Versions 6 and 7 did not know the pools of those who turn around, and version 6 no origins.
func TestUpgradeOfVersions6And7(t *testing.T) {
	for version := uint32(6); version < 8; version++ {
		was := coins(100)
		mint := sdk.Key{31: 9}
		was.slot = slotTrades{slot: 5, swaps: []swap{{tx: 7, mint: mint, base: 3}}}
		turned := turning{side: sdk.Buy, base: 5, at: 6, turns: []turn{{slot: 5, side: sdk.Buy, base: 5, quote: 8}}}
		old := turnings{keyed.NewMap(keyed.Codec[holder, turning]{
			AppendKey: func(b []byte, k holder) []byte { return pack.AppendKey(pack.AppendKey(b, k.mint), k.trader) }, ReadKey: readHolder,
			Append: func(b []byte, h *turning) []byte {
				b = appendTurning(b, h)
				return b[:len(b)-1] // no pool
			},
		})}
		*old.holders.Put(holder{mint: mint}), *was.turnings.holders.Put(holder{mint: mint}) = turned, turned
		parts := keyed.NewState(currentAt7{&was.current}, was.totals, was.histories.pairs, old.holders, was.copies.buyers, was.copies.follows, was.origins.coins)
		if version == 6 {
			parts = keyed.NewState(currentAt7{&was.current}, was.totals, was.histories.pairs, old.holders, was.copies.buyers, was.copies.follows)
		} else {
			was.origins.coins.Put(mint).supply = 1000
		}
		part, _, err := parts.AppendPart(nil, true)
		if err != nil {
			t.Fatal(err)
		}
		s := newState()
		if err := s.upgrade(version, [][]byte{part}); err != nil {
			t.Fatal(err)
		}
		if got, want := whole(t, s, nil), whole(t, was, nil); !bytes.Equal(got, want) {
			t.Errorf("version %d: %d bytes, want %d", version, len(got), len(want))
		}
	}
}
