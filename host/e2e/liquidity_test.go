package e2e_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/figures"
	"github.com/weir-run/weir/host/geysersim/market"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// TestLiquidityFigures plays more than a day of a market with staged rugs, and compares every figure of every pool, position, depth, period
// and drained pool with those that the simulator works out of its ground truth. The monitor is killed on the way.
func TestLiquidityFigures(t *testing.T) {
	t.Parallel()
	o := market.Options{Seed: seedOf(t), TransactionsPerSlot: 24, SlotTime: 8 * time.Minute, Staged: 1, Dollars: true}
	o.Mix = market.DefaultMix()
	o.Mix.SwapCreate, o.Mix.SwapLiquidity, o.Mix.RayCreate, o.Mix.RayLiquidity = 3, 9, 3, 9
	c, data := liquidityRun(t, o, 200)
	book := figures.NewLiquidity(market.DollarPool, []int64{60, 300, 900, 3600, 14400, 86400}, 2)
	got := liquidityOutputs(t, data, c.facts())
	// Raydium v4 does not tell the time: its records have that of the block where the host knew it already.
	times := map[string]int64{}
	for _, o := range got {
		times[base58.Encode(o.GetSignature())] = o.GetBlockTime()
	}
	var want []*eventv1.Output
	for _, f := range c.facts() {
		if at, reported := times[f.Signature]; reported {
			if f.BlockTime != at && at != 0 {
				t.Errorf("%s has block time %d, want %d", f.Signature, at, f.BlockTime)
			}
			f.BlockTime = at
		}
		want = append(want, book.Add(f)...)
	}
	same(t, got, want)
}

// facts are those of all that was played.
func (c *chain) facts() []geysersim.Truth {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.truth)
}

// liquidityRun serves a market to a host with the liquidity monitor, all of it switched on, and kills the monitor three times.
func liquidityRun(t *testing.T, o market.Options, slots int) (c *chain, data string) {
	t.Helper()
	c = &chain{slots: slots, left: slots, inner: market.New(o)}
	c.server = geysersim.New(geysersim.Options{Source: c, SlotDuration: 25 * time.Millisecond, ReplaySlots: slots + 200})
	c.listen(t, "127.0.0.1:0")
	home := t.TempDir()
	file, data := filepath.Join(home, "weir.yaml"), filepath.Join(home, "data")
	text := fmt.Sprintf(`
data_dir: %s
endpoints: [{name: sim, url: %q}]
plugins: [{name: liquidity, checkpoint_every: 300ms, config: {periods: [1m, 5m, 15m, 1h, 4h, 1d]}}]
`, data, c.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	for _, after := range []int{50, 100, 150} {
		eventually(t, 2*time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		if pid, ok := p.children(t)["weir-liquidity"]; ok {
			killPID(t, pid)
		}
	}
	eventually(t, 2*time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	return c, data
}

// liquidityOutputs reads all outputs once every fact of a pool is reported, and a little later, so that too many would show.
func liquidityOutputs(t *testing.T, data string, facts []geysersim.Truth) (all []*eventv1.Output) {
	t.Helper()
	n := 0
	for _, f := range facts {
		if f.Kind == geysersim.TruthPoolCreated || strings.HasPrefix(f.Kind, "liquidity_") || f.Kind == geysersim.TruthTrade && f.Venue != geysersim.VenuePump {
			n++
		}
	}
	eventually(t, time.Minute, "all facts of pools are reported", func() bool {
		reports := 0
		for _, o := range readOutputs(t, data) {
			if o.GetPoolReported() != nil {
				reports++
			}
		}
		time.Sleep(200 * time.Millisecond)
		return reports >= n
	})
	time.Sleep(500 * time.Millisecond)
	return readOutputs(t, data)
}

// same compares kinds and bodies as multisets. An impermanent loss is made of roots: it may be two millionths off, and says nothing where
// only a few raw units were put in.
func same(t *testing.T, got, want []*eventv1.Output) {
	t.Helper()
	left, losses := map[string][]*eventv1.Output{}, map[string][]int64{}
	kinds := map[string]int{}
	for _, o := range want {
		kinds[o.GetKind()]++
		k, loss := wordingOf(o)
		left[k] = append(left[k], o)
		losses[k] = append(losses[k], loss)
	}
	wrong := map[string]int{}
	for _, o := range got {
		k, loss := wordingOf(o)
		if len(left[k]) == 0 {
			if wrong[o.GetKind()]++; wrong[o.GetKind()] < 3 {
				t.Errorf("not true: slot %d: %s", o.GetSlot(), prototext.Format(o))
			}
			continue
		}
		left[k] = left[k][1:]
		if !slices.ContainsFunc(losses[k], func(want int64) bool { return max(loss-want, want-loss) <= 2 }) {
			t.Errorf("impermanent loss %d, want %v: %s", loss, losses[k], prototext.Format(o))
		}
	}
	missing := map[string]int{}
	for _, list := range left {
		for _, o := range list {
			if missing[o.GetKind()]++; missing[o.GetKind()] < 3 {
				t.Errorf("missing: %s", prototext.Format(o))
			}
		}
	}
	t.Logf("%d outputs, expected %v; not true: %v, missing: %v", len(got), kinds, wrong, missing)
	for _, kind := range []string{"pool_created", "pool_traded", "liquidity_added", "liquidity_removed", "lp_position", "pool_depth", "pool_period", "pool_drained"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s in %v: the market is too quiet for this test", kind, kinds)
		}
	}
}

// wordingOf is what must be the same, and the impermanent loss.
func wordingOf(o *eventv1.Output) (words string, loss int64) {
	plain := proto.CloneOf(&eventv1.Output{Kind: o.GetKind(), Body: o.GetBody()})
	if p := plain.GetPoolPosition(); p.GetImpermanentLossPpm() != 0 || p != nil && p.ImpermanentLossPpm != nil {
		if loss = p.GetImpermanentLossPpm(); float64(p.GetEntryBaseAmount())*float64(p.GetEntryQuoteAmount()) < math.MaxUint32 {
			loss = 0
		}
		p.ImpermanentLossPpm = nil
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(plain)
	if err != nil {
		panic(err)
	}
	return string(raw), loss
}

// TestRugsAreFound plays a market as it usually is with rugs staged in it, as fast as chain time goes: each is found, with its transaction
// and the share that the simulator counted, and no other withdrawal is taken for one.
func TestRugsAreFound(t *testing.T) {
	t.Parallel()
	c, data := liquidityRun(t, market.Options{Seed: seedOf(t), TransactionsPerSlot: 60, Staged: 1.5}, 200)
	staged := map[string]*geysersim.Pattern{}
	for i := range c.patterns {
		if p := &c.patterns[i]; p.Pattern == geysersim.PatternLPRug {
			staged[p.Parts[0].Signature] = p
		}
	}
	n := len(staged)
	for _, o := range liquidityOutputs(t, data, c.facts()) {
		d := o.GetPoolDrained()
		if d == nil || d.GetCause() != eventv1.DrainCause_DRAIN_CAUSE_LIQUIDITY_REMOVED { // who sells much is not staged: see TestLiquidityFigures
			continue
		}
		last := base58.Encode(d.GetSteps()[len(d.GetSteps())-1].GetSignature())
		switch p := staged[last]; {
		case p == nil:
			t.Errorf("not staged: %s", prototext.Format(d))
		case p.Pool != base58.Encode(d.GetPool()) || p.Actor != base58.Encode(d.GetActor()) || d.GetStepCount() == 1 && d.GetTakenPpm() != p.SharePPM || !d.GetCreator():
			t.Errorf("rug %+v was found as %s", p, prototext.Format(d))
		}
		delete(staged, last)
	}
	for _, p := range staged {
		t.Errorf("staged and not found: %+v", p)
	}
	t.Logf("%d rugs staged, %d found", n, n-len(staged))
	if n < 3 {
		t.Errorf("only %d rugs were staged", n)
	}
}

// TestLiquidityOnTheCorpus holds what the monitor says of real pools against what the sources of the corpus say of them, or what follows
// from it by hand: the LP supply of a new pool is the root of what was put in.
func TestLiquidityOnTheCorpus(t *testing.T) {
	t.Parallel()
	dir := corpusDir(t)
	sim := start(t, "sim", "--corpus", dir, "--listen", "127.0.0.1:0", "--slot-duration", "20ms")
	var url string
	eventually(t, 10*time.Second, "the simulator says its address", func() bool {
		_, rest, ok := strings.Cut(sim.err.String(), "gRPC on ")
		url, _, _ = strings.Cut(rest, ";")
		return ok && strings.Contains(rest, ";")
	})
	home := t.TempDir()
	file, data := filepath.Join(home, "weir.yaml"), filepath.Join(home, "data")
	text := fmt.Sprintf("data_dir: %s\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: liquidity, config: {trades: false}}]\n", data, url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "the daemon answers", func() bool {
		_, err := os.Stat(filepath.Join(data, "weir.sock"))
		return err == nil
	})
	said := map[string][]string{}
	eventually(t, time.Minute, "17 pools were made or changed, and 19 positions", func() bool {
		said = map[string][]string{}
		n := 0
		for _, o := range readOutputs(t, data) {
			signature := base58.Encode(o.GetSignature())[:8]
			switch {
			case o.GetPoolPosition() != nil:
				p := o.GetPoolPosition()
				n++
				said[signature] = append(said[signature], fmt.Sprint(lower(p.GetChange().String(), "POSITION_CHANGE_"), " ", p.GetLpAmount(), " of ", p.GetLpSupply()))
				if p.FeesBaseAmount != nil {
					said[signature] = append(said[signature], fmt.Sprint("took ", p.GetFeesBaseAmount(), " and ", p.GetFeesQuoteAmount()))
				}
			case o.GetPoolDrained() != nil:
				said[signature] = append(said[signature], fmt.Sprint("drained of ", o.GetPoolDrained().GetTakenPpm()))
			case o.GetPoolReported() != nil:
				n++
				if p := o.GetPoolReported(); p.SharePpm != nil {
					said[signature] = append(said[signature], fmt.Sprint("share ", p.GetSharePpm()))
				}
			}
		}
		time.Sleep(100 * time.Millisecond)
		return n >= 17+19
	})
	for signature, want := range map[string][]string{
		"3iySYFy1": {"added 4042044497524 of 4043044497524"}, // Raydium v4 keeps one whole LP token
		"2ex9my1v": {"added 4668292721988 of 4668292722088", "burned 0 of 4668292722088"},
		"2ffHb9AX": {"added 4193388291484 of 4193388291584", "burned 0 of 4193388291584"}, // pump burns at migration
		"5Jiq8ih9": {"share 47147", "added 23644607973727 of 55267384575410"},             // 2605734184614 minted
		"5FpTStPi": {"share 999981", "removed 0 of 1000000000", "drained of 999981"},      // 54771255750516 burned, the rest is locked
		"5HzJs4E3": {"removed 0 of 0", "took 85694 and 7912976"},
	} {
		if !slices.Equal(said[signature], want) {
			t.Errorf("of %s it says %q, want %q", signature, said[signature], want)
		}
	}
	drains := 0
	for _, list := range said {
		for _, text := range list {
			if strings.HasPrefix(text, "drained") {
				drains++
			}
		}
	}
	if drains != 1 {
		t.Errorf("%d pools were drained, want 1", drains)
	}
}
