package daemon_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/daemon"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// The configuration counts before the profile, and the profile before what is usual.
func TestProviderOf(t *testing.T) {
	for name, c := range map[string]struct {
		in              config.Endpoint
		profile         string
		opens, headroom int
		window          time.Duration
		filters, keys   int
		compress        bool
	}{
		"nothing is known":             {config.Endpoint{URL: "https://grpc.example"}, "generic", 100, 20, time.Minute, 0, 0, false},
		"by the host":                  {config.Endpoint{URL: "https://grpc.ny.shyft.to"}, "shyft", 100, 20, time.Minute, 0, 0, false},
		"a node of one's own":          {config.Endpoint{URL: "http://127.0.0.1:10000"}, "self-hosted", 1_000, 200, 10 * time.Second, 1, 0, false},
		"window without opens":         {config.Endpoint{URL: "https://x.rpcpool.com"}, "triton", 100, 20, time.Minute, 0, 0, true},
		"named":                        {config.Endpoint{URL: "https://x.rpcpool.com", Profile: "chainstack"}, "chainstack", 100, 20, time.Minute, 5, 200, false},
		"own opens":                    {config.Endpoint{URL: "http://10.0.0.1:1", OpensPerWindow: 50}, "self-hosted", 50, 10, time.Minute, 1, 0, false},
		"own window":                   {config.Endpoint{URL: "http://10.0.0.1:1", OpensWindow: time.Hour}, "self-hosted", 100, 20, time.Hour, 1, 0, false},
		"own headroom of the profile":  {config.Endpoint{URL: "http://10.0.0.1:1", OpensHeadroom: 900}, "self-hosted", 1_000, 900, 10 * time.Second, 1, 0, false},
		"a larger plan":                {config.Endpoint{URL: "https://x.p2pify.com", FiltersPerKind: 50, KeysPerFilter: 1_000}, "chainstack", 100, 20, time.Minute, 50, 1_000, false},
		"compression where it is said": {config.Endpoint{URL: "http://127.0.0.1:1", Compression: "zstd"}, "self-hosted", 1_000, 200, 10 * time.Second, 1, 0, true},
		"none where it is said":        {config.Endpoint{URL: "https://x.rpcpool.com", Compression: "none"}, "triton", 100, 20, time.Minute, 0, 0, false},
	} {
		p, err := daemon.ProviderOf(c.in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if p.Name != c.profile || p.Opens != c.opens || p.Headroom != c.headroom || p.Window != c.window || p.FiltersPerKind != c.filters ||
			p.KeysPerFilter != c.keys || p.Compress != c.compress {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestProviderOfNonsense(t *testing.T) {
	for want, e := range map[string]config.Endpoint{
		`profile: "acme" is not known`:                       {URL: "https://a", Profile: "acme"},
		"opens_headroom: 100 leaves no opens of 100: choose": {URL: "https://grpc.ny.shyft.to", OpensHeadroom: 100},
	} {
		if _, err := daemon.ProviderOf(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// What the text about too many addresses advises helps.
func TestOverriddenLimitsLetInWhatTheProfileRefuses(t *testing.T) {
	var keys []string
	for i := range 1_500 {
		keys = append(keys, dex.Key{byte(i), byte(i >> 8), 1}.String())
	}
	e := config.Endpoint{URL: "https://x.p2pify.com"} // five filters of 200 addresses
	for _, limit := range []int{0, 300} {
		e.KeysPerFilter = limit
		p, err := daemon.ProviderOf(e)
		if err != nil {
			t.Fatal(err)
		}
		r, err := fold.Request([]fold.Group{{Name: "many", Programs: keys}}, fold.GroupSet(0).With(0), fold.Options{Limits: p.Limits()})
		if refused := errors.Is(err, fold.ErrLimits); refused != (limit == 0) || !refused && len(r.GetTransactions()) != 5 {
			t.Errorf("keys_per_filter %d: %d filters, %v", limit, len(r.GetTransactions()), err)
		}
	}
}
