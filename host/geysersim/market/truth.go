package market

import (
	"slices"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
)

// fact notes what an observer must report of the program that runs.
func (t *txn) fact(f geysersim.Truth) {
	f.Slot, f.Ordinal, f.BlockTime = t.m.slot, len(t.truth), t.m.time
	if len(t.frames) > 1 && f.Kind == geysersim.TruthTrade {
		f.Router = t.frames[0].program.base58()
	}
	t.truth = append(t.truth, f)
}

// sign completes the facts of a transaction that is done.
func (t *txn) sign(signature []byte, index uint64) {
	if len(t.truth) == 0 {
		return
	}
	text := base58.Encode(signature)
	var traps []string
	if t.cut {
		traps = append(traps, "truncated_log")
	}
	if t.v0 {
		traps = append(traps, "v0")
	}
	for i := range t.truth {
		f := &t.truth[i]
		f.Signature, f.TxIndex, f.Traps = text, index, traps
		if f.Kind == geysersim.TruthTrade {
			f.FeePayer, f.PriorityFee, f.Tip = t.used[0].base58(), t.priority(), t.tipped()
		}
		if f.Router != "" {
			f.Traps = append(slices.Clip(traps), "routed")
		}
	}
}

// tipped is what the accounts of Jito got.
func (t *txn) tipped() (sum uint64) {
	for _, tip := range t.m.world.tips {
		if tip.mark == t.mark {
			sum += tip.lamports - t.used[tip.slot].lamports
		}
	}
	return sum
}
