package geysersim

import (
	"time"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// NewEncode gives the encoder to benchmarks, which need the corpus and so cannot be in this package.
func NewEncode() func(slot uint64, info *geyserpb.SubscribeUpdateTransactionInfo) int {
	var e encoder
	return func(slot uint64, info *geyserpb.SubscribeUpdateTransactionInfo) int {
		var t transaction
		e.transaction(&t, slot, info, time.Unix(1_700_000_000, 0))
		return t.update.Len()
	}
}
