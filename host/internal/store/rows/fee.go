package rows

import (
	"strings"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var (
	fees = made(table{name: "fees", rest: strings.Fields(`event instance cause idx slot block_time signature venue pool base_mint quote_mint recipient
		fee_kind mint amount accrued swept since_slot retracted`)})
	feeKinds = labelsOf(eventv1.FeeKind_name, "FEE_KIND_")
)

func addFee(b *Batch, h head) {
	f := h.GetPoolFee()
	mint := f.GetQuoteMint()
	if f.GetTotal().GetInBase() {
		mint = f.GetBaseMint()
	}
	b.put(fees, h.event, h.instance, count(h.GetCause()), int64(h.GetIndex()), count(h.GetSlot()), signedOr(h.BlockTime), named(h.GetSignature()),
		venues.of(int32(f.GetVenue())), named(f.GetPool()), key(f.GetBaseMint()), key(f.GetQuoteMint()), key(f.GetRecipient()),
		feeKinds.of(int32(f.GetTotal().GetKind())), key(mint), amount(f.GetAmount()), wide(f.GetTotal().GetAccrued()), wide(f.GetTotal().GetSwept()), count(f.GetSinceSlot()),
		marked(b.Marks.pools, named(f.GetPool())))
}
