package e2e_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/internal/dex"
)

// liveScene is of what providers and monitors do wrong. Two connections bring a group each; the second one is the one that suffers. What
// came out of order is told of for a minute, so that fault is among the first and the others happen meanwhile.
var liveScene = scene{
	name: "live",
	stage: func(s *scene) {
		s.serve(geysersim.Options{SlotDuration: 200 * time.Millisecond}, nil)
		weak := weakPlugin(s.t)
		s.ill = weak + ".ill"
		s.configure(`
endpoints: [{name: sim, url: %q, opens_per_window: 10, opens_window: 20s}]
programs: [pump, raydium_v4]
groups:
  - {name: curve, priority: high, programs: [pump]}
  - {name: amm, priority: medium, programs: [raydium_v4], quiet: 3s}
plugins:
  - {name: trading, checkpoint_every: 400ms}
  - {name: poisoned, path: %s, crash_limit: -1, config: {record: 500}}
  - {name: ill, path: %s, crash_limit: 2, config: {while: %s}}
alerts:
  rules:
    group_silent: {for: 1s}
    slow_output: {threshold: 3, for: 1s}
    parse_quality: {threshold: 0.05}
    stream_lag: {threshold: 2, for: 1s}
    record_parked: {cooldown: 5s}
    plugin_behind: {threshold: 1000, for: 2s}
`, s.chain.url, weak, weak, s.ill)
	},
	// Who crashes is behind for a while.
	also:   []string{"plugin_crashed", "plugin_behind firing poisoned", "plugin_behind resolved poisoned", "plugin_behind firing ill", "plugin_behind resolved ill"},
	faults: slices.Concat(streamFaults, pluginFaults),
}

var streamFaults = []fault{
	{
		name: "a connection says nothing", rule: "group_silent", subject: "connection 1: amm brings nothing",
		cause: func(s *scene) { s.do("stream 2 silence") },
	},
	{
		name: "it speaks again when nobody waits for it any more", rule: "out_of_order",
		cause: func(s *scene) {
			eventually(s.t, 40*time.Second, "its group is not waited for", func() bool { return strings.Contains(s.p.err.String(), "no longer waited for") })
			s.chain.server.ClearFaults()
		},
	},
	{name: "what waited for it came out late", rule: "slow_output"},
	{
		name: "a program sends events that nobody can read", rule: "parse_quality", subject: "pump",
		cause: func(s *scene) { s.market.damaged.Store(true) },
		mend:  func(s *scene) { s.market.damaged.Store(false) },
	},
	{
		name: "a connection brings everything late", rule: "stream_lag", subject: "connection 1",
		cause: func(s *scene) { s.do("stream 2 delay 4s") },
		mend:  func(s *scene) { s.chain.server.ClearFaults() },
	},
	{name: "streams end again and again", rule: "budget_near_limit", subject: "sim", cause: dropAgainAndAgain},
}

// do lets a fault of the simulator happen.
func (s *scene) do(line string) {
	s.t.Helper()
	if err := s.chain.server.Do(line); err != nil {
		s.t.Fatal(err)
	}
}

// dropAgainAndAgain ends both streams as often as the budget has opens left for both: 8 are allowed in a window. In between both bring
// something new, so that the breaker stays closed.
func dropAgainAndAgain(s *scene) {
	for range 4 {
		before := s.chain.server.Opens("")
		s.chain.server.DropStreams(geysersim.Now(), codes.Unavailable, "server is shutting down try again later")
		eventually(s.t, 20*time.Second, "both are open again", func() bool { return s.chain.server.Opens("") >= before+2 })
		eventually(s.t, 20*time.Second, "both stream", func() bool {
			_, text, _ := run(s.t, "status", "--json", "--data-dir", s.data)
			return strings.Count(text, `"state":"streaming"`) == 2
		})
		played := s.chain.played()
		eventually(s.t, 20*time.Second, "the chain goes on", func() bool { return s.chain.played() > played+3 })
	}
}

// troubled is a market in which events can be cut off.
type troubled struct {
	*market.Market

	damaged atomic.Bool // half of the transactions have such events of the pump program
}

// Next makes the next block.
func (m *troubled) Next(ctx context.Context) (*geysersim.Block, error) {
	b, err := m.Market.Next(ctx)
	if err != nil || !m.damaged.Load() {
		return b, err
	}
	for i := range b.Transactions {
		if i%2 == 0 {
			damage(&b.Transactions[i])
		}
	}
	return b, nil
}

// damage leaves of each event of the pump program what it is, and little of what it says.
func damage(tx *geysersim.Transaction) {
	tx.Info = proto.CloneOf(tx.Info) // the market may keep what it gave
	meta := tx.Info.GetMeta()
	keys := slices.Concat(tx.Info.GetTransaction().GetMessage().GetAccountKeys(), meta.GetLoadedWritableAddresses(), meta.GetLoadedReadonlyAddresses())
	for _, below := range meta.GetInnerInstructions() {
		for _, in := range below.GetInstructions() {
			if bytes.Equal(keys[in.GetProgramIdIndex()], dex.Pump[:]) && dex.Tag(in.GetData()) == dex.EventTag && len(in.GetData()) > 24 {
				in.Data = in.GetData()[:24]
			}
		}
	}
}
