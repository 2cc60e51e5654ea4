package lifecycle

import (
	"errors"
	"fmt"
	"slices"

	"github.com/weir-run/weir/sdk"
)

// Config of the monitor.
type Config struct {
	// MaxTokens is how many tokens are remembered, at least 1.
	MaxTokens int `json:"max_tokens" doc:"How many tokens are remembered, abandoned ones included. Past it the one that was abandoned first is forgotten, or the one that was silent longest; a forgotten token may be reported again."`
	// MaxActive is how many tokens are remembered with names and holders, at least 1.
	MaxActive int `json:"max_active" doc:"How many tokens that are not abandoned are remembered. Past it the one that was silent longest is treated as abandoned before its time, and not reported as such."`
	// MaxHolders is how many holders of one token are counted, at least 1.
	MaxHolders int `json:"max_holders" doc:"How many holders of one token are counted. Past it the number is no longer known."`
	// MaxWallets is how many holders of all tokens are remembered, at least 1.
	MaxWallets int `json:"max_wallets" doc:"How many holders of all tokens together are remembered, 16 bytes each. Past it the tokens that were silent longest lose theirs."`
	// MaxCreators is how many creators are remembered, at least 1.
	MaxCreators int `json:"max_creators" doc:"How many creators are remembered with what they made. Past it the one whose last creation is oldest is forgotten."`
	// MarketCaps are thresholds by quote mint, in raw units of it.
	MarketCaps map[string][]uint64 `json:"market_caps" doc:"Market caps that are milestones, by quote mint in base58, in raw units of it (lamports for SOL). Without it 50, 100, 400, 1,000 and 10,000 SOL."`
	// MarketCapsUSD are thresholds in whole dollars.
	MarketCapsUSD []uint64 `json:"market_caps_usd" doc:"Market caps that are milestones, in whole US dollars. They need a dollar price of the quote mint."`
	// Holders are thresholds.
	Holders []uint64 `json:"holders" doc:"Numbers of holders that are milestones."`
	// Trades are thresholds.
	Trades []uint64 `json:"trades" doc:"Numbers of trades that are milestones; those of agents do not count."`
	// Progress are thresholds.
	Progress []uint64 `json:"progress_ppm" doc:"Shares of the curve sold that are milestones, in millionths."`
	// NearGraduation is when a curve is nearly sold out.
	NearGraduation uint64 `json:"near_graduation_ppm" doc:"Share of the curve sold, in millionths, from which a token is near graduation. 0 never says so."`
	// AbandonedAfter is when a token counts as abandoned.
	AbandonedAfter int64 `json:"abandoned_after_seconds" doc:"Seconds of chain time without a trade after which a token is abandoned."`
	// StateEvery is how long after a change the state of a token is given out.
	StateEvery int64 `json:"state_seconds" doc:"Seconds of chain time after a first change at which a token's state is given out, with all that changed until then. 0 gives none."`
}

// usualCaps are the market caps that are milestones where the configuration names none.
var usualCaps = map[string][]uint64{
	wrappedSOL: {50_000_000_000, 100_000_000_000, 400_000_000_000, 1_000_000_000_000, 10_000_000_000_000},
}

// million is a whole, in millionths.
const million = 1_000_000

func defaults() Config {
	return Config{
		MaxTokens: 1_000_000, MaxActive: 250_000, MaxHolders: 20_000, MaxWallets: 4_000_000, MaxCreators: 200_000,
		MarketCapsUSD: []uint64{1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000},
		Holders:       []uint64{10, 50, 100, 500, 1_000, 5_000, 10_000},
		Trades:        []uint64{100, 1_000, 10_000, 100_000},
		Progress:      []uint64{500_000},

		NearGraduation: 900_000, AbandonedAfter: 86_400, StateEvery: 60,
	}
}

// check says what is wrong with a configuration.
func (c *Config) check() error {
	for _, bound := range []struct {
		key   string
		value int
	}{
		{"max_tokens", c.MaxTokens},
		{"max_active", c.MaxActive},
		{"max_holders", c.MaxHolders},
		{"max_wallets", c.MaxWallets},
		{"max_creators", c.MaxCreators},
		{"abandoned_after_seconds", int(c.AbandonedAfter)},
	} {
		if bound.value < 1 {
			return fmt.Errorf("%s must be 1 or more", bound.key)
		}
	}
	if c.StateEvery < 0 {
		return errors.New("state_seconds must be 0 or more")
	}
	if c.NearGraduation > million {
		return fmt.Errorf("near_graduation_ppm must be at most %d", million)
	}
	_, err := c.thresholds()
	return err
}

// thresholds are what milestones are measured by, each list ascending.
type thresholds struct {
	caps                               map[sdk.Key][]uint64
	capsUSD, holders, trades, progress []uint64
}

func (c *Config) thresholds() (t thresholds, err error) {
	t.caps = map[sdk.Key][]uint64{}
	caps := c.MarketCaps
	if caps == nil {
		caps = usualCaps
	}
	for mint, list := range caps {
		key, err := sdk.ParseKey(mint)
		if err != nil {
			return t, fmt.Errorf("market_caps: %w", err)
		}
		if t.caps[key], err = ascending("market_caps", list, 1<<64-1); err != nil {
			return t, err
		}
	}
	for _, list := range []struct {
		key  string
		from []uint64
		to   *[]uint64
		max  uint64
	}{
		{"market_caps_usd", c.MarketCapsUSD, &t.capsUSD, 1 << 63 / million},
		{"holders", c.Holders, &t.holders, 1 << 31},
		{"trades", c.Trades, &t.trades, 1<<64 - 1},
		{"progress_ppm", c.Progress, &t.progress, million},
	} {
		if *list.to, err = ascending(list.key, list.from, list.max); err != nil {
			return t, err
		}
	}
	for i := range t.capsUSD {
		t.capsUSD[i] *= million
	}
	return t, nil
}

// ascending sorts a copy of a list and refuses what cannot be a threshold.
func ascending(key string, list []uint64, most uint64) ([]uint64, error) {
	sorted := slices.Sorted(slices.Values(list))
	for i, v := range sorted {
		switch {
		case v == 0 || v > most:
			return nil, fmt.Errorf("%s holds %d; it must be 1 to %d", key, v, most)
		case i > 0 && v == sorted[i-1]:
			return nil, fmt.Errorf("%s holds %d twice", key, v)
		}
	}
	return sorted, nil
}
