package sdk

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// Divided is a State that saves what changed since it was saved last, in parts that make it up together. A large state costs little
// to save then, and records wait less. sdk/keyed has one made of maps; there is no need to write another.
type Divided interface {
	// AppendPart adds a part to b. With whole it is the whole state, and equal states give equal bytes; else what changed since the last
	// AppendPart or LoadParts. parts is how many parts make the state now, this one included and the newest before it: 1 when this one
	// is all, at most one more than there were.
	AppendPart(b []byte, whole bool) (data []byte, parts int, err error)
	// LoadParts replaces the state by that of parts, while they come. An error among them is to be returned; it is the last. A part may be
	// kept until LoadParts returns. After an error the state is not to be used.
	LoadParts(parts Parts) error
}

// Settling is a Divided that reads a part of what it restored later.
type Settling interface {
	// Settle reads up to n values that are left, and says whether there may be more. It is called between frames, some seconds after the
	// monitor began to run, by another goroutine than its handlers but never beside one.
	Settle(n int) (more bool)
}

// Parts are those of a state, oldest first. They can be gone through once.
type Parts = iter.Seq2[[]byte, error]

// PartsOf are parts that are there already, as tests have them.
func PartsOf(parts ...[]byte) Parts {
	return func(yield func([]byte, error) bool) {
		for _, part := range parts {
			if !yield(part, nil) {
				return
			}
		}
	}
}

// saveState encodes State, into buf where the type can append to one: large states are saved often, and fresh memory is most
// of what that costs. The map keys of JSON come sorted, so equal states give equal bytes. parts is as in AppendPart.
func saveState(m Monitor, buf []byte, whole bool) (data []byte, parts int, err error) {
	parts = 1
	switch state := m.State.(type) {
	case nil:
		return nil, parts, nil
	case Divided:
		data, parts, err = state.AppendPart(buf[:0], whole)
	case encoding.BinaryAppender:
		data, err = state.AppendBinary(buf[:0])
	case encoding.BinaryMarshaler:
		data, err = state.MarshalBinary()
	default:
		data, err = json.Marshal(m.State)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("save state: %w", err)
	}
	return data, parts, nil
}

// loadState decodes parts, which a program with another version may have written, into State.
func loadState(m Monitor, version uint32, parts Parts) error {
	size := 0
	counted := func(yield func([]byte, error) bool) {
		for part, err := range parts {
			if size += len(part); !yield(part, err) {
				return
			}
		}
	}
	if err := decodeState(m, version, counted); err != nil {
		return fmt.Errorf("restore state of version %d (%d bytes): %w", version, size, err)
	}
	return nil
}

func decodeState(m Monitor, version uint32, parts Parts) error {
	older := version != m.StateVersion && (m.Upgrade != nil || m.UpgradeParts != nil)
	if divided, ok := m.State.(Divided); ok && !older {
		return divided.LoadParts(parts)
	}
	var all [][]byte
	for part, err := range parts {
		if err != nil {
			return err
		}
		all = append(all, part)
	}
	if older && m.UpgradeParts != nil {
		return m.UpgradeParts(version, all)
	}
	var data []byte
	switch len(all) {
	case 0:
	case 1:
		data = all[0]
	default:
		return errors.New("it is in several parts, and this program knows states in one")
	}
	switch {
	case m.State == nil && len(data) == 0:
		return nil
	case older:
		return m.Upgrade(version, data)
	}
	if binary, ok := m.State.(encoding.BinaryUnmarshaler); ok {
		return binary.UnmarshalBinary(data)
	}
	return json.Unmarshal(data, m.State)
}

// checkStateVersion says whether a checkpoint of this version can be restored.
func checkStateVersion(m Monitor, version uint32) error {
	if version < m.StateReadsMin || version > m.StateVersion {
		return fmt.Errorf("the checkpoint has state version %d; %s %s reads %d to %d",
			version, m.Name, m.Version, m.StateReadsMin, m.StateVersion)
	}
	return nil
}
