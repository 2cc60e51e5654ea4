package trading_test

import (
	"testing"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// TestPage holds docs/monitors/trading.md against the code.
func TestPage(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"candles": ["1s"], "windows": true, "late_seconds": 0, "detect": ["whale"], "whale_lamports": 1}`))
	outputs := h.Send(tradeAt(0, sdk.Buy, "a", 10, 100, 50), tradeAt(60, sdk.Buy, "a", 10, 100, 50))
	kinds := map[string]bool{}
	for _, o := range outputs {
		kinds[o.GetKind()] = true
	}
	if len(kinds) != 4 {
		t.Errorf("kinds %v, want four with different bodies", kinds)
	}
	weirtest.Documented(t, trading.New, "../../docs/monitors/trading.md", outputs...)
}
