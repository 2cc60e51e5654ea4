package weirtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

const goodPage = `
## Events
| kind | body | when |
|---|---|---|
| ` + "`large`" + ` | Signal | A large trade. |

### Signal
| field | type | unit | meaning |
|---|---|---|---|
| text | string | – | One sentence. |
| fields | map<string, string> | – | Named values. |

## Configuration
| key | type | default | meaning |
|---|---|---|---|
| at_least | integer | 7 | What is large. |
`

func talker(*sdk.Host) sdk.Monitor {
	return sdk.Monitor{
		Name: "talker", Version: "1", Emits: []string{"large"}, OnTrade: func(*sdk.Record, *sdk.Trade) error { return nil },
		Config: &struct {
			AtLeast int `json:"at_least"`
		}{7},
	}
}

// complaints collects what a test says is wrong.
type complaints struct {
	testing.TB
	list []string
}

func (c *complaints) Errorf(format string, args ...any) {
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

func TestDocumented(t *testing.T) {
	signal := &sdk.Output{Kind: "large", Body: &sdk.SignalBody{Signal: &sdk.Signal{}}}
	other := &sdk.Output{Kind: "large", Body: &sdk.CandleClosedBody{CandleClosed: &sdk.CandleClosed{}}}
	for name, c := range map[string]struct {
		from, to string
		output   *sdk.Output
		says     string
	}{
		"good":          {"", "", signal, ""},
		"other kind":    {"large`", "huge`", signal, "huge"},
		"other type":    {"| text | string", "| text | bytes", signal, "Signal.text"},
		"no unit":       {"| string | –", "| string | ", signal, "unit"},
		"field gone":    {"| text | string | – | One sentence. |\n", "", signal, "want\ntext"},
		"no meaning":    {"Named values.", "", signal, "not empty"},
		"other default": {"| 7 |", "| 8 |", signal, "it is integer with 7"},
		"key gone":      {"at_least", "at_most", signal, "at_least"},
		"other body":    {"", "", other, "an output has another"},
		"no section":    {"### Signal", "### Signals", signal, `no heading "Signal"`},
		"stale section": {"## Configuration", "### Price\n| a | b |\n|---|---|\n| base | x |\n## Configuration", signal, "describes Price"},
	} {
		t.Run(name, func(t *testing.T) {
			page := filepath.Join(t.TempDir(), "page.md")
			if err := os.WriteFile(page, []byte(strings.ReplaceAll(goodPage, c.from, c.to)), 0o600); err != nil {
				t.Fatal(err)
			}
			if c.from == "" {
				if err := os.WriteFile(page, []byte(goodPage), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			said := &complaints{TB: t}
			weirtest.Documented(said, talker, page, c.output)
			all := strings.Join(said.list, "\n")
			if (c.says == "") != (all == "") || !strings.Contains(all, c.says) {
				t.Errorf("said %q, want %q", all, c.says)
			}
		})
	}
}
