package rows

import (
	"encoding/base64"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/jsonl"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var signals = made(table{name: "signals", rest: strings.Fields(`event instance cause idx kind about slot block_time signature
	mint quote_mint pool actor trades gross_profit costs profit victim_loss body retracted found_slot`)})

// signal is the part of a row of signals that bodies fill.
type signal struct {
	mint, quoteMint, pool, actor, trades, grossProfit, costs, profit, victimLoss, retracted, foundSlot any
}

func (s signal) add(b *Batch, h head, body any) {
	b.put(signals, h.event, h.instance, count(h.GetCause()), int64(h.GetIndex()), sqldb.Text(h.GetKind()), text(h.GetKey()), count(h.GetSlot()),
		signedOr(h.BlockTime), key(h.GetSignature()), s.mint, s.quoteMint, s.pool, s.actor, s.trades, s.grossProfit, s.costs, s.profit, s.victimLoss, body,
		s.retracted, s.foundSlot)
}

func addFinding(b *Batch, h head) {
	f := h.GetFinding()
	s := signal{
		mint: key(f.GetMint()), quoteMint: key(f.GetQuoteMint()), pool: key(f.GetPool()), actor: key(f.GetActor()), trades: count(f.GetTrades()),
		grossProfit: signedOr(f.GrossProfit), costs: amountOr(f.Costs), profit: signedOr(f.Profit), victimLoss: signedOr(f.VictimLoss),
		retracted: b.Marks.evidence(f), foundSlot: count(f.GetSlot()),
	}
	s.add(b, h, asJSON(f))
}

// addOther keeps an output that no table is made for with its whole body.
func addOther(b *Batch, h head) { signal{}.add(b, h, bodyOf(h.Output)) }

// bodyOf is the body as JSON; what this program cannot read of the output is kept as base64.
func bodyOf(o *eventv1.Output) any {
	if body := jsonl.Body(o); body != nil {
		return asJSON(body.Interface())
	}
	if unread := o.ProtoReflect().GetUnknown(); len(unread) > 0 {
		return `{"unread":"` + base64.StdEncoding.EncodeToString(unread) + `"}`
	}
	return nil
}

func asJSON(m proto.Message) any { return sqldb.JSON(string(jsonl.Append(nil, m))) }
