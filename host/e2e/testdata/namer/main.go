// Command weir-namer reports the names of tokens that become known late, and the symbol that each trade comes with.
package main

import "github.com/weir-run/weir/sdk"

func main() {
	sdk.Serve(func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{
			Name: "namer", Version: "1.0.0", Emits: []string{"named", "traded"},
			OnTokenMetadata: func(_ *sdk.Record, m *sdk.TokenMetadata) error {
				h.Signal("named", sdk.Base58(m.GetMint()), m.GetSymbol(), map[string]string{"name": m.GetName(), "uri": m.GetUri(), "source": m.GetSource().String(), "creator": sdk.Base58(m.GetCurve().GetCreator())})
				return nil
			},
			OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
				h.Signal("traded", sdk.Base58(t.GetMint()), t.GetSymbol(), nil)
				return nil
			},
		}
	})
}
