// Command faulty is a monitor with the fault that FAULT names, for tests of the conformance kit.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/weir-run/weir/sdk"
)

var fault = os.Getenv("FAULT")

func main() {
	if fault == "exit" {
		os.Exit(7)
	}
	sdk.Serve(faulty)
}

func faulty(h *sdk.Host) sdk.Monitor {
	trades, lost := 0, 0
	return sdk.Monitor{
		Name: "faulty", Version: "0.1.0", State: &trades, Emits: []string{"count"},
		OnTrade: func(_ *sdk.Record, _ *sdk.Trade) error {
			trades++
			lost++
			said := fmt.Sprint(trades)
			switch {
			case fault == "clock":
				said = fmt.Sprint(time.Now().UnixNano())
			case fault == "forgets":
				said = fmt.Sprint(lost)
			case fault == "hang" && trades == 30:
				select {}
			case fault == "panic" && trades == 30:
				panic("on purpose")
			}
			if trades%10 == 0 {
				h.Signal("count", "all", said, nil)
			}
			return nil
		},
	}
}
