// Command faulty is a monitor with the fault that FAULT names, for tests of the conformance kit.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/weir-run/weir/sdk"
)

var fault = os.Getenv("FAULT")

func main() {
	if fault == "exit" {
		os.Exit(7)
	}
	switch fault {
	case "child": // where the host does not find it
		start(&syscall.SysProcAttr{Setsid: true})
	case "orphan": // which a host that dies cannot end
		start(nil)
	}
	sdk.Serve(faulty)
}

func start(attr *syscall.SysProcAttr) {
	child := exec.Command("sleep", "60")
	child.SysProcAttr = attr
	if err := child.Start(); err != nil {
		panic(err)
	}
}

// count is a state that is, with the fault, the newest that was saved by anyone.
type count int

func (c *count) MarshalJSON() ([]byte, error) {
	text := strconv.AppendInt(nil, int64(*c), 10)
	if fault == "newest" {
		return text, os.WriteFile(os.Args[0]+".newest", text, 0o600)
	}
	return text, nil
}

func (c *count) UnmarshalJSON(text []byte) (err error) {
	if fault == "newest" {
		if text, err = os.ReadFile(os.Args[0] + ".newest"); err != nil {
			return err
		}
	}
	n, err := strconv.Atoi(string(text))
	*c = count(n)
	return err
}

func faulty(h *sdk.Host) sdk.Monitor {
	trades, lost := count(0), 0
	return sdk.Monitor{
		Name: "faulty", Version: "0.1.0", State: &trades, Emits: []string{"count"},
		OnTrade: func(_ *sdk.Record, _ *sdk.Trade) error {
			trades++
			lost++
			said := fmt.Sprint(int(trades))
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
