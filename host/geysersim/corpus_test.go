package geysersim_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/corpus"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// realBlocks gives the corpus of real transactions, which is not part of the repository.
func realBlocks(tb testing.TB) *corpus.Blocks {
	tb.Helper()
	dir := os.Getenv("WEIR_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("no corpus of real transactions: %v (set WEIR_CORPUS)", err)
	}
	all, err := corpus.LoadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// What a client receives over TCP, at each level and inside blocks, is what the corpus holds.
func TestCorpusOverTheWire(t *testing.T) {
	for _, level := range []geyserpb.CommitmentLevel{0, 1, 2} {
		t.Run(level.String(), func(t *testing.T) {
			source := realBlocks(t)
			server := geysersim.New(geysersim.Options{Source: source, Unpaced: true, EndStreams: true})
			defer server.Close()
			if err := server.Listen("127.0.0.1:0"); err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			stream, err := geyserpb.NewGeyserClient(dial(t, server.Addr())).Subscribe(ctx, grpc.MaxCallRecvMsgSize(64<<20))
			if err != nil {
				t.Fatal(err)
			}
			send(t, stream, everything(level))
			equal := func(got, want *geyserpb.SubscribeUpdateTransactionInfo) {
				t.Helper()
				if !proto.Equal(got, want) {
					t.Errorf("transaction %x differs", want.GetSignature()[:8])
				}
			}
			blocks := source.All()
			metas, inBlock, whole := 0, 0, 0
			for {
				u, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if tx := u.GetTransaction(); tx != nil {
					if tx.GetSlot() != blocks[metas].Slot {
						t.Fatalf("slot %d, want %d", tx.GetSlot(), blocks[metas].Slot)
					}
					equal(tx.GetTransaction(), blocks[metas].Transactions[inBlock].Info)
					inBlock++
				}
				if block := u.GetBlock(); block != nil {
					for i, tx := range block.GetTransactions() {
						equal(tx, blocks[metas].Transactions[i].Info)
						whole++
					}
				}
				if meta := u.GetBlockMeta(); meta != nil {
					want := blocks[metas]
					if meta.GetSlot() != want.Slot || meta.GetExecutedTransactionCount() != uint64(inBlock) || inBlock != len(want.Transactions) ||
						meta.GetBlockTime().GetTimestamp() != want.Time || want.Hash != "" && meta.GetBlockhash() != want.Hash {
						t.Errorf("meta %v does not fit block %d of %d transactions", meta, want.Slot, len(want.Transactions))
					}
					metas, inBlock = metas+1, 0
				}
			}
			if metas != len(blocks) || uint64(whole) != server.Served().Transactions || whole < 1000 {
				t.Errorf("%d of %d blocks, %d transactions in them", metas, len(blocks), whole)
			}
		})
	}
}
