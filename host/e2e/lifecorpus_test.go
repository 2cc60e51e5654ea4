package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// TestLifecycleOfTheCorpus plays real transactions: launches with buys in the same transaction, a migration that creates its pool, and
// pools of coins that migrated long before.
func TestLifecycleOfTheCorpus(t *testing.T) {
	t.Parallel()
	dir := corpusDir(t)
	truth := corpusTruth(t, dir)
	sim := start(t, "sim", "--corpus", dir, "--listen", "127.0.0.1:0", "--slot-duration", "20ms")
	var url string
	eventually(t, 10*time.Second, "the simulator says its address", func() bool {
		_, rest, ok := strings.Cut(sim.err.String(), "gRPC on ")
		url, _, _ = strings.Cut(rest, ";")
		return ok && strings.Contains(rest, ";")
	})
	home := t.TempDir()
	file, data := filepath.Join(home, "weir.yaml"), filepath.Join(home, "data")
	text := fmt.Sprintf("data_dir: %s\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: lifecycle}]\n", data, url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "run", "--config", file)
	eventually(t, 10*time.Second, "the daemon listens", func() bool {
		_, err := os.Stat(filepath.Join(data, "weir.sock"))
		return err == nil
	})
	phases := 0
	for what, n := range expected(truth) {
		if strings.HasPrefix(what, "lifecycle ") {
			phases += n
		}
	}
	ours := canonicalPools(truth)
	var got []*eventv1.Output
	for deadline := time.Now().Add(30 * time.Second); len(got) < phases+len(ours) && time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		got = slices.DeleteFunc(readOutputs(t, data), func(o *eventv1.Output) bool { return o.GetTokenPhaseChanged() == nil })
	}
	bySignature := map[string][]*eventv1.Output{}
	for _, o := range got {
		signature := base58.Encode(o.GetSignature())
		bySignature[signature] = append(bySignature[signature], o)
		if o.GetKind() == "token_found" {
			mint := base58.Encode(o.GetTokenPhaseChanged().GetMint())
			if pool := base58.Encode(o.GetTokenPhaseChanged().GetPool()); ours[mint] != pool {
				t.Errorf("%s was found in %s", mint, pool)
			}
			delete(ours, mint)
		}
	}
	if len(ours) > 0 || len(got) > phases+len(canonicalPools(truth)) {
		t.Errorf("not found are %v; %d steps, want %d of curves and the rest found", ours, len(got), phases)
	}
	checkRealLaunches(t, bySignature)
	checkRealMigration(t, bySignature["2ffHb9AXeKNVs3KSusTHTY3GTPnUJ2WLr48pjHDZjhMYfLC9P6XWXMuDkev13X49qLp6A5CkDmAJciJgieQUFidV"])
}

// canonicalPools are the pools that pump opened, by mint, in which coins trade that are seen nowhere before.
func canonicalPools(truth []geysersim.Truth) map[string]string {
	pools, migrated := map[string]string{}, map[string]bool{}
	for _, f := range truth {
		migrated[f.Mint] = migrated[f.Mint] || f.Kind == geysersim.TruthTokenMigrated
		if migrated[f.Mint] || f.Kind != geysersim.TruthTrade || f.Venue != geysersim.VenuePumpSwap {
			continue
		}
		if pool, _ := pda.CanonicalPool(dex.MustKey(f.Mint), dex.MustKey(f.QuoteMint)); pool.String() == f.Pool {
			pools[f.Mint] = f.Pool
		}
	}
	return pools
}

func checkRealLaunches(t *testing.T, bySignature map[string][]*eventv1.Output) {
	t.Helper()
	launches := 0
	for signature, outputs := range bySignature {
		if outputs[0].GetKind() != "token_created" {
			continue
		}
		launches++
		c := outputs[0].GetTokenPhaseChanged()
		if len(outputs) != 2 || outputs[1].GetKind() != "token_trading" || c.GetName() == "" || c.GetSymbol() == "" || c.GetUri() == "" ||
			len(c.GetCreator()) == 0 || base58.Encode(c.GetProgram()) != dex.Pump.String() || c.GetFigures().GetHolders() != 0 {
			t.Errorf("%s: %v", signature, outputs)
			continue
		}
		if f := outputs[1].GetTokenPhaseChanged().GetFigures(); f.GetTrades() != 1 || f.GetHolders() != 1 || f.MarketCap == nil || !f.GetComplete() {
			t.Errorf("%s: figures after the first buy are %v", signature, f)
		}
	}
	if launches != 5 {
		t.Errorf("%d launches with a buy, want 5", launches)
	}
}

func checkRealMigration(t *testing.T, outputs []*eventv1.Output) {
	t.Helper()
	if len(outputs) != 1 || outputs[0].GetKind() != "token_migrated" {
		t.Fatalf("the migration says %v", outputs)
	}
	c := outputs[0].GetTokenPhaseChanged()
	if outputs[0].GetSlot() != 344_681_481 || base58.Encode(c.GetPool()) != "Ef7wUrbarRXHNMMgBs8cstSkzRttnstjMsniaq7zMp6j" ||
		base58.Encode(c.GetCurve()) != "8qoeYoeWG5ifYKp2uAdq7du8zsMB4AbZN7qqbdZnXbaH" || c.GetPoolBaseAmount() != 206_900_000_000_001 ||
		c.GetPoolQuoteAmount() != 84_990_359_420 || c.GetMigrationFee() != 15_000_001 || c.GetEvidence() != eventv1.TokenEvidence_TOKEN_EVIDENCE_EVENT {
		t.Errorf("the migration is %v", outputs[0])
	}
}
