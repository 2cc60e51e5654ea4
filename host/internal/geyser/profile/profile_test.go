package profile

import (
	"slices"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

func TestForGuessesByHost(t *testing.T) {
	for url, want := range map[string]string{
		"https://grpc.ams.shyft.to":                                  "shyft",
		"https://GRPC.NY.SHYFT.TO.:443":                              "shyft",
		"https://riptide.rpcpool.com:443":                            "triton",
		"https://laserstream-mainnet-ewr.helius-rpc.com":             "helius",
		"https://docs-demo.solana-mainnet.quiknode.pro:10000":        "quicknode",
		"https://yellowstone-solana-mainnet.core.chainstack.com:443": "chainstack",
		"https://solana-mainnet.g.alchemy.com":                       "alchemy",
		"https://solana-yellowstone-grpc.publicnode.com:443":         "publicnode",
		"https://grpc.supanode.xyz":                                  "supanode",
		"http://127.0.0.1:10000":                                     "self-hosted",
		"http://[::1]:10000":                                         "self-hosted",
		"http://10.1.2.3:10000":                                      "self-hosted",
		"http://localhost:10000":                                     "self-hosted",
		"http://validator:10000":                                     "self-hosted",
		"http://validator.lan.local":                                 "self-hosted",
		"https://203.0.113.7:443":                                    Generic,
		"https://grpc.example.com":                                   Generic,
		"https://notshyft.to":                                        Generic,
		"https://shyft.to.example.com":                               Generic,
		"":                                                           Generic,
		"://":                                                        Generic,
	} {
		if got := For(url); got.Name != want {
			t.Errorf("%q is %s, want %s", url, got.Name, want)
		}
	}
}

// The numbers that the facts give, and no other.
func TestKnownNumbers(t *testing.T) {
	for _, c := range []struct {
		name                         string
		opens, streams, filters, key int
		replay                       uint64
		header                       string
	}{
		{"shyft", 100, 0, 0, 0, 0, "x-token"},
		{"triton", 0, 0, 0, 0, 150, "x-token"},
		{"helius", 0, 100, 0, 0, 3_000, "x-token"},
		{"quicknode", 0, 0, 0, 0, 3_000, "x-token"},
		{"chainstack", 0, 2, 5, 200, 100, "x-token"},
		{"alchemy", 0, 0, 0, 0, 432_000, "x-token"},
		{"supanode", 0, 1, 0, 0, 0, "x-token"},
		{"subglow", 0, 2, 0, 100, 0, "x-token"},
		{"vali", 0, 0, 25, 100, 0, "x-token"},
		{"nolimitnodes", 0, 0, 0, 0, 0, "x-api-key"},
		{"publicnode", 0, 0, 0, 0, 0, ""},
		{"self-hosted", 1_000, 0, 1, 0, 0, "x-token"},
		{"generic", 0, 0, 0, 0, 0, "x-token"},
	} {
		p, ok := Named(c.name)
		if !ok || p.Opens != c.opens || p.Streams != c.streams || p.FiltersPerKind != c.filters || p.KeysPerFilter != c.key || p.ReplaySlots != c.replay || p.TokenHeader != c.header {
			t.Errorf("%+v", p)
		}
		if p.Opens > 0 && p.Window == 0 {
			t.Errorf("%s: opens without a window", c.name)
		}
		if p.Silence != 0 && p.Silence < 3*p.ServerPing || p.Silence > 45*time.Second {
			t.Errorf("%s: silence %v at a ping each %v", c.name, p.Silence, p.ServerPing)
		}
		if !slices.Contains(Names(), c.name) {
			t.Errorf("%s is not in %v", c.name, Names())
		}
	}
	if len(Names()) != 13 {
		t.Errorf("profiles %v: one is not tested", Names())
	}
	if _, ok := Named("nobody"); ok {
		t.Error("a profile of nobody")
	}
	if p, ok := Named("Shyft"); !ok || p.Name != "shyft" {
		t.Error("the case of a name matters")
	}
}

func TestLimitsAreThoseOfTheProfile(t *testing.T) {
	p, _ := Named("chainstack")
	got := p.Limits()
	if got.Provider != "chainstack" || got.FiltersPerKind != 5 || got.KeysPerFilter != 200 || got.NeedsKeys || !slices.Equal(got.Refused, []string{splToken}) {
		t.Errorf("%+v", got)
	}
	p, _ = Named("supanode")
	if _, err := fold.Request([]fold.Group{{Name: "all"}}, fold.AllGroups(1), fold.Options{Limits: p.Limits()}); err == nil {
		t.Error("a filter without an address is sent to a provider that refuses it")
	}
	// What a caller does to its profile is not seen by the next.
	p, _ = Named("chainstack")
	p.RefusedKeys[0] = "x"
	if again, _ := Named("chainstack"); again.RefusedKeys[0] != splToken {
		t.Error("profiles share memory")
	}
}
