// Package trading is a monitor that reports every trade in one form, whatever the venue, with running counts and volumes of
// the traded coin. Trades come in, one report of each goes out.
package trading

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-run/weir/sdk"
)

// Version of the monitor.
const Version = "0.2.0"

// Config of the monitor.
type Config struct {
	// MaxTokens is how many coins have running totals, at least 1.
	MaxTokens int `json:"max_tokens" doc:"How many coins have running totals. Past it the one whose last trade is oldest is forgotten; its totals begin again at its next trade."`
	// Candles are the lengths of candles to give out.
	Candles []string `json:"candles" doc:"Candles to report: any of 1s, 5s, 15s, 30s, 1m, 5m, 15m, 30m, 1h, 4h, 12h, 1d. None without it."`
	// Windows says whether windows are given out.
	Windows bool `json:"windows" doc:"Report what each coin did in the last 1 and 5 minutes, hour and day."`
	// LateSeconds is how far chain time must be past the end of an interval to close it, 0 or more.
	LateSeconds int64 `json:"late_seconds" doc:"How many seconds of chain time must pass after the end of a candle or window before it is closed. A trade that comes later still counts in the next one."`
	// MaxCandles is how many pairs of coin and quote mint have a candle in one period of one length, at least 1.
	MaxCandles int `json:"max_candles" doc:"How many pairs of coin and quote mint have an open candle, for each length. Others that trade in the same period have none."`
	// MaxWindows is how many pairs have windows longer than a step, at least 1.
	MaxWindows int `json:"max_windows" doc:"How many pairs of coin and quote mint are remembered for windows. Past it the one that has been silent longest is forgotten; its windows fill again from nothing."`
	// Detect is what to look for among trades.
	Detect []string `json:"detect" doc:"What to look for: any of sandwich, back_run, arbitrage, bundle, whale, sniper, wash, bundled_launch, copy_trade, creator_dump. Nothing without it."`
	// WhaleDollars is what makes a whale where the worth of a trade is known.
	WhaleDollars uint64 `json:"whale_dollars" doc:"Smallest trade of a whale in whole US dollars, where its worth is known."`
	// WhaleLamports is what makes a whale elsewhere.
	WhaleLamports uint64 `json:"whale_lamports" doc:"Smallest trade of a whale in lamports, where its worth in dollars is not known."`
	// SniperSlots is how many slots after the creation a buyer is a sniper.
	SniperSlots uint64 `json:"sniper_slots" doc:"How many slots after the creation of a coin a buyer is a sniper. 0 is the slot of the creation alone."`
	// DumpPPM is what makes a dump of a creator's sales, 1 to 1,000,000.
	DumpPPM uint64 `json:"dump_ppm" doc:"Which part of the supply the creator of a coin must have sold in all for a dump, in millionths."`
	// MaxTraders is how many wallets in coins are watched for wash trading, at least 1.
	MaxTraders int `json:"max_traders" doc:"How many pairs of wallet and coin are watched for wash trading, how many coins and pairs of wallets for copy trading, and how many launched coins for dumps of their creators. Past it the one whose last trade is oldest is forgotten."`
}

func defaults() Config {
	return Config{
		MaxTokens: 1_000_000, LateSeconds: 2, MaxCandles: 100_000, MaxWindows: 20_000,
		WhaleDollars: 10_000, WhaleLamports: 50_000_000_000, SniperSlots: 2, DumpPPM: 50_000, MaxTraders: 100_000,
	}
}

// check says what is wrong with a configuration.
func (c *Config) check() error {
	for _, bound := range []struct {
		key   string
		value int
	}{{"max_tokens", c.MaxTokens}, {"max_candles", c.MaxCandles}, {"max_windows", c.MaxWindows}, {"max_traders", c.MaxTraders}} {
		if bound.value < 1 {
			return fmt.Errorf("%s must be 1 or more", bound.key)
		}
	}
	if c.LateSeconds < 0 || c.LateSeconds > 3600 {
		return errors.New("late_seconds must be 0 to 3600")
	}
	if c.DumpPPM < 1 || c.DumpPPM > million {
		return errors.New("dump_ppm must be 1 to 1000000")
	}
	for _, kind := range c.Detect {
		if !slices.Contains(findings, kind) {
			return fmt.Errorf("detect holds %q; known are %s", kind, strings.Join(findings, ", "))
		}
	}
	for i, name := range c.Candles {
		if lengths[name] == 0 {
			return fmt.Errorf("candles holds %q; known are 1s, 5s, 15s, 30s, 1m, 5m, 15m, 30m, 1h, 4h, 12h and 1d", name)
		}
		if slices.Contains(c.Candles[:i], name) {
			return fmt.Errorf("candles holds %q twice", name)
		}
	}
	return nil
}

// monitor is one instance at work. report and output are used again for every trade: Emit encodes at once.
type monitor struct {
	host   *sdk.Host
	config Config
	state  *state
	report report
	output sdk.Output
}

// New makes the monitor.
func New(host *sdk.Host) sdk.Monitor {
	m := &monitor{host: host, config: defaults(), state: newState()}
	m.output = sdk.Output{Kind: "trade", Body: &sdk.TradeReportedBody{TradeReported: &m.report.message}}
	return sdk.Monitor{
		Name:           "trading",
		Version:        Version,
		Config:         &m.config,
		Check:          m.config.check,
		State:          m.state,
		StateVersion:   stateVersion,
		StateReadsMin:  1,
		UpgradeParts:   m.state.upgrade,
		Emits:          append([]string{"trade", "candle", "window", "sandwich_attempt", sdk.KindSlotRetracted}, findings...),
		ReuseRecords:   true,
		OnTrade:        m.traded,
		OnTokenCreated: m.created,
		OnGap:          m.gap,
		OnJournalGap:   m.journalGap,
		OnRetract:      m.retract,
	}
}

func (m *monitor) traded(r *sdk.Record, t *sdk.Trade) error {
	mint, quote := sdk.KeyOf(t.GetMint()), sdk.KeyOf(t.GetQuoteMint())
	total := m.state.count(mint, m.config.MaxTokens)
	total.add(t)
	m.fill(t, total, total.addQuote(quote, t.GetPoolQuoteAmount()))
	m.output.Key = mint.String()
	m.host.Emit(&m.output)
	at := m.time(r)
	m.tick(t, pair{mint: mint, quote: quote}, at)
	m.detect(r, t, at)
	return nil
}
