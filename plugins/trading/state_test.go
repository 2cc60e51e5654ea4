package trading

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk"
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
	var s state
	for i := range n {
		var mint sdk.Key
		binary.BigEndian.PutUint64(mint[:], uint64(i))
		t := s.count(mint, n)
		t.trades, t.buys, t.base = uint64(i), uint64(i), amount{low: 1 << 50}
		t.addQuote(mint, 1<<40)
	}
	return &s
}

func TestStateSurvives(t *testing.T) {
	before, err := coins(100).AppendBinary(nil)
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
	for n := range before {
		if err := s.UnmarshalBinary(before[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a state", n, len(before))
		}
	}
	if again, _ := s.AppendBinary(nil); !bytes.Equal(again, before) {
		t.Error("a state that was refused left traces")
	}
}

// BenchmarkSave is a checkpoint of 100,000 coins.
func BenchmarkSave(b *testing.B) {
	s := coins(100_000)
	b.ReportAllocs()
	var data []byte
	for b.Loop() {
		var err error
		if data, err = s.AppendBinary(data[:0]); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(data)))
	}
}

// BenchmarkRestore is the way back.
func BenchmarkRestore(b *testing.B) {
	data, err := coins(100_000).AppendBinary(nil)
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
