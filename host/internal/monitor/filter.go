package monitor

import (
	"github.com/weir-run/weir/host/internal/journal"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// filter says which records a plugin wants.
type filter struct {
	kinds, venues uint64 // bit sets; zero wants all
}

// filterBits bounds the kinds and venues that can be told apart. What lies above is always sent: a later host may know it.
const filterBits = 64

func newFilter(d *pluginv1.DescribeResponse) (f filter) {
	for _, kind := range d.GetKinds() {
		f.kinds |= bit(uint64(kind))
	}
	for _, venue := range d.GetVenues() {
		f.venues |= bit(uint64(venue))
	}
	return f
}

func bit(n uint64) uint64 {
	if n >= filterBits {
		return 0
	}
	return 1 << n
}

// wants tells. A record without a venue passes every venue filter.
func (f filter) wants(kind, venue uint64) bool {
	return in(f.kinds, kind) && (venue == 0 || in(f.venues, venue))
}

func in(set, n uint64) bool { return set == 0 || n >= filterBits || set&(1<<n) != 0 }

// cut returns the part of a payload that is wanted: nil when nothing is, a range of the payload itself when it is in one piece,
// else a copy. visit is called for each record of it.
func (f filter) cut(payload []byte, visit func(number uint64, received int64)) ([]byte, error) {
	var out []byte
	copied := false
	at, start, stop := 0, 0, 0 // start to stop is the wanted range so far
	for e, err := range journal.Envelopes(payload) {
		if err != nil {
			return nil, err
		}
		from, to := at, at+len(e.Encoded)
		at = to
		if !f.wants(uint64(e.Kind), uint64(e.Venue)) {
			continue
		}
		visit(e.Number, e.ReceivedUnixNanos)
		switch stop {
		case 0:
			start, stop = from, to
		case from:
			stop = to
		default:
			if !copied {
				out, copied = make([]byte, 0, len(payload)), true
			}
			out = append(out, payload[start:stop]...)
			start, stop = from, to
		}
	}
	switch {
	case stop == 0:
		return nil, nil
	case !copied:
		return payload[start:stop:stop], nil
	default:
		return append(out, payload[start:stop]...), nil
	}
}
