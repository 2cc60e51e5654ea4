package sdk

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// counters are written by the work loop and read by anyone.
type counters struct {
	records    [kindLimit]atomic.Uint64 // handled, by kind
	outputs    atomic.Uint64            // sent
	errors     atomic.Uint64            // records refused
	stateBytes atomic.Uint64            // of the last state saved or restored
}

// metricsText is in Prometheus text format. The host adds the instance.
func (w *work) metricsText() string {
	var b strings.Builder
	b.WriteString("# HELP weir_monitor_records_total Records handled.\n# TYPE weir_monitor_records_total counter\n")
	for _, kind := range w.monitor.kinds() {
		fmt.Fprintf(&b, "weir_monitor_records_total{kind=%q} %d\n", kindLabel(kind), w.records[kind].Load())
	}
	one := func(name, kind, help string, value uint64) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", name, help, name, kind, name, value)
	}
	one("weir_monitor_outputs_total", "counter", "Outputs sent.", w.outputs.Load())
	one("weir_monitor_record_errors_total", "counter", "Records that a handler refused.", w.errors.Load())
	one("weir_monitor_state_bytes", "gauge", "Size of the last state saved or restored.", w.stateBytes.Load())
	one("weir_monitor_through", "gauge", "Last record number done.", w.through.Load())
	w.host.metrics.write(&b)
	return b.String()
}

// kindLabel turns KIND_TOKEN_CREATED into token_created.
func kindLabel(kind eventv1.Kind) string {
	return strings.ToLower(strings.TrimPrefix(kind.String(), "KIND_"))
}

// troubleText is what Health says: what the monitor said itself, or where the work loop hangs.
func (w *work) troubleText() string {
	if text := w.host.troubleText(); text != "" {
		return text
	}
	d := doing(w.doing.Load())
	lasting := (time.Since(w.born) - time.Duration(w.since.Load())).Round(100 * time.Millisecond)
	if d == doingWait || lasting < stuckAfter {
		return ""
	}
	switch d {
	case doingHandle:
		return fmt.Sprintf("the handler has been at record %d for %s", w.number.Load(), lasting)
	case doingSave:
		return fmt.Sprintf("saving the state has taken %s", lasting)
	default:
		return fmt.Sprintf("the host has not taken outputs for %s", lasting)
	}
}
