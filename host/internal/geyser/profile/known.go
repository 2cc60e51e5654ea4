package profile

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Generic is a provider of which nothing is known but what all have in common.
const Generic = "generic"

// SelfHosted is a node of one's own.
const SelfHosted = "self-hosted"

const (
	xToken      = "x-token"
	splToken    = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
	yellowPing  = 10 * time.Second // what the Yellowstone plugin does, whatever its README says
	yellowDead  = 35 * time.Second // three pings lost, and some
	laserPing   = 15 * time.Second
	laserDead   = 45 * time.Second
	laserMargin = 31
)

// known is section 4 of the facts on Yellowstone, provider by provider. "nf" there is absent here. Where a limit depends on the plan, the
// smallest plan counts: a profile in the configuration raises it.
var known = []Profile{
	// Facts: Shyft. 100 subscriptions in 60 s, and test subscriptions count. A second project notes 60 connections in 60 s. That the
	// connections of a token are capped is known, the number is not. from_slot works, its window is not known.
	{Name: "shyft", Opens: 100, Window: time.Minute, Replay: Yes, TokenHeader: xToken},
	// Facts: Triton. No cap of streams on shared plans; new connections are limited for each IP in rolling windows of 10 s, by how many
	// is not said. It runs the plugin's default of 150 slots, asks clients to answer pings, and advises zstd from 7 ms away.
	{
		Name: "triton", Window: 10 * time.Second, Replay: Yes, ReplaySlots: 150, Dialect: Yellowstone, TokenHeader: xToken, Zstd: Yes,
		ServerPing: yellowPing, Silence: yellowDead,
	},
	// Facts: Helius LaserStream. 48 h of replay, but what is older than 20 min, some 3,000 slots, at finalized only. Its SDK steps
	// back 31 slots and sends a ping each 30 s.
	{
		Name: "helius", Streams: 100, KeysPerStream: 10_000_000, Replay: Yes, ReplaySlots: 3_000, Margin: laserMargin, TokenHeader: xToken,
		Zstd: Yes, PingEvery: 30 * time.Second, ServerPing: laserPing, Silence: laserDead,
	},
	// Facts: QuickNode. Some 20 min of replay.
	{Name: "quicknode", Replay: Yes, ReplaySlots: 3_000, TokenHeader: xToken},
	// Facts: Chainstack. 2, 7 or 25 streams by plan. It also refuses one address that begins with "kin"; the rest of it is not known.
	{
		Name: "chainstack", Streams: 2, FiltersPerKind: 5, KeysPerFilter: 200, RefusedKeys: []string{splToken}, Replay: Yes, ReplaySlots: 100,
		Dialect: Yellowstone, TokenHeader: xToken,
	},
	// Facts: Alchemy. 48 h of replay; pings must be answered.
	{Name: "alchemy", Replay: Yes, ReplaySlots: 432_000, TokenHeader: xToken},
	// Facts: Supanode. 1, 10, 20 or 50 streams by plan, a filter is required, requests inside of a stream are counted.
	{Name: "supanode", Streams: 1, EveryTransaction: No, UpdatesPerSecond: 10, TokenHeader: xToken},
	// Facts: Subglow. 2 or 10 streams by plan.
	{Name: "subglow", Streams: 2, KeysPerFilter: 100, TokenHeader: xToken},
	// Facts: vali.wtf.
	{Name: "vali", FiltersPerKind: 25, KeysPerFilter: 100, TokenHeader: xToken},
	// Facts: NoLimitNodes. The one whose token has another header.
	{Name: "nolimitnodes", TokenHeader: "x-api-key"},
	// Facts: PublicNode. Free and without a token; cuts streams on which no ping came for 12 to 40 min.
	{Name: "publicnode"},
	// Facts: Yellowstone self-hosted. What is configured there nobody knows but its owner: the sample configuration allows one filter
	// of a kind and no replay, the code has no limits and 150 slots. One filter costs nothing, so that is taken; the rest is learned.
	{
		Name: SelfHosted, Opens: 1_000, Window: 10 * time.Second, FiltersPerKind: 1, TokenHeader: xToken, Zstd: Yes, ServerPing: yellowPing,
		Silence: yellowDead,
	},
	{Name: Generic, TokenHeader: xToken},
}

// Names returns the names of all profiles, sorted.
func Names() []string {
	names := make(map[string]bool)
	for _, p := range known {
		names[p.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Named returns the profile of a provider; ok is false when there is none of that name.
func Named(name string) (p Profile, ok bool) {
	for _, p := range known {
		if p.Name == strings.ToLower(name) {
			p.RefusedKeys = slices.Clone(p.RefusedKeys)
			return p, true
		}
	}
	return Profile{}, false
}

// hosts are the ends of the host names of providers.
var hosts = map[string]string{
	"shyft.to":          "shyft",
	"rpcpool.com":       "triton",
	"triton.one":        "triton",
	"helius-rpc.com":    "helius",
	"helius.dev":        "helius",
	"helius.xyz":        "helius",
	"quiknode.pro":      "quicknode",
	"quicknode.com":     "quicknode",
	"chainstack.com":    "chainstack",
	"p2pify.com":        "chainstack",
	"alchemy.com":       "alchemy",
	"supanode.xyz":      "supanode",
	"vali.wtf":          "vali",
	"publicnode.com":    "publicnode",
	"localhost":         SelfHosted,
	"local":             SelfHosted,
	"internal":          SelfHosted,
	"svc.cluster.local": SelfHosted,
}

// For guesses the provider by the host of a URL. A private address, or a name without a dot, is taken for a node of one's own; a host
// that is not known has the generic profile.
func For(rawURL string) Profile {
	name := Generic
	if u, err := url.Parse(rawURL); err == nil && u.Host != "" {
		name = guess(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")))
	}
	p, _ := Named(name)
	return p
}

func guess(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() {
			return SelfHosted
		}
		return Generic
	}
	for end := host; ; {
		if name, found := hosts[end]; found {
			return name
		}
		_, rest, more := strings.Cut(end, ".")
		switch {
		case more:
			end = rest
		case end == host:
			return SelfHosted
		default:
			return Generic
		}
	}
}
