package market

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// amounts leaves of a trade what every source of it must tell alike.
func amounts(f geysersim.Truth) geysersim.Truth {
	return geysersim.Truth{
		Slot: f.Slot, Signature: f.Signature, TxIndex: f.TxIndex, Kind: f.Kind, Venue: f.Venue, Mint: f.Mint, QuoteMint: f.QuoteMint, Pool: f.Pool,
		Trader: f.Trader, Side: f.Side, BaseAmount: f.BaseAmount, QuoteAmount: f.QuoteAmount, PoolQuoteAmount: f.PoolQuoteAmount,
	}
}

// TestTradesWithoutEvents takes every event and every log away. What moved tells the trades of curves and pools right or not at all, also
// of those that keep their fees; and most of them.
func TestTradesWithoutEvents(t *testing.T) {
	authority := dex.AppendEventTag(nil)
	told, all := map[string]int{}, map[string]int{}
	r, wrong := &reader{decoder: decode.New(decode.Options{})}, 0
	play(t, New(Options{Seed: testSeed, TransactionsPerSlot: 100}), 100, func(b *geysersim.Block, tx *geysersim.Transaction) {
		info := proto.CloneOf(tx.Info)
		info.Meta.LogMessages, info.Meta.LogMessagesNone = nil, true
		for _, group := range info.Meta.InnerInstructions {
			group.Instructions = slices.DeleteFunc(group.Instructions, func(in *storagepb.InnerInstruction) bool {
				return bytes.HasPrefix(in.Data, authority)
			})
		}
		var want []geysersim.Truth
		for _, f := range tx.Truth {
			if f.Kind == geysersim.TruthTrade && f.Venue != geysersim.VenueRaydiumV4 {
				want = append(want, amounts(f))
				all[f.Venue]++
			}
		}
		for _, f := range r.read(t, b.Slot, info) {
			if f.Kind != geysersim.TruthTrade || f.Venue == geysersim.VenueRaydiumV4 {
				continue
			}
			i := slices.IndexFunc(want, func(w geysersim.Truth) bool { return show([]geysersim.Truth{w}) == show([]geysersim.Truth{amounts(f)}) })
			if i < 0 {
				if wrong++; wrong < 5 {
					t.Errorf("slot %d tx %d:\n got %s\nwant %s", b.Slot, tx.Info.Index, show([]geysersim.Truth{amounts(f)}), show(want))
				}
				continue
			}
			want = slices.Delete(want, i, i+1)
			told[f.Venue]++
		}
	})
	t.Logf("told %v of %v", told, all)
	for venue := range maps.Keys(all) {
		if told[venue]*100 < all[venue]*60 {
			t.Errorf("%s: only %d of %d trades are told", venue, told[venue], all[venue])
		}
	}
}
