package trading

import (
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// lapse is a time of which records are missing, Unix seconds: from the latest one known before the gap to that of the first trade behind
// it. to is 0 as long as none came.
type lapse struct{ from, to int64 }

// lapses are those that an open interval or a window can reach, oldest first.
type lapses []lapse

// maxLapses bounds them. Past it the two oldest are taken for one: too much is said to be missing, never too little.
const maxLapses = 64

// oldestLapse is how long one is remembered: a day's window, with time to close it.
const oldestLapse = 2 * 86400

// begin notes that records were lost, now being the latest time known, 0 for none.
func (l *lapses) begin(now int64) {
	all := *l
	if n := len(all); n > 0 && all[n-1].to == 0 {
		return
	}
	for len(all) > 0 && all[0].to < now-oldestLapse {
		all = all[1:]
	}
	if len(all) == maxLapses {
		all[1].from = all[0].from
		all = all[1:]
	}
	*l = append(all, lapse{from: now})
}

// end notes that trades go on.
func (l lapses) end(now int64) {
	if n := len(l); n > 0 && l[n-1].to == 0 {
		l[n-1].to = now
	}
}

// in tells whether records are missing of the time from start to before end.
func (l lapses) in(start, end int64) bool {
	for _, v := range l {
		if v.from < end && (v.to == 0 || v.to >= start) {
			return true
		}
	}
	return false
}

// since tells whether records were lost at a time or later.
func (l lapses) since(at int64) bool { return len(l) > 0 && l[len(l)-1].from >= at }

// lose takes note of a gap. What was seen before it stays counted, but who bought next before it need not have been the next one.
func (m *monitor) lose() {
	m.state.lapses.begin(m.state.now)
	for m.state.copies.buyers.DeleteOldest() {
	}
}

func (m *monitor) gap(*sdk.Record, *sdk.Gap) error {
	m.lose()
	return nil
}

func (m *monitor) journalGap(*sdk.JournalGap) error {
	m.lose()
	return nil
}

func (l lapses) append(b []byte) []byte {
	b = pack.AppendUvarint(b, uint64(len(l)))
	for _, v := range l {
		b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(v.from)), uint64(v.to))
	}
	return b
}

func readLapses(r *pack.Reader) (l lapses) {
	for range r.Count(2) {
		l = append(l, lapse{from: int64(r.Uvarint()), to: int64(r.Uvarint())})
	}
	return l
}
