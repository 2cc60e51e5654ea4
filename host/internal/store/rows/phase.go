package rows

import (
	"slices"
	"strings"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// lives is what the steps of its life say of a coin: for each step that trades do not tell, when it was entered.
var lives = made(table{
	name: "tokens", key: []string{"mint"}, first: []string{"first_event"},
	rest: strings.Fields(`name symbol creator curve quote_mint phase pool pool_base_amount pool_quote_amount migration_fee curve_trades
	uri token_program total_supply base_decimals mayhem
	created_event created_slot created_at created_signature
	completed_event completed_slot completed_at completed_signature
	migrated_event migrated_slot migrated_at migrated_signature`),
})

var tokenPhases = labelsOf(eventv1.TokenPhase_name, "TOKEN_PHASE_")

func addPhase(b *Batch, h head) {
	p := h.GetTokenPhaseChanged()
	phase := max(p.GetPhase(), p.GetPrevious()) // a creation that comes late is no step back
	values := []any{
		named(p.GetMint()), h.event,
		text(p.GetName()), text(p.GetSymbol()), key(p.GetCreator()), key(p.GetCurve()), key(p.GetQuoteMint()), tokenPhases.or(int32(phase)),
		key(p.GetPool()), amountOr(p.PoolBaseAmount), amountOr(p.PoolQuoteAmount), amountOr(p.MigrationFee), count(p.GetCurveTrades()),
		text(p.GetUri()), key(p.GetTokenProgram()), amountOr(p.TotalSupply), smallOr(p.Decimals), orNull(p.GetMayhem()),
	}
	at := []any{h.event, count(h.GetSlot()), signedOr(h.BlockTime), key(h.GetSignature())}
	for _, step := range []eventv1.TokenPhase{
		eventv1.TokenPhase_TOKEN_PHASE_CREATED, eventv1.TokenPhase_TOKEN_PHASE_COMPLETED, eventv1.TokenPhase_TOKEN_PHASE_MIGRATED,
	} {
		// A trade in its pool tells that a coin has migrated, and not when.
		if step == p.GetPhase() && p.GetEvidence() != eventv1.TokenEvidence_TOKEN_EVIDENCE_POOL_TRADE {
			values = append(values, at...)
		} else {
			values = append(values, slices.Repeat([]any{nil}, len(at))...)
		}
	}
	b.put(lives, values...)
	addFigures(b, h, p.GetMint(), phase, p.GetQuoteMint(), p.GetFigures())
}
