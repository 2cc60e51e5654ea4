package lifecycle_test

import (
	"testing"

	"github.com/weir-run/weir/plugins/lifecycle"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// TestPage holds docs/monitors/lifecycle.md against the code.
func TestPage(t *testing.T) {
	mint, pool := key(t, realMint), key(t, realPool)
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"holders": [1], "abandoned_after_seconds": 100}`))
	outputs := h.Send(
		created("a"), by("x", "a", sdk.Buy, 5), left("a", 1), completed("a"), migrated("a"), inPool(t, mint, pool, mint),
		at(300, created("b")), by("x", "b", sdk.Buy, 5), at(300, inPool(t, mint, pool, mint)), at(390, by("x", "b", sdk.Buy, 5)),
	)
	kinds := map[string]bool{}
	for _, o := range outputs {
		kinds[o.GetKind()] = true
	}
	if len(kinds) != 10 {
		t.Errorf("kinds %v, want all ten", kinds)
	}
	weirtest.Documented(t, lifecycle.New, "../../docs/monitors/lifecycle.md", outputs...)
}
