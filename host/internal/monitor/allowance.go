package monitor

import (
	"sync/atomic"
	"time"
)

// An allowance grows with what the plugin is given and with time, up to what may be emitted at once.
const (
	outputPerInput  = 32                // bytes of outputs that may follow a byte of records
	allowanceRefill = 256 * time.Second // in which an empty one is full again without any record
)

// allowance bounds the outputs of a plugin, in bytes. All instances share the retention of the journal: one that emits without end would
// push out what the others said. The sender earns, the receiver spends.
type allowance struct {
	most int64
	left atomic.Int64
	at   time.Time // of the last spend; the receiver's own
}

func newAllowance(most int, now time.Time) *allowance {
	a := &allowance{most: int64(most), at: now}
	a.left.Store(a.most)
	return a
}

// earn adds what records of so many bytes allow.
func (a *allowance) earn(records int) { a.add(int64(records) * outputPerInput) }

func (a *allowance) add(n int64) {
	for {
		left := a.left.Load()
		if a.left.CompareAndSwap(left, min(left+n, a.most)) {
			return
		}
	}
}

// spend takes outputs of so many bytes off and tells whether they were allowed.
func (a *allowance) spend(outputs int, now time.Time) bool {
	if passed := min(now.Sub(a.at), allowanceRefill); passed > 0 {
		a.add(int64(float64(a.most) * passed.Seconds() / allowanceRefill.Seconds()))
		a.at = now
	}
	return a.left.Add(-int64(outputs)) >= 0
}
