package ask

import (
	"sync/atomic"

	"github.com/weir-run/weir/host/internal/latency"
)

// Lookups counts answers of one kind.
type Lookups struct {
	// Hit were known, Absent were not, Stale were known and too old to be told.
	Hit, Absent, Stale atomic.Uint64
}

// Meters count what an instance asked, over all lives of its process. The zero value is ready; any number of goroutines.
type Meters struct {
	// Tokens, Pools and Prices by what was asked about.
	Tokens, Pools, Prices Lookups
	// Fold is how long it took to bring pools and prices to the record that was asked about.
	Fold latency.Recorder
}

// count counts an answer: whether there is one, and whether there would be one if it were not too old.
func (l *Lookups) count(known, old bool) {
	switch {
	case known:
		l.Hit.Add(1)
	case old:
		l.Stale.Add(1)
	default:
		l.Absent.Add(1)
	}
}
