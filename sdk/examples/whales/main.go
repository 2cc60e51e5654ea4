// Command weir-whales reports large buys.
package main

import (
	"fmt"

	"github.com/weir-run/weir/sdk"
)

func main() { sdk.Serve(whales) }

func whales(h *sdk.Host) sdk.Monitor {
	config := struct {
		MinQuote uint64 `json:"min_quote" doc:"Smallest buy to report, raw units of the quote mint."`
	}{MinQuote: 50_000_000_000}
	buys := map[sdk.Key]int{} // by trader

	return sdk.Monitor{
		Name:    "whales",
		Version: "0.1.0",
		Config:  &config,
		State:   &buys,
		Emits:   []string{"whale_buy"},
		OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			if t.GetSide() != sdk.Buy || t.GetQuoteAmount() < config.MinQuote {
				return nil
			}
			trader := sdk.KeyOf(t.GetTrader())
			buys[trader]++
			h.Signal("whale_buy", sdk.Base58(t.GetMint()),
				fmt.Sprintf("%s bought for %d (large buy no. %d)", trader, t.GetQuoteAmount(), buys[trader]), nil)
			return nil
		},
	}
}
