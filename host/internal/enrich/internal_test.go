package enrich

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/spl"
)

// FuzzReadToken reads accounts as any program may have left them.
func FuzzReadToken(f *testing.F) {
	named := spl.Metadata{Symbol: []byte("A\xff"), Name: []byte("a")}
	f.Add(spl.AppendExtension(spl.Mint{Initialized: true}.Append(nil), spl.ExtTokenMetadata, named.Append(nil)), named.AppendMetaplex(nil), true)
	f.Add(make([]byte, 82), []byte{4}, false)
	f.Fuzz(func(t *testing.T, base, metaplex []byte, new bool) {
		owner := dex.SPLToken
		if new {
			owner = dex.Token2022
		}
		readCurve(dex.Key{}, account{dex.Pump, base})
		m, ok := readToken(dex.Key{}, account{owner, base}, account{dex.Metaplex, metaplex})
		if !ok {
			return
		}
		for _, text := range []string{m.GetName(), m.GetSymbol(), m.GetUri()} {
			if !utf8.ValidString(text) || len(text) > 3*maxText {
				t.Errorf("%q", text)
			}
		}
		if m.Decimals == nil || m.Supply == nil || m.GetSource() == 0 && m.GetName()+m.GetSymbol()+m.GetUri() != "" {
			t.Errorf("%v", m)
		}
	})
}

// FuzzDecodeToken reads rows as any version may have left them.
func FuzzDecodeToken(f *testing.F) {
	f.Add([]byte{1, 6, 'A'})
	f.Add([]byte{2, 5})
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := decodeToken(dex.Key{}, b)
		if err != nil {
			return
		}
		again, err := first.encode()
		if err != nil {
			return // not UTF-8: it was never written by us
		}
		if second, err := decodeToken(dex.Key{}, again); err != nil || second.Since != first.Since || second.Metadata.GetSymbol() != first.Metadata.GetSymbol() {
			t.Errorf("%v, then %v %v", first, second, err)
		}
	})
}

// A cache follows its hit rate: one that misses gets room and asks less for what is absent, one that needs no room gives it back, and
// none goes beyond its bounds.
func TestCacheTunes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget = 1 << 20
		c, err := newCache("x", budget, func([]byte) int64 { return 800 }, func(_ context.Context, key dex.Key) ([]byte, bool, error) {
			return key[:], key[31] == 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		ask := func(from, n int) {
			for i := range n {
				if _, _, err := c.get(t.Context(), dex.Key{byte(from + i), byte((from + i) >> 8), byte((from + i) >> 16)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		first := c.stats()
		for round := range 30 { // ever new keys: all miss
			ask(round*2000, 2000)
			time.Sleep(tuneEvery)
		}
		grown := c.stats()
		if grown.Limit <= first.Limit || grown.Limit > budget || grown.Bytes > grown.Limit {
			t.Errorf("after misses: %+v, at first %+v", grown, first)
		}
		c.store.Clear()
		for range 40 { // few keys: all hit
			for range 200 {
				ask(1, 20)
			}
			time.Sleep(tuneEvery)
		}
		if small := c.stats(); small.Limit >= grown.Limit || small.Limit < budget/smallestPart || small.AbsentTTL < shortestTTL || small.AbsentTTL > longestTTL {
			t.Errorf("after hits: %+v, before %+v", small, grown)
		}
	})
}
