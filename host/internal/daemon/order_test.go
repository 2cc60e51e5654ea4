package daemon

import (
	"log/slog"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/ingest/merge"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// ordering is a pipeline whose two groups come by different connections.
func ordering(t *testing.T, c merge.Config) *pipeline {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Config{Dir: t.TempDir(), MaxBytes: 64 << 20, EventsMaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	opens, err := budget.Open(budget.Config{})
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{log: slog.New(slog.DiscardHandler), journal: j, ingest: ingest.New(ingest.Config{}), decoder: decode.New(decode.Options{}), order: newOrder(c)}
	p.pool, err = pool.New(pool.Config{
		Sources: []pool.Source{{Endpoint: geyser.Endpoint{URL: "http://node.test"}, Budget: opens}}, Resume: func() uint64 { return 0 }, Log: p.log,
		Groups: []pool.Group{{Name: "one", Programs: []string{dex.Pump.String()}}, {Name: "two", Programs: []string{dex.PumpSwap.String()}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.ingest.SetGroups(2)
	if err := p.setGroups(p.pool); err != nil {
		t.Fatal(err)
	}
	return p
}

// transactionOf makes a transaction of a slot that no decoder knows.
func transactionOf(t *testing.T, slot uint64) *geyser.Update {
	t.Helper()
	raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{Transaction: &geyserpb.SubscribeUpdateTransaction{
		Slot: slot, Transaction: &geyserpb.SubscribeUpdateTransactionInfo{
			Signature: make([]byte, 64), Meta: &storagepb.TransactionStatusMeta{},
			Transaction: &storagepb.Transaction{Signatures: [][]byte{make([]byte, 64)}, Message: &storagepb.Message{
				Header: &storagepb.MessageHeader{NumRequiredSignatures: 1}, AccountKeys: [][]byte{dex.Pump[:]},
			}},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return geyser.NewUpdate("one", raw, time.Now())
}

// Some servers send no block metas. What waits for its slot to be complete then waits for a while only, and not until it is too much.
func TestOrderWithoutBlockMetas(t *testing.T) {
	p := ordering(t, merge.Config{Patience: 50 * time.Millisecond})
	for slot := uint64(1); slot <= 200; slot++ {
		kept, err := p.item(t.Context(), pool.Item{Update: transactionOf(t, slot)})
		if err != nil || !kept && slot < 30 {
			t.Fatalf("slot %d: waits %v, error %v", slot, kept, err)
		}
		time.Sleep(time.Millisecond)
	}
	if held := p.order.merge.Stats().Items; held == 0 || held > 40 {
		t.Errorf("%d of 200 transactions still wait", held)
	}
}
