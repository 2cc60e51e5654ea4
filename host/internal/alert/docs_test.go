package alert

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/config"
)

// TestTheDocumentHasEveryRuleAsItIs compares the table of docs/operating.md with the defaults.
func TestTheDocumentHasEveryRuleAsItIs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	short := strings.NewReplacer("m0s", "m").Replace
	for name, r := range config.AlertRules() {
		row := fmt.Sprintf("| `%s` | %s | %s | %s | ", name, r.Severity, short(r.For.String()), short(r.Cooldown.String()))
		if r.Threshold > 0 {
			row += fmt.Sprintf("%g ", r.Threshold)
		} else {
			row += "| "
		}
		if !strings.Contains(string(text), row) {
			t.Errorf("docs/operating.md lacks the row %s", row)
		}
	}
}
