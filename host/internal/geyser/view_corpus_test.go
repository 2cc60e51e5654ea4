package geyser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// corpusDir finds the folder of real transactions, which is not part of the repository.
func corpusDir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("WEIR_CORPUS"); dir != "" {
		return dir
	}
	at, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.work")); err != nil {
			continue
		}
		if dir := filepath.Join(at, "..", "shared", "corpus"); isDir(dir) {
			return dir
		}
	}
	tb.Skip("no corpus: set WEIR_CORPUS to a folder of getTransaction results")
	return ""
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// loadReal gives every transaction of the corpus as the update that a server would send.
func loadReal(tb testing.TB) (updates, blocks [][]byte) {
	tb.Helper()
	source, err := corpus.LoadDir(corpusDir(tb))
	if err != nil {
		tb.Fatal(err)
	}
	for _, b := range source.All() {
		block := &geyserpb.SubscribeUpdateBlock{Slot: b.Slot, Blockhash: b.Hash, ParentSlot: b.Parent}
		for _, tx := range b.Transactions {
			block.Transactions = append(block.Transactions, tx.Info)
			updates = append(updates, encode(tb, &geyserpb.SubscribeUpdate{Filters: []string{"weir"}, UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
				Transaction: &geyserpb.SubscribeUpdateTransaction{Slot: b.Slot, Transaction: tx.Info},
			}}))
		}
		blocks = append(blocks, encode(tb, &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Block{Block: block}}))
	}
	return updates, blocks
}

func TestViewAgreesOnRealTransactions(t *testing.T) {
	updates, blocks := loadReal(t)
	var v geyser.View
	for _, raw := range updates {
		agree(t, &v, raw)
	}
	for _, raw := range blocks {
		agree(t, &v, raw)
	}
	t.Logf("%d transactions in %d blocks", len(updates), len(blocks))
	if len(updates) < 100 {
		t.Errorf("only %d transactions", len(updates))
	}
}

// BenchmarkWalkReal is BenchmarkWalk over all transactions of the corpus, mostly routed ones; a round is one transaction.
func BenchmarkWalkReal(b *testing.B) {
	updates, _ := loadReal(b)
	var v geyser.View
	bytes, i := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		raw := updates[i%len(updates)]
		if err := v.Read(raw); err != nil {
			b.Fatal(err)
		}
		bytes += len(raw)
		i++
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "bytes/tx")
}
