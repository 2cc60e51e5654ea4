package liquidity_test

import (
	"math/rand/v2"
	"testing"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// TestPage holds docs/monitors/liquidity.md against the code.
func TestPage(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"periods": ["1m"]}`))
	outputs := h.Send(append(story(rand.New(rand.NewPCG(1, 1)), 200), taking("a", 300_000_500, 900, 1000))...)
	kinds := map[string]*sdk.Output{}
	for _, o := range outputs {
		kinds[o.GetKind()] = o
	}
	one := make([]*sdk.Output, 0, len(kinds))
	for _, o := range kinds {
		one = append(one, o)
	}
	if len(one) != 9 {
		t.Errorf("kinds %v, want all nine", kinds)
	}
	weirtest.Documented(t, liquidity.New, "../../docs/monitors/liquidity.md", one...)
}
