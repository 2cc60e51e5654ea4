package ingest

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// One relay hashed whole messages: the same transaction by another filter, or replayed with another stamp, was another one.
func TestStampsAndFilterNamesMakeNoOtherTransaction(t *testing.T) {
	first := signature(1)
	read := func(u *geyserpb.SubscribeUpdate) *geyser.Transaction {
		u.UpdateOneof = &geyserpb.SubscribeUpdate_Transaction{Transaction: &geyserpb.SubscribeUpdateTransaction{
			Slot: 100, Transaction: &geyserpb.SubscribeUpdateTransactionInfo{Signature: first},
		}}
		raw, err := proto.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		var v geyser.View
		if err := v.Read(raw); err != nil {
			t.Fatal(err)
		}
		return &v.Tx
	}
	in := New(Config{})
	for i, u := range []*geyserpb.SubscribeUpdate{
		{Filters: []string{"curve"}, CreatedAt: timestamppb.New(time.Unix(1, 0))},
		{Filters: []string{"swap", "curve"}, CreatedAt: timestamppb.New(time.Unix(1, 0))},
		{Filters: []string{"curve"}, CreatedAt: timestamppb.New(time.Unix(9, 7))},
		{},
	} {
		tx := read(u)
		if fresh := in.Transaction(tx.Slot, tx.Signature); fresh != (i == 0) {
			t.Errorf("copy %d: fresh %v", i, fresh)
		}
	}
}
