// Command pulse numbers the trades that it sees. Its version is set at link time; version 3 reads no state of the others.
package main

import (
	"strconv"

	"github.com/weir-run/weir/sdk"
)

var version = "1.0.0"

func main() {
	sdk.Serve(func(h *sdk.Host) sdk.Monitor {
		var trades uint64
		m := sdk.Monitor{
			Name: "pulse", Version: version, State: &trades, Emits: []string{"pulse"},
			OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
				trades++
				h.Signal("pulse", sdk.Base58(t.GetMint()), strconv.FormatUint(trades, 10), nil)
				return nil
			},
		}
		if version == "3.0.0" {
			m.StateVersion, m.StateReadsMin = 3, 3
		}
		return m
	})
}
