// The command asker is a monitor that tells what the host knows of each trade's mint.
package main

import "github.com/weir-run/weir/sdk"

func main() {
	sdk.Serve(func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "asker", Version: "1.0.0", OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			token, err := h.Token(t.GetMint())
			if err != nil {
				return err
			}
			h.Signal("known", "", token.GetSymbol(), nil)
			return nil
		}}
	})
}
