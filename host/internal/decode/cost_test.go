package decode

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/spl"
)

// TestCorpusPriorityFee holds the priority fee against what the compute budget instructions of real transactions ask for: price times
// limit, rounded up.
func TestCorpusPriorityFee(t *testing.T) {
	dir := corpusDir(t)
	d := New(Options{})
	checked := 0
	for _, path := range corpusFiles(t, dir) {
		tx := loadTransaction(t, path)
		all := trades(d.Decode(tx))
		if len(all) == 0 || all[0].PriorityFee == nil {
			continue
		}
		var budget spl.Budget
		for i := range tx.Outer {
			if string(tx.Key(tx.Outer[i].Program)) == string(dex.ComputeBudget[:]) {
				budget.Read(tx.Outer[i].Data)
			}
		}
		if budget.Price != 0 && budget.Units == 0 {
			continue // the default limit is a matter of the runtime's version
		}
		want, ok := dex.MulDivCeil(budget.Price, uint64(min(budget.Units, 1_400_000)), 1_000_000) // no transaction gets more units
		if !ok || all[0].GetPriorityFee() != want {
			t.Errorf("%s: %d, the budget says %d", short(path), all[0].GetPriorityFee(), want)
		}
		checked++
	}
	if checked < 50 {
		t.Errorf("only %d transactions were checked", checked)
	}
}
