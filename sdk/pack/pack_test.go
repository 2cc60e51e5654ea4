package pack_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

func TestReaderReadsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number, text := rapid.Uint64().Draw(t, "number"), rapid.String().Draw(t, "text")
		key := sdk.KeyOf(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		var b []byte
		b = pack.AppendUvarint(b, number)
		b = pack.AppendText(b, text)
		b = pack.AppendKey(b, key)
		b = pack.AppendOptionalKey(b, key)
		b = pack.AppendOptionalKey(b, sdk.Key{})
		r := pack.NewReader(b)
		if r.Uvarint() != number || r.Text() != text || r.Key() != key || r.OptionalKey() != key || !r.OptionalKey().IsZero() {
			t.Fatal("the reader gives something else")
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		// Every beginning of it is too short.
		short := pack.NewReader(b[:rapid.IntRange(0, len(b)-1).Draw(t, "length")])
		short.Uvarint()
		short.Text()
		short.Key()
		short.OptionalKey()
		short.OptionalKey()
		if err := short.Close(); !errors.Is(err, pack.ErrShort) || !short.Failed() {
			t.Fatalf("a short state gives %v", err)
		}
	})
}

func TestReaderRefuses(t *testing.T) {
	if err := pack.NewReader([]byte{1}).Close(); !errors.Is(err, pack.ErrLong) {
		t.Errorf("bytes left over give %v", err)
	}
	r := pack.NewReader(pack.AppendUvarint(nil, 1<<60))
	if n := r.Count(32); n != 0 || !errors.Is(r.Close(), pack.ErrShort) {
		t.Errorf("a count past the end gives %d, %v", n, r.Close())
	}
	r = pack.NewReader([]byte{7})
	if r.OptionalKey(); !errors.Is(r.Close(), pack.ErrShort) {
		t.Errorf("a wrong mark gives %v", r.Close())
	}
}
