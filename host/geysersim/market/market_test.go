package market

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

const testSeed = 42

// play gives every transaction of the first slots.
func play(tb testing.TB, m *Market, slots int, visit func(b *geysersim.Block, tx *geysersim.Transaction)) {
	tb.Helper()
	for range slots {
		b, err := m.Next(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		for i := range b.Transactions {
			visit(b, &b.Transactions[i])
		}
	}
}

func digest(t *testing.T, o Options) string {
	t.Helper()
	h := sha256.New()
	play(t, New(o), 60, func(b *geysersim.Block, tx *geysersim.Transaction) {
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(tx.Info)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(h, b.Slot, b.Time, b.Hash, b.ParentHash, len(raw))
		h.Write(raw)
		for _, f := range tx.Truth {
			fmt.Fprintf(h, "%+v %+v %+v", f.Kind, f.BaseAmount, f.Signature)
		}
	})
	return hex.EncodeToString(h.Sum(nil))
}

func TestEqualSeedsGiveEqualBlocks(t *testing.T) {
	first, again := digest(t, Options{Seed: testSeed}), digest(t, Options{Seed: testSeed})
	if first != again {
		t.Error("the same seed gave different blocks")
	}
	if other := digest(t, Options{Seed: testSeed + 1}); other == first {
		t.Error("another seed gave the same blocks")
	}
}

func TestSixtySecondsShowEveryKind(t *testing.T) {
	want := map[string]int{
		"trade pump buy": 100, "trade pump sell": 50, "trade pumpswap buy": 50, "trade pumpswap sell": 50,
		"trade raydium_v4 buy": 30, "trade raydium_v4 sell": 30, "token_created pump": 20, "curve_completed pump": 4,
		"token_migrated pump": 4, "pool_created pumpswap": 4, "pool_created raydium_v4": 4, "liquidity_added pumpswap": 4,
		"liquidity_removed pumpswap": 4, "liquidity_added raydium_v4": 4, "liquidity_removed raydium_v4": 4,
		"failed": 50, "v0": 500, "vote": 100, "routed": 100, "two facts": 50,
	}
	for seed := range seeds(4) {
		got := map[string]int{}
		size, count, biggest := 0, 0, 0
		play(t, New(Options{Seed: seed, TransactionsPerSlot: 40}), 150, func(_ *geysersim.Block, tx *geysersim.Transaction) {
			for _, f := range tx.Truth {
				name := f.Kind + " " + f.Venue
				if f.Kind == geysersim.TruthTrade {
					name += " " + f.Side
				}
				got[name]++
				if f.Router != "" {
					got["routed"]++
				}
			}
			if tx.Info.Meta.Err != nil {
				got["failed"]++
			}
			if tx.Info.Transaction.Message.Versioned {
				got["v0"]++
			}
			if tx.Info.IsVote {
				got["vote"]++
			}
			if len(tx.Truth) > 1 {
				got["two facts"]++
			}
			n := proto.Size(tx.Info)
			if !tx.Info.IsVote {
				size, count = size+n, count+1
			}
			biggest = max(biggest, n)
		})
		t.Logf("seed %d: mean %d bytes, biggest %d, %v", seed, size/count, biggest, got)
		for name, least := range want {
			if got[name] < least {
				t.Errorf("seed %d: %d of %q in 60 s, want at least %d", seed, got[name], name, least)
			}
		}
	}
}

func TestNextEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := New(Options{StartSlot: 500, StartTime: 1_000, TransactionsPerSlot: 9, SkippedSlots: -1})
	m.SetBlockSize(300)
	b, err := m.Next(ctx)
	if err != nil || b.Slot != 500 || b.Parent != 499 || b.Time != 1_000 || len(b.Transactions) < 200 || len(b.Transactions) > 400 {
		t.Errorf("first block: slot %d, parent %d, time %d, %d transactions, %v", b.Slot, b.Parent, b.Time, len(b.Transactions), err)
	}
	next, err := m.Next(ctx)
	if err != nil || next.Slot != 501 || next.ParentHash != b.Hash || next.Height != b.Height+1 {
		t.Errorf("second block: %+v, %v", next, err)
	}
	cancel()
	if _, err := m.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
}

// TestLedger follows every account through the transactions: what it had after one it has before the next, lamports are only
// lost as fees, and tokens only change by mints and burns, which give and take whole supplies.
func TestLedger(t *testing.T) {
	lamports, tokens := map[string]uint64{}, map[string]uint64{}
	signatures := map[string]bool{}
	play(t, New(Options{Seed: testSeed, TransactionsPerSlot: 100, Staged: 1, Dollars: true}), 150, func(b *geysersim.Block, tx *geysersim.Transaction) {
		if sig := string(tx.Info.Signature); signatures[sig] {
			t.Fatalf("slot %d: signature twice", b.Slot)
		} else {
			signatures[sig] = true
		}
		meta, keys := tx.Info.Meta, keyList(tx.Info)
		var before, after uint64
		for i, k := range keys {
			if had, known := lamports[k]; known && had != meta.PreBalances[i] {
				t.Fatalf("slot %d: key %x has %d lamports, had %d", b.Slot, k, meta.PreBalances[i], had)
			}
			lamports[k] = meta.PostBalances[i]
			before, after = before+meta.PreBalances[i], after+meta.PostBalances[i]
		}
		if before-after != meta.Fee {
			t.Fatalf("slot %d tx %d: %d lamports lost, fee %d: %v", b.Slot, tx.Info.Index, before-after, meta.Fee, meta.LogMessages)
		}
		checkTokens(t, tx.Info, keys, tokens)
	})
}

func keyList(info *geyserpb.SubscribeUpdateTransactionInfo) (keys []string) {
	for _, list := range [][][]byte{
		info.Transaction.Message.AccountKeys, info.Meta.LoadedWritableAddresses, info.Meta.LoadedReadonlyAddresses,
	} {
		for _, k := range list {
			keys = append(keys, string(k))
		}
	}
	return keys
}

func checkTokens(t *testing.T, info *geyserpb.SubscribeUpdateTransactionInfo, keys []string, held map[string]uint64) {
	t.Helper()
	sums := map[string]int64{}
	for _, b := range info.Meta.PreTokenBalances {
		amount := parse(t, b.UiTokenAmount.Amount)
		if had, known := held[keys[b.AccountIndex]]; known && had != amount {
			t.Fatalf("token account %x has %d, had %d", keys[b.AccountIndex], amount, had)
		}
		sums[b.Mint] -= int64(amount)
	}
	for _, b := range info.Meta.PostTokenBalances {
		amount := parse(t, b.UiTokenAmount.Amount)
		held[keys[b.AccountIndex]] = amount
		sums[b.Mint] += int64(amount)
	}
	minted := false
	for _, line := range info.Meta.LogMessages {
		switch line {
		case "Program log: Instruction: MintTo", "Program log: Instruction: Burn", "Log truncated":
			minted = true
		}
	}
	for mint, change := range sums {
		if change != 0 && !minted && mint != dex.WSOL.String() { // wrapped SOL comes and goes with lamports
			t.Fatalf("%d of mint %s came from nowhere: %v", change, mint, info.Meta.LogMessages)
		}
	}
}

func parse(t *testing.T, s string) (n uint64) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func BenchmarkNext(b *testing.B) {
	m := New(Options{Seed: testSeed, TransactionsPerSlot: 200})
	play(b, m, 100, func(*geysersim.Block, *geysersim.Transaction) {})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200, "ns/tx")
}

// seeds is how many a test tries: one with -short, under which the race detector runs, which has nothing to find in one goroutine.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return 1
	}
	return n
}
