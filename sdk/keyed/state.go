package keyed

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// mostParts is when a state is written whole again, whatever the sweep says.
const mostParts = 96

// format of a part, its first byte. The one before had no lengths of values; it is read too, for checkpoints that were written in it.
const format, formatWithoutLengths = 3, 2

// saved is a Map of any types.
type saved interface {
	append(b []byte, whole bool, pace float64) (data []byte, parts int)
	load() (entries, changed int)
	apply(r *pack.Reader, format byte, size int) error
	finish(lazy bool) error
	settle(n int) (read int)
	clear()
	untracked() bool
	remember(parts int)
	known() int
}

// State is a sdk.Divided made of maps and of a rest that is written into every part, and so should be small.
type State struct {
	rest any
	maps []saved
	lazy bool
}

// NewState makes a state of maps made by NewMap. rest points to all else that the monitor remembers, or is nil: it is saved as JSON,
// or by AppendBinary and UnmarshalBinary when the type has them. Which maps there are, and their order, belongs to the state's version.
func NewState(rest any, maps ...saved) *State { return &State{rest: rest, maps: maps} }

// Lazy has LoadParts leave most values as the bytes that they are, and read each when it is asked for, or by Settle. A monitor with very
// many entries goes on several times sooner after a crash, when its next records are about few of them. It is not for a monitor that goes
// over all values when it is restored, nor for one whose codecs read differently later; UpgradeParts is to load into a State that is not
// lazy. It returns s.
func (s *State) Lazy() *State {
	s.lazy = true
	return s
}

// Settle implements sdk.Settling.
func (s *State) Settle(n int) (more bool) {
	for _, m := range s.maps {
		if n -= m.settle(n); n <= 0 {
			return true
		}
	}
	return false
}

// AppendPart implements sdk.Divided.
func (s *State) AppendPart(b []byte, whole bool) (data []byte, parts int, err error) {
	rest, err := s.appendRest(nil)
	if err != nil {
		return nil, 0, err
	}
	for _, m := range s.maps {
		whole = whole || m.untracked() || m.known() == 0 || m.known() >= mostParts
	}
	b = append(b, format)
	b = append(pack.AppendUvarint(b, uint64(len(rest))), rest...)
	b = pack.AppendUvarint(b, uint64(len(s.maps)))
	parts = 1
	pace := s.pace()
	for _, m := range s.maps {
		var n int
		b, n = m.append(b, whole, pace)
		parts = max(parts, n)
	}
	for _, m := range s.maps {
		m.remember(parts)
	}
	return b, parts, nil
}

// pace is the share of every map that is written in turn into the next part: the same of all, or the slowest would need many parts of
// the others. It is that of the map in which most changed, unless this would write far more of the others than changed.
func (s *State) pace() float64 {
	all, changed, most, pace := 0, 0, 0, 0.0
	for _, m := range s.maps {
		n, c := m.load()
		all, changed = all+n, changed+c
		if c > most {
			most, pace = c, sweepShare*float64(c)/float64(max(n, 1))
		}
	}
	return max(1/float64(sweepParts), min(pace, 2*sweepShare*float64(changed)/float64(max(all, 1))))
}

func (s *State) appendRest(b []byte) ([]byte, error) {
	switch rest := s.rest.(type) {
	case nil:
		return nil, nil
	case encoding.BinaryAppender:
		return rest.AppendBinary(b)
	default:
		return json.Marshal(rest)
	}
}

// LoadParts implements sdk.Divided.
func (s *State) LoadParts(parts sdk.Parts) error {
	for _, m := range s.maps {
		m.clear()
	}
	var rest []byte // of the newest
	n := 0
	for part, err := range parts {
		if err != nil {
			return err
		}
		n++
		if rest, err = s.loadPart(part); err != nil {
			return fmt.Errorf("part %d: %w", n, err)
		}
	}
	if n == 0 {
		return errors.New("a state has one part at least")
	}
	if err := s.loadRest(rest); err != nil {
		return fmt.Errorf("part %d: %w", n, err)
	}
	for i, m := range s.maps {
		if err := m.finish(s.lazy); err != nil {
			return fmt.Errorf("map %d of %d: %w", i+1, len(s.maps), err)
		}
	}
	return nil
}

func (s *State) loadPart(part []byte) (rest []byte, err error) {
	r := pack.NewReader(part)
	f := r.Byte()
	if f != format && f != formatWithoutLengths {
		return nil, fmt.Errorf("its format is %d, this program knows %d and %d", f, formatWithoutLengths, format)
	}
	rest = []byte(r.Text())
	if n := r.Count(1); n != len(s.maps) && !r.Failed() {
		return nil, fmt.Errorf("it has %d maps, this program %d", n, len(s.maps))
	}
	for i, m := range s.maps {
		if r.Failed() {
			break
		}
		if err := m.apply(r, f, len(part)); err != nil {
			return nil, fmt.Errorf("map %d of %d: %w", i+1, len(s.maps), err)
		}
	}
	return rest, r.Close()
}

func (s *State) loadRest(b []byte) error {
	if s.rest == nil && len(b) == 0 {
		return nil
	}
	if rest, ok := s.rest.(encoding.BinaryUnmarshaler); ok {
		return rest.UnmarshalBinary(slices.Clone(b))
	}
	return json.Unmarshal(b, s.rest)
}
