package sdk

import (
	"encoding"
	"encoding/json"
	"fmt"
)

// saveState encodes State, into buf where the type can append to one: large states are saved often, and fresh memory is most
// of what that costs. The map keys of JSON come sorted, so equal states give equal bytes.
func saveState(m Monitor, buf []byte) (data []byte, err error) {
	switch state := m.State.(type) {
	case nil:
		return nil, nil
	case encoding.BinaryAppender:
		data, err = state.AppendBinary(buf[:0])
	case encoding.BinaryMarshaler:
		data, err = state.MarshalBinary()
	default:
		data, err = json.Marshal(m.State)
	}
	if err != nil {
		return nil, fmt.Errorf("save state: %w", err)
	}
	return data, nil
}

// loadState decodes data, which a program with another version may have written, into State.
func loadState(m Monitor, version uint32, data []byte) error {
	if err := decodeState(m, version, data); err != nil {
		return fmt.Errorf("restore state of version %d (%d bytes): %w", version, len(data), err)
	}
	return nil
}

func decodeState(m Monitor, version uint32, data []byte) error {
	if m.State == nil && len(data) == 0 {
		return nil
	}
	if version != m.StateVersion && m.Upgrade != nil {
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
