package e2e_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// corpusDir is the folder of real transactions, which are not part of the repository.
func corpusDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("WEIR_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus of real transactions at %s: set WEIR_CORPUS", dir)
	}
	return dir
}

// corpusTruth decodes the blocks in the order in which the simulator plays them. Whether the decoder is right is shown elsewhere,
// against an independent decode; here the question is whether each record leads to its events once.
func corpusTruth(t *testing.T, dir string) []geysersim.Truth {
	t.Helper()
	source, err := corpus.LoadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var truth []geysersim.Truth
	var view geyser.View
	decoder := decode.New(decode.Options{Only: []dex.Key{dex.Pump, dex.PumpSwap, dex.RaydiumV4, dex.RaydiumCPMM, dex.RaydiumCLMM, dex.LaunchLab}})
	for {
		block, err := source.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return truth
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range block.Transactions {
			raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
				Transaction: &geyserpb.SubscribeUpdateTransaction{Transaction: tx.Info, Slot: block.Slot},
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := view.Read(raw); err != nil {
				t.Fatal(err)
			}
			for _, r := range decoder.Decode(&view.Tx) {
				truth = append(truth, factOf(r))
			}
		}
	}
}

// factOf says of a record what expected needs.
func factOf(r *eventv1.Record) geysersim.Truth {
	f := geysersim.Truth{Signature: base58.Encode(r.GetSignature())}
	switch b := r.GetBody().(type) {
	case *eventv1.Record_Trade:
		t := b.Trade
		f.Kind, f.Venue = geysersim.TruthTrade, lower(t.GetVenue().String(), "VENUE_")
		f.Pool, f.Mint, f.QuoteMint, f.Trader = base58.Encode(t.GetPool()), base58.Encode(t.GetMint()), base58.Encode(t.GetQuoteMint()), base58.Encode(t.GetTrader())
		f.Side = lower(t.GetSide().String(), "SIDE_")
		f.BaseAmount, f.QuoteAmount, f.PoolQuoteAmount = t.GetBaseAmount(), t.GetQuoteAmount(), t.GetPoolQuoteAmount()
		f.After = &geysersim.TruthReserves{Base: t.GetReservesAfter().GetBase(), Quote: t.GetReservesAfter().GetQuote()}
	case *eventv1.Record_TokenCreated:
		f.Kind, f.Mint, f.Symbol = geysersim.TruthTokenCreated, base58.Encode(b.TokenCreated.GetMint()), b.TokenCreated.GetSymbol()
	case *eventv1.Record_CurveCompleted:
		f.Kind, f.Mint = geysersim.TruthCurveCompleted, base58.Encode(b.CurveCompleted.GetMint())
	case *eventv1.Record_TokenMigrated:
		f.Kind, f.Mint, f.TargetPool = geysersim.TruthTokenMigrated, base58.Encode(b.TokenMigrated.GetMint()), base58.Encode(b.TokenMigrated.GetPool())
	case *eventv1.Record_PoolCreated:
		f.Kind, f.Pool = geysersim.TruthPoolCreated, base58.Encode(b.PoolCreated.GetPool())
		f.BaseAmount, f.QuoteAmount = b.PoolCreated.GetBaseAmount(), b.PoolCreated.GetQuoteAmount()
	case *eventv1.Record_LiquidityChanged:
		l := b.LiquidityChanged
		f.Kind = geysersim.TruthLiquidityAdded
		if l.GetDirection() == eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED {
			f.Kind = geysersim.TruthLiquidityRemoved
		}
		f.Pool, f.BaseAmount, f.QuoteAmount = base58.Encode(l.GetPool()), l.GetBaseAmount(), l.GetQuoteAmount()
	}
	return f
}

func TestCorpusThroughTheChain(t *testing.T) {
	t.Parallel()
	dir := corpusDir(t)
	truth := corpusTruth(t, dir)
	if len(truth) < 150 {
		t.Fatalf("only %d facts in %s", len(truth), dir)
	}
	want := expected(truth)
	sim := start(t, "sim", "--corpus", dir, "--listen", "127.0.0.1:0", "--slot-duration", "20ms")
	var url string
	eventually(t, 10*time.Second, "the simulator says its address", func() bool {
		_, rest, ok := strings.Cut(sim.err.String(), "gRPC on ")
		url, _, _ = strings.Cut(rest, ";")
		return ok && strings.Contains(rest, ";")
	})
	file, data := configure(t, url)
	start(t, "run", "--config", file)
	events := settled(t, data, want, 60*time.Second)
	compare(t, reported(t, events), want)
	inOrder(t, events)
	for _, name := range []string{"lifecycle", "trading", "liquidity"} {
		if countOf(events, name) == 0 {
			t.Errorf("no event of %s", name)
		}
	}
	t.Logf("%d events of %d records", len(events), len(truth))
}

func countOf(events []event, instance string) (n int) {
	for _, e := range events {
		if e.Instance == instance {
			n++
		}
	}
	return n
}
