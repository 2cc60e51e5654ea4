package words

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func phase(p eventv1.TokenPhase) string {
	return strings.ToLower(strings.TrimPrefix(p.String(), "TOKEN_PHASE_"))
}

func describeMilestone(m *eventv1.TokenMilestone) string {
	text := name(m.GetSymbol(), m.GetMint()) + " reached "
	switch m.GetMeasure() {
	case eventv1.TokenMeasure_TOKEN_MEASURE_MARKET_CAP:
		text += "a market cap of " + quoted(m.GetThreshold(), m.GetQuoteMint())
	case eventv1.TokenMeasure_TOKEN_MEASURE_MARKET_CAP_USD:
		text += "a market cap of $" + strconv.FormatUint(m.GetThreshold()/1_000_000, 10)
	case eventv1.TokenMeasure_TOKEN_MEASURE_PROGRESS:
		text += percent(m.GetThreshold()) + " of its curve"
	case eventv1.TokenMeasure_TOKEN_MEASURE_HOLDERS:
		text += fmt.Sprintf("%d holders", m.GetThreshold())
	default:
		text += fmt.Sprintf("%d trades", m.GetThreshold())
	}
	return text + "; " + figures(m.GetFigures(), m.GetQuoteMint())
}

// figures prints what is known of a token; what is not known is left out.
func figures(f *eventv1.TokenFigures, quote []byte) string {
	parts := []string{fmt.Sprintf("%d trades", f.GetTrades())}
	if f.ProgressPpm != nil && f.GetProgressPpm() < 1_000_000 {
		parts = append(parts, percent(uint64(f.GetProgressPpm()))+" sold")
	}
	if f.MarketCap != nil {
		parts = append(parts, "worth "+quoted(f.GetMarketCap(), quote))
	}
	if f.Holders != nil {
		parts = append(parts, fmt.Sprintf("%d holders", f.GetHolders()))
	}
	return strings.Join(parts, ", ")
}

// quoted prints an amount of a quote currency; of others it gives raw units.
func quoted(units uint64, mint []byte) string {
	var decimals *uint32
	if len(mint) == len(dex.Key{}) {
		switch dex.Key(mint) {
		case dex.WSOL:
			decimals = new(uint32(9))
		case dex.USDC, dex.USDT:
			decimals = new(uint32(6))
		default:
		}
	}
	return amount(units, decimals) + " " + quoteName(mint)
}
