package sdk_test

import (
	"fmt"

	"github.com/weir-run/weir/sdk"
)

// A complete monitor that counts the trades of each trader and speaks of every hundredth.
func Example() {
	regulars := func(h *sdk.Host) sdk.Monitor {
		config := struct {
			Every int `json:"every" doc:"Report a trader once in so many trades."`
		}{Every: 100}
		trades := map[sdk.Key]int{}

		return sdk.Monitor{
			Name:   "regulars",
			Config: &config,
			State:  &trades,
			OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
				trader := sdk.KeyOf(t.GetTrader())
				trades[trader]++
				if trades[trader]%config.Every == 0 {
					h.Signal("regular", trader.String(), fmt.Sprintf("%d trades", trades[trader]), nil)
				}
				return nil
			},
		}
	}
	// In a main function this would be sdk.Serve(regulars).
	fmt.Println(regulars(nil).Name)
	// Output: regulars
}

// Emit carries one of the contract's own messages.
func ExampleHost_Emit() {
	_ = func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{
			Name:  "pools",
			Emits: []string{"pool_created"},
			OnPoolCreated: func(_ *sdk.Record, p *sdk.PoolCreated) error {
				h.Emit(&sdk.Output{
					Kind: "pool_created",
					Key:  sdk.Base58(p.GetPool()),
					Body: &sdk.PoolReportedBody{PoolReported: &sdk.PoolReported{
						Pool: p.GetPool(), Change: sdk.PoolOpened, BaseMint: p.GetBaseMint(), QuoteMint: p.GetQuoteMint(),
					}},
				})
				return nil
			},
		}
	}
}
