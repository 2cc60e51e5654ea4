package words

import (
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// A monitor's text holds what strangers chose: it must not move the cursor, nor pose as another line.
func TestALineStaysALine(t *testing.T) {
	var out strings.Builder
	batch := &eventv1.OutputBatch{Instance: "x", Outputs: []*eventv1.Output{
		{Kind: "a\x1b[2J", Body: &eventv1.Output_Signal{Signal: &eventv1.Signal{Text: "Ω bought\n\x1b]0;title\x07\u202e"}}}, {Kind: "b", Key: "k\r"},
	}}
	if err := Text(&out, 1, batch); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, "\n") != 2 || strings.ContainsAny(got, "\x1b\x07\r\u202e") || !strings.Contains(got, "Ω bought") {
		t.Errorf("said %q", got)
	}
	if got := Dash("panic: \x1b[2J\tx\nstack"); got != "panic: \uFFFD[2J\uFFFDx" {
		t.Errorf("a cell holds %q", got)
	}
}

// TestTradesInWords covers what strangers choose and what is not known.
func TestTradesInWords(t *testing.T) {
	mint := make([]byte, 32)
	six, nine := uint32(6), uint32(9)
	for want, trade := range map[string]*eventv1.TradeReported{
		`BUY  1.500000 "a\nb" for 0.000000002 SOL on pump by `: {
			Side: eventv1.Side_SIDE_BUY, BaseAmount: 1_500_000, BaseDecimals: &six, Symbol: "a\nb", Mint: mint,
			QuoteAmount: 2, QuoteDecimals: &nine, QuoteMint: dex.WSOL[:], Venue: eventv1.Venue_VENUE_PUMP,
		},
		`SELL 5 raw units of SOL for 7 raw units of USDC on raydium_v4 by `: {
			Side: eventv1.Side_SIDE_SELL, BaseAmount: 5, Mint: dex.WSOL[:], QuoteAmount: 7, QuoteMint: dex.USDC[:], Venue: eventv1.Venue_VENUE_RAYDIUM_V4,
		},
		`BUY  5 raw units of 11111111 for 7 raw units of 11111111 on unspecified by `: {Side: eventv1.Side_SIDE_BUY, BaseAmount: 5, Mint: mint, QuoteAmount: 7, QuoteMint: mint},
	} {
		got := Describe(&eventv1.Output{Body: &eventv1.Output_TradeReported{TradeReported: trade}})
		if !strings.HasPrefix(got, want) {
			t.Errorf("said  %s\nwant %s", got, want)
		}
	}
	for _, c := range []struct {
		units    uint64
		decimals uint32
		want     string
	}{{0, 9, "0.000000"}, {2, 9, "0.000000002"}, {1_500_000_000, 9, "1.500000"}, {12, 0, "12"}, {12, 2, "0.12"}, {1<<64 - 1, 9, "18446744073.709551615"}, {1, 30, "0.000000" + strings.Repeat("0", 23) + "1"}} {
		if got := amount(c.units, &c.decimals); got != c.want {
			t.Errorf("%d with %d decimals: %s, want %s", c.units, c.decimals, got, c.want)
		}
	}
	if got := Describe(&eventv1.Output{Key: "k"}); got != "k" {
		t.Errorf("a kind that is not known: %q", got)
	}
	if Dash("") != "-" || Dash("first\nsecond") != "first" {
		t.Error("Dash is not the first line, or a dash")
	}
}
