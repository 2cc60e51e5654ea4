package liquidity

import (
	"errors"
	"fmt"
	"slices"
)

// Config of the monitor.
type Config struct {
	// Trades says whether trades are reported. They are most of what happens to pools.
	Trades bool `json:"trades" doc:"Report a pool after each of its trades."`
	// Positions says whether positions are reported.
	Positions bool `json:"positions" doc:"Report a provider's part of a pool after each change of it."`
	// Sweeps says whether swept fees are reported.
	Sweeps bool `json:"sweeps" doc:"Report fees that are swept out of a pool, with all that accrued and was swept."`
	// Depth says whether depth is reported where it changed for good.
	Depth bool `json:"depth" doc:"Report what it takes to move the price of a pool after its liquidity changed. Periods say it in any case."`
	// Drains says whether drained pools are looked for.
	Drains bool `json:"drains" doc:"Report pools that one wallet emptied within a short time."`
	// DrainPpm is what part makes a pool drained, above 0 and at most a million.
	DrainPpm uint64 `json:"drain_ppm" doc:"What part of a pool a wallet must take for the pool to count as drained, in millionths."`
	// DrainSlots is how far apart its steps may be.
	DrainSlots uint64 `json:"drain_slots" doc:"Within how many slots it must take them."`
	// Periods are the lengths to give out.
	Periods []string `json:"periods" doc:"Periods to report, with volumes, fees, turnover, fee APR and depth of each pool: any of 1m, 5m, 15m, 1h, 4h, 1d. None without it."`
	// LateSeconds is how far chain time must be past the end of a period to close it, 0 to 59: less than the shortest period.
	LateSeconds int64 `json:"late_seconds" doc:"How many seconds of chain time must pass after the end of a period before it is closed. What comes later still counts in the next one."`
	// DollarSlots is how old a dollar price may be.
	DollarSlots uint64 `json:"dollar_slots" doc:"How many slots old the dollar price of a quote mint may be to be used."`
	// MaxPools is how many pools are remembered, at least 1.
	MaxPools int `json:"max_pools" doc:"How many pools are remembered. Past it the one that changed longest ago is forgotten: its fee totals begin again, and its LP supply is not known, until its liquidity changes again."`
	// MaxPositions is how many positions are remembered, at least 1.
	MaxPositions int `json:"max_positions" doc:"How many positions are remembered. Past it the one that changed longest ago is forgotten: its entry is not known any more."`
	// MaxPeriods is how many pools have a period of each length, at least 1.
	MaxPeriods int `json:"max_periods" doc:"How many pools have an open period, for each length. Others that change in the same period have none."`
}

func defaults() Config {
	return Config{
		Trades: true, Positions: true, Sweeps: true, Depth: true, Drains: true, DrainPpm: 800_000, DrainSlots: 150, LateSeconds: 2,
		DollarSlots: 1500, MaxPools: 100_000, MaxPositions: 200_000, MaxPeriods: 50_000,
	}
}

// lengths are the periods that can be asked for, in seconds.
var lengths = map[string]int64{"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400}

// check says what is wrong with a configuration.
func (c *Config) check() error {
	for _, bound := range []struct {
		key   string
		value int
	}{{"max_pools", c.MaxPools}, {"max_positions", c.MaxPositions}, {"max_periods", c.MaxPeriods}} {
		if bound.value < 1 {
			return fmt.Errorf("%s must be 1 or more", bound.key)
		}
	}
	if c.DrainPpm == 0 || c.DrainPpm > million {
		return errors.New("drain_ppm must be 1 to 1000000")
	}
	if c.LateSeconds < 0 || c.LateSeconds >= 60 {
		return errors.New("late_seconds must be 0 to 59")
	}
	for i, name := range c.Periods {
		if lengths[name] == 0 {
			return fmt.Errorf("periods holds %q; known are 1m, 5m, 15m, 1h, 4h and 1d", name)
		}
		if slices.Contains(c.Periods[:i], name) {
			return fmt.Errorf("periods holds %q twice", name)
		}
	}
	return nil
}
