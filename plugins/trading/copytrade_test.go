package trading_test

import (
	"slices"
	"testing"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func TestCopyTrade(t *testing.T) {
	buyOf := func(slot uint64, mint, trader string) *sdk.Record {
		return in(slot, 0, &sdk.Trade{Mint: weirtest.Key(mint), Trader: weirtest.Key(trader)})
	}
	three := func(behind uint64, mints ...string) (records []*sdk.Record) {
		for i, mint := range mints {
			slot := uint64(100 + 100*i)
			records = append(records, buyOf(slot, mint, "leader"), buyOf(slot+behind, mint, "follower"))
		}
		return records
	}
	gap := func(records []*sdk.Record, at int) []*sdk.Record {
		return slices.Insert(records, at, weirtest.Gap(nil))
	}
	back := append(three(3, "a", "b"), buyOf(350, "x", "follower"), buyOf(352, "x", "leader"))
	for name, test := range map[string]struct {
		records []*sdk.Record
		want    int
	}{
		"three coins":    {three(3, "a", "b", "c"), 1},
		"ten slots":      {three(10, "a", "b", "c"), 1},
		"six coins":      {three(3, "a", "b", "c", "d", "e", "f"), 2},
		"gap between":    {gap(three(3, "a", "b", "c"), 5), 0},
		"gap before":     {gap(three(3, "a", "b", "c"), 4), 1},
		"too late":       {three(11, "a", "b", "c"), 0},
		"same slot":      {three(0, "a", "b", "c"), 0},
		"same coin":      {three(3, "a", "a", "a"), 0},
		"two coins":      {three(3, "a", "b"), 0},
		"followed back":  {append(back, buyOf(400, "c", "leader"), buyOf(403, "c", "follower")), 0},
		"over two hours": {append(three(3, "a", "b"), buyOf(20_000, "c", "leader"), buyOf(20_003, "c", "follower")), 0},
	} {
		h := weirtest.Start(t, trading.New, weirtest.Config(`{"detect": ["copy_trade"]}`))
		found := of(h.Send(test.records...), "copy_trade")
		if len(found) != test.want {
			t.Errorf("%s: %v", name, found)
			continue
		}
		for _, o := range found {
			f := o.GetFinding()
			if string(f.GetActor()) != string(weirtest.Key("follower")) || len(f.GetEvidence()) != 6 || f.GetEvidence()[0].GetRole() != sdk.RoleLeader {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
	weirtest.Replays(t, trading.New, append(three(3, "a", "b", "c", "d"), back...), weirtest.Config(`{"detect": ["copy_trade"], "max_traders": 3}`))
}
