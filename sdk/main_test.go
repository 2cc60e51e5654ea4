package sdk_test

import (
	"fmt"
	"log"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/sdk"
)

// serveEnv makes the test binary a monitor, so that tests can start one without building it.
const serveEnv = "WEIR_SDK_TEST_MONITOR"

// slowStartEnv makes that monitor work on something of its own before it calls Serve.
const slowStartEnv = "WEIR_SDK_TEST_SLOW_START"

func init() {
	if os.Getenv(serveEnv) != "" {
		fmt.Println("printed before the handshake") //nolint:forbidigo // it is what the handshake must survive
	}
}

func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		if os.Getenv(slowStartEnv) != "" {
			time.Sleep(time.Second)
		}
		sdk.Serve(noisy)
	}
	goleak.VerifyTestMain(m)
}

// noisy does all that a careless author may do.
func noisy(h *sdk.Host) sdk.Monitor {
	config := struct {
		Greeting string `json:"greeting"`
	}{Greeting: "hello"}
	return sdk.Monitor{
		Name:   "noisy",
		Config: &config,
		OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			switch t.GetSymbol() {
			case "PRINT":
				line := make([]byte, 4096)
				for range 100 {
					fmt.Println(string(line)) //nolint:forbidigo // it must not block
				}
			case "LOG":
				h.Log.Info("hello\nworld", "number", 7, "long", string(make([]byte, 10_000)))
			case "LATE":
				fmt.Fprintln(os.Stderr, "late on os.Stderr")
				fmt.Println("late on os.Stdout")                 //nolint:forbidigo // an author may
				log.New(os.Stderr, "", 0).Println("late in log") //nolint:forbidigo // as above
			case "PANIC":
				panic("the handler broke")
			case "HANG":
				time.Sleep(time.Hour)
			}
			h.Signal("seen", t.GetSymbol(), config.Greeting, nil)
			return nil
		},
	}
}
