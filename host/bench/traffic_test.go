// Package bench measures each stage and the whole chain on the generated market. Run it with make bench: figures of one run are
// comparable with each other, those of different machines or hours are not.
package bench_test

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// seed of all traffic here: every run measures the same chain.
const seed = 7

// stageTransactions is how many different transactions the stage benchmarks walk over: enough that caches do not hold them.
const stageTransactions = 4096

// updates are encoded transaction updates as a client receives them, failed ones, votes and noise left out as the filter does.
var updates = sync.OnceValue(func() [][]byte {
	m := market.New(market.Options{Seed: seed, TransactionsPerSlot: 200})
	var out [][]byte
	for len(out) < stageTransactions {
		block, err := m.Next(context.Background())
		if err != nil {
			panic(err)
		}
		for _, tx := range block.Transactions {
			if len(tx.Truth) == 0 {
				continue
			}
			raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{
				Filters:     []string{"programs"},
				UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{Transaction: &geyserpb.SubscribeUpdateTransaction{Transaction: tx.Info, Slot: block.Slot}},
			})
			if err != nil {
				panic(err)
			}
			out = append(out, raw)
		}
	}
	return out[:stageTransactions]
})

// views are the same, walked.
var views = sync.OnceValue(func() []geyser.View {
	out := make([]geyser.View, len(updates()))
	for i := range out {
		if err := out[i].Read(updates()[i]); err != nil {
			panic(err)
		}
	}
	return out
})

// blocks pregenerates a market of at least n transactions, so that a chain benchmark does not measure the generator.
func blocks(tb testing.TB, n, perSlot int) []*geysersim.Block {
	tb.Helper()
	m := market.New(market.Options{Seed: seed, TransactionsPerSlot: perSlot})
	var out []*geysersim.Block
	for n > 0 {
		block, err := m.Next(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, block)
		n -= len(block.Transactions)
	}
	return out
}

// meanSize reports the bytes of a transaction update.
func meanSize(b *testing.B) {
	b.Helper()
	total := 0
	for _, raw := range updates() {
		total += len(raw)
	}
	b.ReportMetric(float64(total)/float64(len(updates())), "wire-B/tx")
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perTransaction reports processor time; the wall time that go test prints depends on who else is on the machine.
func perTransaction(b *testing.B, used time.Duration) {
	b.Helper()
	b.ReportMetric(float64(used.Nanoseconds())/1000/float64(b.N), "cpu-us/tx")
}
