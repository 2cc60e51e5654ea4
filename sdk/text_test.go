package sdk_test

import (
	"errors"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// Texts of an author may hold anything, such as bytes of an account in an error: that must not end the monitor.
func TestTextsOfAnyBytes(t *testing.T) {
	h := weirtest.Start(t, func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "raw", OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			h.Trouble("trouble with \xff")
			if t.GetSymbol() == "BAD" {
				return errors.New("no account \xc3\x28")
			}
			h.Signal("seen", t.GetSymbol(), "", nil)
			return nil
		}}
	})
	if got := keys(h.Send(trade("A"), trade("BAD"), trade("B"))); len(got) != 2 {
		t.Errorf("outputs %q", got)
	}
	if refused := h.Errors(); len(refused) != 1 || refused[0].GetMessage() != "no account \uFFFD(" {
		t.Errorf("errors %v", refused)
	}
	if health, err := h.Client().Control.Health(t.Context(), nil); err != nil || health.GetTrouble() != "trouble with \uFFFD" {
		t.Errorf("health %v, error %v", health, err)
	}
}
