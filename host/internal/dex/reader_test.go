package dex_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
)

// TestReaderEnds checks that a field that does not fit ends the data: what stands behind it is not taken for a later field.
func TestReaderEnds(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		read func(*dex.Reader)
		want dex.Extent
	}{
		"nothing":             {nil, func(r *dex.Reader) { r.Uint8() }, dex.Extent{}},
		"a byte after a cut":  {make([]byte, 7), func(r *dex.Reader) { r.Uint64(); r.Uint8(); r.Bool() }, dex.Extent{Tail: 7}},
		"two fields of three": {make([]byte, 6), func(r *dex.Reader) { r.Uint32(); r.Uint16(); r.Uint16() }, dex.Extent{Fields: 2}},
		"a tail":              {make([]byte, 40), func(r *dex.Reader) { var k dex.Key; r.Key(&k) }, dex.Extent{Fields: 1, Tail: 8}},
		"a hostile length":    {[]byte{0xff, 0xff, 0xff, 0xff, 1}, func(r *dex.Reader) { r.Bytes(); r.Uint8() }, dex.Extent{Tail: 5}},
		"a hostile count":     {[]byte{0xff, 0xff, 0xff, 0xff, 1}, func(r *dex.Reader) { r.Items(34) }, dex.Extent{Tail: 5}},
		"a hostile seed":      {[]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, func(r *dex.Reader) { r.Bytes64() }, dex.Extent{Tail: 9}},
		"an empty string":     {[]byte{0, 0, 0, 0}, func(r *dex.Reader) { r.Bytes(); r.Bytes() }, dex.Extent{Fields: 1}},
		"a cut number":        {make([]byte, 15), func(r *dex.Reader) { r.Int128() }, dex.Extent{Tail: 15}},
		"two short cuts":      {make([]byte, 3), func(r *dex.Reader) { r.Uint16(); r.Uint64(); r.Uint16() }, dex.Extent{Fields: 1, Tail: 1}},
	} {
		r := dex.NewReader(c.b)
		c.read(&r)
		if got := r.Extent(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestReaderKeepsKey(t *testing.T) {
	k := dex.USDC
	r := dex.NewReader(make([]byte, 31))
	if r.Key(&k); k != dex.USDC {
		t.Errorf("a cut key reads as %s", k)
	}
}

func TestCutEvent(t *testing.T) {
	event := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	if got, ok := dex.CutEvent(append(dex.AppendEventTag(nil), event...)); !ok || string(got) != string(event) {
		t.Errorf("%x %v", got, ok)
	}
	for _, b := range [][]byte{nil, dex.AppendEventTag(nil), append(event, event...)} {
		if got, ok := dex.CutEvent(b); ok {
			t.Errorf("%x is an event: %x", b, got)
		}
	}
}

func TestQuote(t *testing.T) {
	coin, other := dex.PumpCoin, dex.Key{1}
	for _, c := range []struct {
		a, b, want dex.Key
		first      bool
	}{
		{coin, dex.WSOL, dex.WSOL, false},
		{dex.WSOL, coin, dex.WSOL, true},
		{dex.WSOL, dex.USDC, dex.USDC, false},
		{dex.USDC, dex.WSOL, dex.USDC, true},
		{dex.USDT, dex.USDC, dex.USDC, false},
		{dex.USDT, dex.WSOL, dex.USDT, true},
		{dex.Key{}, coin, dex.Key{}, true},
		{coin, other, other, false},
		{other, coin, coin, false},
	} {
		if got, first := dex.Quote(c.a, c.b); got != c.want || first != c.first {
			t.Errorf("%s / %s: %s %v, want %s", c.a, c.b, got, first, c.want)
		}
	}
}
