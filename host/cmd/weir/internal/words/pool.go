package words

import (
	"fmt"
	"strings"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// describePool says what the liquidity monitor found.
func describePool(o *eventv1.Output) string {
	switch body := o.GetBody().(type) {
	case *eventv1.Output_PoolPosition:
		p := body.PoolPosition
		text := fmt.Sprintf("%s pool %s: %s %s", Venue(p.GetVenue()), short(p.GetPool()), short(p.GetOwner()), strings.ToLower(strings.TrimPrefix(p.GetChange().String(), "POSITION_CHANGE_")))
		if p.SharePpm != nil {
			text += fmt.Sprintf(", has %s of it", percent(p.GetSharePpm()))
		}
		if p.ImpermanentLossPpm != nil {
			text += ", impermanent loss " + percent(uint64(-p.GetImpermanentLossPpm()))
		}
		return text
	case *eventv1.Output_PoolFee:
		f := body.PoolFee
		kind := strings.ToLower(strings.TrimPrefix(f.GetTotal().GetKind().String(), "FEE_KIND_"))
		return fmt.Sprintf("%s pool %s: %d of %s fees to %s", Venue(f.GetVenue()), short(f.GetPool()), f.GetAmount(), kind, short(f.GetRecipient()))
	case *eventv1.Output_PoolDepth:
		d := body.PoolDepth
		text := fmt.Sprintf("%s pool %s: ", Venue(d.GetVenue()), short(d.GetPool()))
		if len(d.GetSteps()) == 0 {
			return text + "depth unknown, " + strings.ToLower(strings.TrimPrefix(d.GetAbsent().String(), "ABSENT_"))
		}
		last := d.GetSteps()[len(d.GetSteps())-1]
		return fmt.Sprintf("%s%d raw units of %s raise the price by %s", text, last.GetUpQuoteIn(), quoteName(d.GetQuoteMint()), percent(uint64(last.GetMovePpm())))
	case *eventv1.Output_PoolPeriod:
		p := body.PoolPeriod
		text := fmt.Sprintf("%d s of %s pool %s from %d: %d trades, %s raw units of %s", p.GetSeconds(), Venue(p.GetVenue()), short(p.GetPool()), p.GetStart(), p.GetTrades(), p.GetQuoteVolume(), quoteName(p.GetQuoteMint()))
		if p.FeeAprPpm != nil {
			text += ", fee APR " + percent(p.GetFeeAprPpm())
		}
		return text
	default:
		d := o.GetPoolDrained()
		return fmt.Sprintf("%s pool %s: %s took %s of it, %d raw units of %s", Venue(d.GetVenue()), short(d.GetPool()), short(d.GetActor()), percent(d.GetTakenPpm()), d.GetQuoteAmount(), quoteName(d.GetQuoteMint()))
	}
}

// percent prints millionths.
func percent(ppm uint64) string { return fmt.Sprintf("%d.%02d %%", ppm/10_000, ppm%10_000/100) }
