// Command weir-counter reports every event of programs that are decoded by an IDL.
package main

import (
	"strconv"

	"github.com/weir-run/weir/sdk"
)

func main() {
	sdk.Serve(func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{
			Name: "counter", Version: "1.0.0", Venues: []sdk.Venue{sdk.Pump}, Emits: []string{"bumped"},
			OnProgramEvent: func(r *sdk.Record, e *sdk.ProgramEvent) error {
				n := sdk.FindField(e.GetFields(), "n").GetU64()
				h.Signal("bumped", sdk.Base58(r.GetProgram()), e.GetName(), map[string]string{"n": strconv.FormatUint(n, 10)})
				return nil
			},
		}
	})
}
