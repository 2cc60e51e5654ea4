package geyser

import (
	"slices"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// FilterName is the name of each filter that Weir sends. Servers repeat it in every update, so it is short.
const FilterName = "weir"

// Subscription is what a stream asks for.
type Subscription struct {
	// Programs are base58 program ids; a transaction that names one of them, also by way of an address table, is sent. Empty asks for
	// every transaction, which many providers refuse.
	Programs []string
	// Failed asks for failed transactions too. Votes are never asked for.
	Failed bool
	// Commitment of the whole stream.
	Commitment geyserpb.CommitmentLevel
	// FromSlot asks for everything from this slot on, inclusive; 0 begins with what comes next.
	FromSlot uint64
}

// Request returns the one merged request of the subscription: transactions, the slot status of its commitment, and the block metas
// that tell when a slot is complete.
func (s Subscription) Request() *geyserpb.SubscribeRequest {
	tx := &geyserpb.SubscribeRequestFilterTransactions{
		Vote:           new(false),
		AccountInclude: slices.Sorted(slices.Values(s.Programs)),
	}
	if !s.Failed {
		tx.Failed = new(false)
	}
	r := &geyserpb.SubscribeRequest{
		Transactions: map[string]*geyserpb.SubscribeRequestFilterTransactions{FilterName: tx},
		Slots:        map[string]*geyserpb.SubscribeRequestFilterSlots{FilterName: {FilterByCommitment: new(true)}},
		BlocksMeta:   map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{FilterName: {}},
		Commitment:   s.Commitment.Enum(),
	}
	if s.FromSlot > 0 {
		r.FromSlot = new(s.FromSlot)
	}
	return r
}

func pingRequest(id int32) *geyserpb.SubscribeRequest {
	return &geyserpb.SubscribeRequest{Ping: &geyserpb.SubscribeRequestPing{Id: id}}
}
