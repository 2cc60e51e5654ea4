package clients_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// summary is what is compared of a transaction: both sides make it from their own decoding.
func (g *got) summary() string {
	return fmt.Sprintf("%d/%d %s vote=%t failed=%t fee=%d units=%s keys=%s+%d inner=%d balances=%s logs=%d %s",
		g.Slot, g.Index, g.Signature, g.Vote, g.Failed, g.Fee, g.Units, g.Keys, g.Loaded, g.Inner, g.Balances, g.Logs, g.Digest)
}

func summary(u *geyserpb.SubscribeUpdateTransaction) string {
	info := u.GetTransaction()
	meta := info.GetMeta()
	var balances []string
	for _, b := range meta.GetPostTokenBalances() {
		balances = append(balances, b.GetUiTokenAmount().GetAmount())
	}
	units := ""
	if meta.ComputeUnitsConsumed != nil {
		units = strconv.FormatUint(meta.GetComputeUnitsConsumed(), 10)
	}
	digest := sha256.Sum256([]byte(strings.Join(meta.GetLogMessages(), "\n")))
	return fmt.Sprintf("%d/%d %x vote=%t failed=%t fee=%d units=%s keys=%d+%d inner=%d balances=%s logs=%d %x",
		u.GetSlot(), info.GetIndex(), info.GetSignature(), info.GetIsVote(), meta.GetErr() != nil, meta.GetFee(), units,
		len(info.GetTransaction().GetMessage().GetAccountKeys()), len(meta.GetLoadedWritableAddresses())+len(meta.GetLoadedReadonlyAddresses()),
		len(meta.GetInnerInstructions()), strings.Join(balances, ","), len(meta.GetLogMessages()), digest)
}

// reference reads the slots from first to last again with our own stub, and gives the summaries by slot.
func reference(t *testing.T, s *sim, first, last uint64) map[uint64][]string {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+strings.TrimPrefix(s.url, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := geyserpb.NewGeyserClient(conn).Subscribe(metadata.AppendToOutgoingContext(ctx, "x-token", s.token))
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&geyserpb.SubscribeRequest{
		Transactions: map[string]*geyserpb.SubscribeRequestFilterTransactions{"all": {}},
		BlocksMeta:   map[string]*geyserpb.SubscribeRequestFilterBlocksMeta{"m": {}},
		Commitment:   new(geyserpb.CommitmentLevel_CONFIRMED), FromSlot: &first,
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[uint64][]string{}
	for {
		u, err := stream.Recv()
		if err != nil {
			t.Fatalf("read again: %v", err)
		}
		if tx := u.GetTransaction(); tx != nil {
			out[tx.GetSlot()] = append(out[tx.GetSlot()], summary(tx))
		}
		if u.GetBlockMeta().GetSlot() >= last {
			return out
		}
	}
}

// truths reads what the simulator wrote about the slots up to last.
func truths(t *testing.T, s *sim, first, last uint64) []geysersim.Truth {
	t.Helper()
	file, err := os.Open(s.truth)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out []geysersim.Truth
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var truth geysersim.Truth
		if err := json.Unmarshal(lines.Bytes(), &truth); err != nil {
			break // the line that is being written
		}
		if truth.Slot >= first && truth.Slot <= last {
			out = append(out, truth)
		}
	}
	return out
}

// hexOf is a base58 signature as client.js prints it.
func hexOf(t *testing.T, text string) string {
	t.Helper()
	b, err := base58.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b)
}

// checkStream compares what a client got with what was played: each block whole and once, each transaction as our stub reads it, each
// fact of Pump in the filter that asks for Pump.
func checkStream(t *testing.T, s *sim, all []got, wantSlots int) {
	t.Helper()
	metas := only(all, "meta")
	if len(metas) < wantSlots {
		t.Fatalf("%d blocks, want %d: %+v", len(metas), wantSlots, tail(all))
	}
	// The first block may have been played before the filter was there.
	first, last := metas[1].Slot, metas[len(metas)-1].Slot
	bySlot, bySignature := map[uint64][]string{}, map[string]got{}
	for _, tx := range only(all, "tx") {
		bySlot[tx.Slot] = append(bySlot[tx.Slot], tx.summary())
		bySignature[tx.Signature] = tx
	}
	want := reference(t, s, first, last)
	for i, meta := range metas[1:] {
		if got := len(bySlot[meta.Slot]); uint64(got) != meta.Count || meta.Count == 0 {
			t.Errorf("slot %d: %d transactions, its BlockMeta says %d", meta.Slot, got, meta.Count)
		}
		if got, want := strings.Join(bySlot[meta.Slot], "\n"), strings.Join(want[meta.Slot], "\n"); got != want {
			t.Errorf("slot %d: got\n%s\nwant\n%s", meta.Slot, got, want)
		}
		if parent := strconv.FormatUint(metas[i].Slot, 10); meta.Parent != parent {
			t.Errorf("slot %d has parent %s, want %s", meta.Slot, meta.Parent, parent)
		}
	}
	facts := truths(t, s, first, last)
	pump := 0
	for _, fact := range facts {
		tx, ok := bySignature[hexOf(t, fact.Signature)]
		if !ok || tx.Slot != fact.Slot || tx.Index != fact.TxIndex {
			t.Errorf("fact %s of slot %d, transaction %d: got %+v", fact.Kind, fact.Slot, fact.TxIndex, tx)
			continue
		}
		if fact.Venue == geysersim.VenuePump {
			pump++
			if !strings.Contains(strings.Join(tx.Filters, " "), "pump") {
				t.Errorf("slot %d, transaction %d touches Pump, filters %v", tx.Slot, tx.Index, tx.Filters)
			}
		}
	}
	if len(facts) < 20 || pump < 5 {
		t.Errorf("only %d facts, %d of Pump: the test shows nothing", len(facts), pump)
	}
	t.Logf("%d blocks, %d transactions, %d facts (%d of Pump)", len(metas), len(bySignature), len(facts), pump)
}

func tail(all []got) []got { return all[max(0, len(all)-3):] }
