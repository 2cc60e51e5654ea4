package market

import (
	"reflect"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/decode"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// TestFactsSurviveLostEvents takes a channel away from every transaction. Without inner instructions the log says the same; without
// a log only what Raydium alone logs is gone, and what moved still tells the amounts of its trades.
func TestFactsSurviveLostEvents(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(*storagepb.TransactionStatusMeta)
		skip func(geysersim.Truth) bool
		like func(f *geysersim.Truth) // leaves what can still be known of Raydium
	}{
		"no inner instructions": { // which may be those that give a tip
			func(m *storagepb.TransactionStatusMeta) { m.InnerInstructions, m.InnerInstructionsNone = nil, true },
			func(f geysersim.Truth) bool { return f.Router != "" },
			func(f *geysersim.Truth) {
				if f.Kind == geysersim.TruthPoolCreated {
					f.LPAmount = 0
				}
			},
		},
		"no log": {
			func(m *storagepb.TransactionStatusMeta) { m.LogMessages, m.LogMessagesNone = nil, true },
			func(f geysersim.Truth) bool {
				return f.Venue == geysersim.VenueRaydiumV4 && f.Kind != geysersim.TruthTrade
			},
			func(f *geysersim.Truth) { f.Before, f.After, f.Fees, f.PoolQuoteAmount = nil, nil, nil, 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &reader{decoder: decode.New(decode.Options{})}
			facts, wrong := 0, 0
			play(t, New(Options{Seed: testSeed, TransactionsPerSlot: 100}), 100, func(b *geysersim.Block, tx *geysersim.Transaction) {
				if slices.Contains(traps(tx.Truth), "truncated_log") || slices.ContainsFunc(tx.Truth, c.skip) {
					return
				}
				info := proto.CloneOf(tx.Info)
				c.lose(info.Meta)
				got, want := plain(r.read(t, b.Slot, info)), plain(tx.Truth)
				for _, list := range [][]geysersim.Truth{got, want} {
					for i := range list {
						if list[i].Venue == geysersim.VenueRaydiumV4 {
							c.like(&list[i])
						}
					}
				}
				facts += len(want)
				for i := range want {
					if info.Meta.InnerInstructionsNone {
						want[i].Tip = 0
					}
				}
				if !reflect.DeepEqual(got, want) && wrong < 4 {
					wrong++
					t.Errorf("slot %d tx %d:\n got %s\nwant %s", b.Slot, tx.Info.Index, show(got), show(want))
				}
			})
			if facts < 5_000 {
				t.Errorf("only %d facts", facts)
			}
		})
	}
}
