package lifecycle

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/weir-run/weir/sdk"
)

// crowd is a state with n live and n migrated tokens.
func crowd(n int) *state {
	var s state
	for i := range n {
		var mint sdk.Key
		binary.BigEndian.PutUint64(mint[:], uint64(i))
		*s.live.Put(mint) = token{
			phase: sdk.PhaseTrading, trades: uint64(i), name: "Some coin", symbol: "COIN", creator: mint, curve: mint, quote: mint,
		}
		mint[31] = 1
		s.done.Put(mint)
	}
	return &s
}

func TestStateSurvives(t *testing.T) {
	before, err := crowd(100).AppendBinary(nil)
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

// BenchmarkSave is a checkpoint of 100,000 live and as many migrated tokens.
func BenchmarkSave(b *testing.B) {
	s := crowd(100_000)
	b.ReportAllocs()
	var data []byte
	for b.Loop() {
		var err error
		data, err = s.AppendBinary(data[:0])
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(data)))
	}
}

// BenchmarkRestore is the way back.
func BenchmarkRestore(b *testing.B) {
	data, err := crowd(100_000).AppendBinary(nil)
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
