package main

import (
	"fmt"
	"os"
	"time"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// weakness is what a copy named bad-weak cannot bear. It comes with its configuration and has nothing to do with the start, so that a
// test can cause it late and mend it.
type weakness struct {
	// Record is the number of a record that it crashes on, whenever it is given; 0 is none.
	Record uint64 `json:"record"`
	// While is a file: for as long as it is there, it crashes on everything.
	While string `json:"while"`
}

func (w weakness) show(batch *pluginv1.Batch) {
	if w.While != "" {
		if _, err := os.Stat(w.While); err == nil {
			panic("what it needs is broken")
		}
	}
	for _, r := range batch.GetRecords() {
		if w.Record > 0 && r.GetNumber() == w.Record {
			panic(fmt.Sprintf("record %d is poison", w.Record))
		}
	}
}

// lifetime is after how long a copy ends itself. A weak one is healthy but for its weakness, and tests need it for longer.
func lifetime() time.Duration {
	if trap == "weak" {
		return 5 * time.Minute
	}
	return time.Minute
}
