package dashboard_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// numbers asks the page's own functions. Each line is what is expected and how it is asked for.
const numbers = `
18 446 744 073 709 551 615 = whole('18446744073709551615')
undefined = whole(undefined)
9 = quoteDecimals('So11111111111111111111111111111111111111112', { price_mint: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', price_decimals: 6 })
6 = quoteDecimals('EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', { price_mint: 'So11111111111111111111111111111111111111112', price_decimals: 9 })
4 = quoteDecimals('other', { price_mint: 'other', price_decimals: 4 })
undefined = quoteDecimals('other', { price_mint: 'So11111111111111111111111111111111111111112', price_decimals: 9 })
undefined = quoteDecimals(undefined, {})
1.5 SOL = inQuote(compact(units('1500000000', 9)), 'So11111111111111111111111111111111111111112')
undefined = inQuote(compact(units('1500000000', undefined)), 'other')
2 EPjF…Dt1w = inQuote(compact(2), 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1w')
0.0001 = priceOf({ quote: '100', base: '1000' }, 6, 9)
undefined = priceOf({ quote: '100', base: '1000' }, 6, undefined)
1000 = compact(999.96)
100 = compact(100)
0.5 = compact(0.5)
-12.5 = compact(-12.5)
99.9 % = percent(0.99996, 1)
2.9 % = percent(0.029, 1)
100.00 % = percent(1, 2)
99.99 % = percent(0.999999, 2)
`

// TestNumbers: an amount is shown in the currency that it is in. A coin may trade against several, each with its decimals.
func TestNumbers(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no node is installed")
	}
	text, err := os.ReadFile("files/dom.js")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	script.Write(text)
	lines := strings.Split(strings.TrimSpace(numbers), "\n")
	var want []string
	for _, line := range lines {
		expected, call, _ := strings.Cut(line, " = ")
		script.WriteString("console.log(String(" + call + "));\n")
		want = append(want, expected)
	}
	out, err := exec.CommandContext(t.Context(), node, "--input-type=module", "--eval", script.String()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := strings.Split(strings.ReplaceAll(strings.TrimSpace(string(out)), "\u202f", " "), "\n")
	for i, line := range lines {
		if i >= len(got) || strings.ReplaceAll(got[i], "\u00a0", " ") != want[i] {
			t.Errorf("%s: %q", line, got[min(i, len(got)-1)])
		}
	}
}
