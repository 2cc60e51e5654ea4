package weirtest_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// outside is what a monitor must not lean on: it survives a crash of the monitor, which its state does not.
var outside int

// broken are monitors that break the promise of sdk.Strict, by how.
var broken = map[string]func(*sdk.Host) sdk.Monitor{
	"remembers outside of State": func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "broken", OnTrade: func(*sdk.Record, *sdk.Trade) error {
			outside++
			h.Signal("count", "", strconv.Itoa(outside), nil)
			return nil
		}}
	},
	"remembers in closures": func(h *sdk.Host) sdk.Monitor {
		var count int
		return sdk.Monitor{Name: "broken", OnTrade: func(*sdk.Record, *sdk.Trade) error {
			if count++; count%10 == 0 {
				h.Signal("tenth", "", "", nil)
			}
			return nil
		}}
	},
	"leans on the order of a map": func(h *sdk.Host) sdk.Monitor {
		traders := map[sdk.Key]int{}
		return sdk.Monitor{Name: "broken", State: &traders, OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			traders[sdk.KeyOf(t.GetTrader())]++
			for trader := range traders {
				h.Signal("trader", trader.String(), "", nil)
			}
			return nil
		}}
	},
	"state depends on something else": func(*sdk.Host) sdk.Monitor {
		var state int
		return sdk.Monitor{Name: "broken", State: &state, OnTrade: func(*sdk.Record, *sdk.Trade) error {
			outside++
			state = outside
			return nil
		}}
	},
}

const brokenEnv = "WEIRTEST_BROKEN"

func trades(n int) []*sdk.Record {
	records := make([]*sdk.Record, n)
	for i := range records {
		records[i] = weirtest.Trade(&sdk.Trade{Trader: weirtest.Key(strconv.Itoa(i % 5))})
	}
	return records
}

// TestReplaysFindsBrokenMonitors runs Replays in another process, where it may fail.
func TestReplaysFindsBrokenMonitors(t *testing.T) {
	if name := os.Getenv(brokenEnv); name != "" {
		weirtest.Replays(t, broken[name], trades(40))
		return
	}
	for name := range broken {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestReplaysFindsBrokenMonitors$")
			cmd.Env = append(os.Environ(), brokenEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "weirtest: ") {
				t.Errorf("Replays let it pass: %v\n%s", err, out)
			}
		})
	}
}

func TestReplaysPassesASoundMonitor(t *testing.T) {
	sound := func(h *sdk.Host) sdk.Monitor {
		counts := map[sdk.Key]int{}
		return sdk.Monitor{Name: "sound", State: &counts, OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			trader := sdk.KeyOf(t.GetTrader())
			counts[trader]++
			h.Signal("trade", trader.String(), strconv.Itoa(counts[trader]), map[string]string{"b": "2", "a": "1", "c": "3"})
			return nil
		}}
	}
	weirtest.Replays(t, sound, trades(300))
}

// Builders must survive nil, and let what the test gives win.
func TestBuilders(t *testing.T) {
	var kinds []sdk.Kind
	for _, r := range []*sdk.Record{
		weirtest.Trade(nil), weirtest.TokenCreated(nil), weirtest.CurveCompleted(nil), weirtest.TokenMigrated(nil),
		weirtest.PoolCreated(nil), weirtest.LiquidityChanged(nil), weirtest.Gap(nil),
	} {
		kinds = append(kinds, sdk.KindOf(r))
	}
	for i, kind := range kinds {
		if int(kind) != i+1 {
			t.Errorf("kind %d of the builders is %s", i, kind)
		}
	}
	sold := weirtest.Trade(&sdk.Trade{Side: sdk.Sell, Mint: weirtest.Key("other"), Venue: sdk.PumpSwap}).GetTrade()
	if sold.GetSide() != sdk.Sell || string(sold.GetPoolBaseMint()) != string(weirtest.Key("other")) ||
		string(sold.GetPool()) != string(weirtest.Key("pool")) || sold.GetQuoteAmount() == 0 || len(sold.GetFees()) != 2 {
		t.Errorf("trade is %v", sold)
	}
}
