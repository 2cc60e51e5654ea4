package market

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// TestMessagesAreWellFormed checks what every Solana message obeys.
func TestMessagesAreWellFormed(t *testing.T) {
	play(t, New(Options{Seed: testSeed, TransactionsPerSlot: 100}), 100, func(b *geysersim.Block, tx *geysersim.Transaction) {
		info := tx.Info
		msg, header, keys := info.Transaction.Message, info.Transaction.Message.Header, keyList(info)
		if int(header.NumRequiredSignatures) != len(info.Transaction.Signatures) {
			t.Fatalf("%d signatures, header %v", len(info.Transaction.Signatures), header)
		}
		if !bytes.Equal(info.Signature, info.Transaction.Signatures[0]) || len(info.Signature) != 64 {
			t.Fatalf("signature %x is not the first one", info.Signature)
		}
		if header.NumRequiredSignatures+header.NumReadonlyUnsignedAccounts > uint32(len(msg.AccountKeys)) {
			t.Fatalf("header %v of %d keys", header, len(msg.AccountKeys))
		}
		seen := map[string]bool{}
		for _, k := range keys {
			if seen[k] || len(k) != 32 {
				t.Fatalf("slot %d tx %d: key %x twice or short", b.Slot, info.Index, k)
			}
			seen[k] = true
		}
		loaded := len(info.Meta.LoadedWritableAddresses) + len(info.Meta.LoadedReadonlyAddresses)
		if loaded > 0 && (!msg.Versioned || len(msg.AddressTableLookups) == 0) {
			t.Fatal("loaded addresses in a message without tables")
		}
		if info.Meta.Err != nil && len(tx.Truth) > 0 {
			t.Fatalf("a failed transaction with facts: %+v", tx.Truth)
		}
		checkCalls(t, info, len(keys))
		checkFrames(t, info.Meta.LogMessages)
	})
}

func checkCalls(t *testing.T, info *geyserpb.SubscribeUpdateTransactionInfo, keys int) {
	t.Helper()
	inside := func(program uint32, accounts []byte) {
		for _, i := range append([]byte{byte(program)}, accounts...) {
			if int(i) >= keys {
				t.Fatalf("account %d of %d", i, keys)
			}
		}
	}
	for _, in := range info.Transaction.Message.Instructions {
		inside(in.ProgramIdIndex, in.Accounts)
		if int(in.ProgramIdIndex) >= len(info.Transaction.Message.AccountKeys) {
			t.Fatal("the program of an outer instruction comes from a table")
		}
	}
	for _, g := range info.Meta.InnerInstructions {
		height := uint32(1)
		for _, in := range g.Instructions {
			inside(in.ProgramIdIndex, in.Accounts)
			if in.GetStackHeight() < 2 || in.GetStackHeight() > height+1 {
				t.Fatalf("stack height %d after %d", in.GetStackHeight(), height)
			}
			height = in.GetStackHeight()
		}
	}
}

// checkFrames walks the invoke stack of a log that is not cut.
func checkFrames(t *testing.T, lines []string) {
	t.Helper()
	var stack []string
	for _, l := range lines {
		f := strings.Fields(l)
		switch {
		case l == "Log truncated":
			return
		case len(f) == 4 && f[0] == "Program" && f[2] == "invoke":
			stack = append(stack, f[1])
			if want := "[" + string(rune('0'+len(stack))) + "]"; f[3] != want {
				t.Fatalf("%s at depth %s", l, want)
			}
		case len(f) >= 3 && f[0] == "Program" && (f[2] == "success" || f[2] == "failed:"):
			if len(stack) == 0 || stack[len(stack)-1] != f[1] {
				t.Fatalf("%s returns, stack %v", f[1], stack)
			}
			stack = stack[:len(stack)-1]
		}
	}
	if len(stack) > 0 {
		t.Fatalf("frames left open: %v", stack)
	}
}

// TestEventsReadBack parses every event of the pump programs and writes it again: the same bytes, none left over, and the same
// ones in the log.
func TestEventsReadBack(t *testing.T) {
	seen := map[uint64]int{}
	play(t, New(Options{Seed: testSeed, TransactionsPerSlot: 100}), 100, func(_ *geysersim.Block, tx *geysersim.Transaction) {
		keys, logs := keyList(tx.Info), strings.Join(tx.Info.Meta.LogMessages, "\n")
		for _, g := range tx.Info.Meta.InnerInstructions {
			for _, in := range g.Instructions {
				event, ok := dex.CutEvent(in.Data)
				if p := dex.KeyAt([]byte(keys[in.ProgramIdIndex])); !ok || p != dex.Pump && p != dex.PumpSwap {
					continue
				}
				seen[dex.Tag(event)]++
				again, tail, err := readBack(event)
				if err != nil || tail != 0 || !bytes.Equal(again, event) {
					t.Fatalf("event %x: tail %d, %v", event, tail, err)
				}
				if !strings.HasSuffix(logs, "Log truncated") && !strings.Contains(logs, base64.StdEncoding.EncodeToString(event)) {
					t.Fatalf("event %x is not in the log", event)
				}
			}
		}
	})
	for _, tag := range []uint64{
		pumpfun.TagTrade, pumpfun.TagCreate, pumpfun.TagComplete, pumpfun.TagMigration, pumpfun.TagPostCompleteBuy,
		pumpswap.TagBuy, pumpswap.TagSell, pumpswap.TagCreatePool, pumpswap.TagDeposit, pumpswap.TagWithdraw,
	} {
		if seen[tag] == 0 {
			t.Errorf("no event %016x in %v", tag, seen)
		}
	}
}

func readBack(b []byte) (again []byte, tail int, err error) {
	switch dex.Tag(b) {
	case pumpfun.TagTrade:
		e, err := pumpfun.ParseTradeEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpfun.TagCreate:
		e, err := pumpfun.ParseCreateEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpfun.TagComplete:
		e, err := pumpfun.ParseCompleteEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpfun.TagMigration:
		e, err := pumpfun.ParseCompletePumpAmmMigrationEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpfun.TagPostCompleteBuy:
		e, err := pumpfun.ParsePostCompleteBuyEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpswap.TagBuy:
		e, err := pumpswap.ParseBuyEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpswap.TagSell:
		e, err := pumpswap.ParseSellEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpswap.TagCreatePool:
		e, err := pumpswap.ParseCreatePoolEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpswap.TagDeposit:
		e, err := pumpswap.ParseDepositEvent(b)
		return e.Append(nil), e.Tail, err
	case pumpswap.TagWithdraw:
		e, err := pumpswap.ParseWithdrawEvent(b)
		return e.Append(nil), e.Tail, err
	}
	return b, 0, nil // collected fees: no layout in dex
}
