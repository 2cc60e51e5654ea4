package sdk

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxOwnMetrics bounds what an author can count.
const maxOwnMetrics = 100

var ownMetricName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// ownMetrics are those of the author. Safe for concurrent use.
type ownMetrics struct {
	mu     sync.Mutex
	values map[string]float64
	counts map[string]bool // the counters among them
}

// Count adds to a counter that the host shows at /metrics as weir_monitor_NAME with the label instance. Metrics are for operators: they are no
// part of the state, start at zero with the process, and count replayed records again. A name is lower case letters, digits and underscores,
// by custom with _total at the end of counters; a wrong one, or more than 100 of them, is left out. Any goroutine.
func (h *Host) Count(name string, n uint64) {
	h.metrics.set(name, true, func(old float64) float64 { return old + float64(n) })
}

// Gauge sets a gauge that the host shows, like Count.
func (h *Host) Gauge(name string, value float64) {
	h.metrics.set(name, false, func(float64) float64 { return value })
}

func (m *ownMetrics) set(name string, counter bool, change func(float64) float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.values[name]; !known && (len(m.values) == maxOwnMetrics || !ownMetricName.MatchString(name)) {
		return
	}
	if m.values == nil {
		m.values, m.counts = map[string]float64{}, map[string]bool{}
	}
	m.values[name], m.counts[name] = change(m.values[name]), counter
}

// write appends them in Prometheus text format.
func (m *ownMetrics) write(b *strings.Builder) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.values)) {
		kind := "gauge"
		if m.counts[name] {
			kind = "counter"
		}
		fmt.Fprintf(b, "# TYPE weir_monitor_%s %s\nweir_monitor_%s %s\n", name, kind, name, strconv.FormatFloat(m.values[name], 'g', -1, 64))
	}
}
