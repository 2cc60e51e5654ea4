package clients_test

import (
	"slices"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
)

type object = map[string]any

// everything asks for all transactions, those of Pump under a name of their own, statuses and block metas. confirmed is level 1.
func everything(extra object) object {
	r := object{
		"transactions": object{"all": object{}, "pump": object{"accountInclude": []string{dex.Pump.String()}, "failed": false}},
		"slots":        object{"s": object{}}, "blocksMeta": object{"m": object{}}, "commitment": 1,
	}
	for k, v := range extra {
		r[k] = v
	}
	return r
}

const firstSlot = 460_000_000 // of the generated market

func TestTritonStream(t *testing.T) {
	t.Parallel()
	for name, channel := range map[string]object{"plain": nil, "gzip": {"grpcDefaultCompressionAlgorithm": 0}, "zstd": {"grpcDefaultCompressionAlgorithm": 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, "")
			all := run(t, s, plan{
				Library: "triton", Channel: channel, Request: everything(nil),
				Writes: []write{{AfterSlots: 5, Request: everything(object{"ping": object{"id": 7}})}}, Stop: stop{Slots: 20, MS: 10_000},
			})
			checkStream(t, s, all, 20)
			if pongs := only(all, "pong"); len(pongs) != 1 || pongs[0].ID != 7 {
				t.Errorf("pongs: %+v", pongs)
			}
			for _, tx := range only(all, "tx") {
				if !tx.Created || !slices.Contains(tx.Filters, "all") {
					t.Fatalf("transaction %+v", tx)
				}
			}
			checkSlots(t, all)
		})
	}
}

// checkSlots wants each slot's statuses once.
func checkSlots(t *testing.T, all []got) {
	t.Helper()
	seen := map[[2]uint64]int{}
	for _, s := range only(all, "slot") {
		seen[[2]uint64{s.Slot, uint64(s.Status)}]++
	}
	if len(seen) < 20 {
		t.Errorf("only %d statuses", len(seen))
	}
	for at, n := range seen {
		if n != 1 || at[1] > 2 {
			t.Errorf("status %d of slot %d came %d times", at[1], at[0], n)
		}
	}
}
