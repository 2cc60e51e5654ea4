// Command weir-asker asks the host about each trade's mint and about that of the trade before, and reports the answers.
package main

import (
	"errors"
	"fmt"

	"github.com/weir-run/weir/sdk"
)

func main() {
	sdk.Serve(func(h *sdk.Host) sdk.Monitor {
		state := struct {
			Mint []byte `json:"mint"` // of the trade before
		}{}
		return sdk.Monitor{
			Name: "asker", Version: "1.0.0", Emits: []string{"answers"}, State: &state,
			OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
				before := state.Mint
				if before == nil {
					before = t.GetMint()
				}
				state.Mint = t.GetMint()
				token, err1 := h.Token(t.GetMint())
				pool, err2 := h.Pool(t.GetPool())
				price, lamport, err3 := h.Price(before)
				if err := errors.Join(err1, err2, err3); err != nil {
					return err
				}
				h.Count("questions_total", 3)
				h.Signal("answers", sdk.Base58(t.GetMint()), token.GetSymbol(), map[string]string{
					"before": sdk.Base58(before), "price_at": fmt.Sprint(price.GetNumber()), "pool_at": fmt.Sprint(pool.GetNumber()),
					"price": fmt.Sprint(price.GetPrice().GetQuote(), "/", price.GetPrice().GetBase()), "lamport": fmt.Sprint(lamport.GetUsdMicros()),
					"reserves": fmt.Sprint(pool.GetReserves().GetBase()), "own_reserves": fmt.Sprint(t.GetReservesAfter().GetBase()), "symbol": t.GetSymbol(),
				})
				return nil
			},
		}
	})
}
