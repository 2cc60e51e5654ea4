// Package words says outputs to people: one line each, with names, amounts in whole coins, and nothing that is not known.
package words

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/jsonl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// JSON writes one line an output, led by where it lies and whose it is.
func JSON(w io.Writer, position uint64, batch *eventv1.OutputBatch) error {
	var buf []byte
	for _, o := range batch.GetOutputs() {
		instance, _ := json.Marshal(batch.GetInstance())
		monitor, _ := json.Marshal(batch.GetMonitor())
		buf = fmt.Appendf(buf, `{"position":"%d","instance":%s,"monitor":%s,`, position, instance, monitor)
		at := len(buf)
		buf = jsonl.Append(buf, o)
		copy(buf[at:], buf[at+1:]) // join the two objects
		buf[len(buf)-1] = '\n'
	}
	_, err := w.Write(buf)
	return err
}

// Text writes one readable line an output.
func Text(w io.Writer, _ uint64, batch *eventv1.OutputBatch) error {
	var b strings.Builder
	for _, o := range batch.GetOutputs() {
		clock := "--:--:--"
		if o.BlockTime != nil {
			clock = time.Unix(o.GetBlockTime(), 0).UTC().Format(time.TimeOnly)
		}
		b.WriteString(Plain(fmt.Sprintf("%s %d %-9s %-17s %s", clock, o.GetSlot(), batch.GetInstance(), o.GetKind(), Describe(o))) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Describe says what happened, in one line without the name of the event: only the key for kinds that it does not know.
func Describe(o *eventv1.Output) string {
	switch body := o.GetBody().(type) {
	case *eventv1.Output_TokenPhaseChanged:
		p := body.TokenPhaseChanged
		text := fmt.Sprintf("%s %s", name(p.GetSymbol(), p.GetMint()), phase(p.GetPhase()))
		if len(p.GetPool()) > 0 {
			text += " to pool " + short(p.GetPool())
		}
		return text
	case *eventv1.Output_TokenMilestone:
		return describeMilestone(body.TokenMilestone)
	case *eventv1.Output_TokenActivity:
		a := body.TokenActivity
		return fmt.Sprintf("%s %s after %d s without a trade, %d trades in all", name(a.GetSymbol(), a.GetMint()),
			strings.ToLower(strings.TrimPrefix(a.GetChange().String(), "TOKEN_ACTIVITY_CHANGE_")), a.GetIdleSeconds(), a.GetFigures().GetTrades())
	case *eventv1.Output_TokenState:
		s := body.TokenState
		return fmt.Sprintf("%s %s: %s", name(s.GetSymbol(), s.GetMint()), phase(s.GetPhase()), figures(s.GetFigures(), s.GetQuoteMint()))
	case *eventv1.Output_TradeReported:
		t := body.TradeReported
		return fmt.Sprintf("%-4s %s %s for %s %s on %s by %s, trade %d of it", strings.TrimPrefix(t.GetSide().String(), "SIDE_"),
			amount(t.GetBaseAmount(), t.BaseDecimals), name(t.GetSymbol(), t.GetMint()), amount(t.GetQuoteAmount(), t.QuoteDecimals),
			quoteName(t.GetQuoteMint()), Venue(t.GetVenue()), short(t.GetTrader()), t.GetTrades())
	case *eventv1.Output_PoolReported:
		p := body.PoolReported
		r := p.GetReserves()
		return fmt.Sprintf("%s pool %s: %s / %s now %s / %s", Venue(p.GetVenue()), short(p.GetPool()), raw(&p.BaseAmount), raw(&p.QuoteAmount), raw(r.Base), raw(r.Quote))
	case *eventv1.Output_PoolPosition, *eventv1.Output_PoolFee, *eventv1.Output_PoolDepth, *eventv1.Output_PoolPeriod, *eventv1.Output_PoolDrained:
		return describePool(o)
	case *eventv1.Output_CandleClosed:
		c := body.CandleClosed
		return fmt.Sprintf("%d s of %s from %d: %d buys, %d sells, %s raw units of %s", c.GetSeconds(), short(c.GetMint()), c.GetStart(), c.GetBuys(), c.GetSells(), c.GetQuoteVolume(), quoteName(c.GetQuoteMint()))
	case *eventv1.Output_WindowClosed:
		c := body.WindowClosed
		return fmt.Sprintf("%d s of %s to %d: %d buys, %d sells by %d, %s raw units of %s", c.GetSeconds(), short(c.GetMint()), c.GetEnd(), c.GetBuys(), c.GetSells(), c.GetTraders(), c.GetQuoteVolume(), quoteName(c.GetQuoteMint()))
	case *eventv1.Output_Finding:
		return describeFinding(body.Finding)
	case *eventv1.Output_Signal:
		return body.Signal.GetText()
	default:
		return o.GetKey()
	}
}

// describeFinding says who did it and what it brought; amounts are raw units of the mint that they are in.
func describeFinding(c *eventv1.Finding) string {
	text := fmt.Sprintf("%s in slot %d, %d trades", short(c.GetMint()), c.GetSlot(), c.GetTrades())
	if len(c.GetActor()) > 0 {
		text += ", by " + short(c.GetActor())
	}
	switch {
	case c.Profit != nil:
		text += fmt.Sprintf(", %s lamports after costs", wonOrLost(c.GetProfit()))
	case c.GrossProfit != nil:
		text += fmt.Sprintf(", %s raw units before costs", wonOrLost(c.GetGrossProfit()))
	}
	if c.VictimLoss != nil {
		text += fmt.Sprintf(", victims lost %d", c.GetVictimLoss())
	}
	return text
}

// amount prints raw units with their decimals, exactly; zeros beyond the sixth are left out. Without known decimals it says that they are raw.
func amount(units uint64, decimals *uint32) string {
	text := strconv.FormatUint(units, 10)
	if decimals == nil {
		return text + " raw units of"
	}
	n := int(*decimals)
	if n == 0 {
		return text
	}
	if len(text) <= n {
		text = strings.Repeat("0", n+1-len(text)) + text
	}
	whole, part := text[:len(text)-n], text[len(text)-n:]
	least := min(n, 6)
	return whole + "." + part[:least] + strings.TrimRight(part[least:], "0")
}

func raw(v *uint64) string {
	if v == nil {
		return "unknown"
	}
	return strconv.FormatUint(*v, 10)
}

// name prefers the symbol, in quotes since anyone may choose anything, control characters included. A currency that is traded as a coin
// has the name that it has as a currency.
func name(symbol string, mint []byte) string {
	if symbol == "" {
		return quoteName(mint)
	}
	return strconv.QuoteToGraphic(symbol)
}

func short(key []byte) string {
	text := base58.Encode(key)
	return text[:min(8, len(text))]
}

// Venue is the name of a venue as configuration and records have it.
func Venue(v eventv1.Venue) string {
	return strings.ToLower(strings.TrimPrefix(v.String(), "VENUE_"))
}

// quoteName knows the quote currencies; any other mint is shown by its first characters.
func quoteName(mint []byte) string {
	if len(mint) != len(dex.Key{}) {
		return short(mint)
	}
	switch dex.Key(mint) {
	case dex.WSOL:
		return "SOL"
	case dex.USDC:
		return "USDC"
	case dex.USDT:
		return "USDT"
	default:
		return short(mint)
	}
}

func wonOrLost(n int64) string {
	if n < 0 {
		return fmt.Sprintf("lost %d", -n)
	}
	return fmt.Sprintf("won %d", n)
}

// Plain keeps a line a line: what monitors and strangers wrote into it can neither end it nor tell the terminal what to do.
func Plain(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return '\uFFFD'
	}, line)
}

// Dash is the first line of a text, and a dash where there is none: tables have no empty cells.
func Dash(s string) string {
	if s == "" {
		return "-"
	}
	line, _, _ := strings.Cut(s, "\n")
	return Plain(line)
}
