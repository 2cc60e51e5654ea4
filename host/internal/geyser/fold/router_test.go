package fold

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
)

func newRouter(tb testing.TB, groups ...Group) *Router {
	tb.Helper()
	r, err := NewRouter(groups)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func keys(keys ...dex.Key) [][]byte {
	var out [][]byte
	for _, k := range keys {
		out = append(out, append([]byte(nil), k[:]...))
	}
	return out
}

func TestRoute(t *testing.T) {
	r := newRouter(t,
		Group{Name: "curve", Programs: []string{dex.Pump.String()}},
		Group{Name: "swap", Programs: []string{dex.PumpSwap.String(), dex.RaydiumV4.String()}},
		Group{Name: "snipers", Programs: []string{dex.Pump.String()}, Failed: true},
		Group{Name: "all"})
	near := dex.Pump // the first word equal, the rest not
	near[31]++
	for _, c := range []struct {
		name string
		tx   geyser.Transaction
		want GroupSet
	}{
		{"curve", geyser.Transaction{Keys: keys(dex.WSOL, dex.Pump)}, 0b1101},
		{"both", geyser.Transaction{Keys: keys(dex.Pump, dex.RaydiumV4, dex.Pump)}, 0b1111},
		{"nobody's", geyser.Transaction{Keys: keys(dex.WSOL)}, 0b1000},
		{"nearly", geyser.Transaction{Keys: keys(near)}, 0b1000},
		{"no keys", geyser.Transaction{}, 0b1000},
		{"failed", geyser.Transaction{Failed: true, Keys: keys(dex.Pump, dex.PumpSwap)}, 0b0100},
		{"vote", geyser.Transaction{Vote: true, Keys: keys(dex.Pump)}, 0},
		{"malformed keys", geyser.Transaction{Keys: [][]byte{nil, dex.Pump[:31], append(dex.Pump[:], 1)}}, 0b1000},
	} {
		if got := r.Route(&c.tx); got != c.want {
			t.Errorf("%s: %b, want %b", c.name, got, c.want)
		}
	}
}

func TestRouterRefuses(t *testing.T) {
	for want, groups := range map[string][]Group{
		"group bad: \"not base58!\"": {{Name: "bad", Programs: []string{"not base58!"}}},
		"group short: \"abc\"":       {{Name: "short", Programs: []string{"abc"}}},
		"65 groups, 64":              make([]Group, 65),
	} {
		if _, err := NewRouter(groups); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q, want %q", err, want)
		}
	}
}

// A router agrees with the plain reading of the rule, also where many keys share their first word.
func TestRouterProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Custom(func(t *rapid.T) dex.Key {
			var k dex.Key
			binary.LittleEndian.PutUint64(k[:], rapid.Uint64Range(0, 3).Draw(t, "word"))
			k[31] = byte(rapid.IntRange(0, 20).Draw(t, "rest"))
			return k
		})
		groups := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Group {
			g := Group{Failed: rapid.Bool().Draw(t, "failed")}
			for _, k := range rapid.SliceOfN(key, 0, 20).Draw(t, "programs") {
				g.Programs = append(g.Programs, base58.Encode(k[:]))
			}
			return g
		}), 0, 6).Draw(t, "groups")
		r, err := NewRouter(groups)
		if err != nil {
			t.Fatal(err)
		}
		tx := geyser.Transaction{Failed: rapid.Bool().Draw(t, "failed"), Keys: keys(rapid.SliceOfN(key, 0, 10).Draw(t, "keys")...)}
		var want GroupSet
		for i, g := range groups {
			wants := len(g.Programs) == 0
			for _, program := range g.Programs {
				for _, k := range tx.Keys {
					wants = wants || base58.Encode(k) == program
				}
			}
			if wants && (g.Failed || !tx.Failed) {
				want = want.With(i)
			}
		}
		if got := r.Route(&tx); got != want {
			t.Fatalf("%b, want %b", got, want)
		}
	})
}

func manyGroups(programs int) ([]Group, *geyser.Transaction) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func() (k dex.Key) {
		for i := range k {
			k[i] = byte(rng.Uint32())
		}
		return k
	}
	groups := make([]Group, 8)
	for i := range programs {
		g := &groups[i%len(groups)]
		k := draw()
		g.Programs = append(g.Programs, k.String())
	}
	tx := &geyser.Transaction{Keys: keys(dex.Pump)}
	for range 24 {
		k := draw()
		tx.Keys = append(tx.Keys, k[:])
	}
	groups[0].Programs = append(groups[0].Programs, dex.Pump.String())
	return groups, tx
}

func TestRouteDoesNotAllocate(t *testing.T) {
	groups, tx := manyGroups(20)
	r := newRouter(t, groups...)
	if n := testing.AllocsPerRun(100, func() { r.Route(tx) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkRoute routes a transaction of 25 keys.
func BenchmarkRoute(b *testing.B) {
	for _, programs := range []int{8, 100, 10_000} {
		groups, tx := manyGroups(programs)
		r := newRouter(b, groups...)
		b.Run(strconv.Itoa(programs), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r.Route(tx) == 0 {
					b.Fatal("not routed")
				}
			}
		})
	}
}
