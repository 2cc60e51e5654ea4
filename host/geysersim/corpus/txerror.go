package corpus

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/weir-run/weir/host/internal/dex/txerror"
)

// encodeError gives the bincode form of an RPC error value: a 4-byte little-endian variant number, then its content. A value that is
// in neither table becomes ff ff ff ff and its JSON text, which no node sends: it keeps "failed" true and the cause readable.
func encodeError(raw json.RawMessage) []byte {
	name, content, ok := variant(raw)
	number := slices.Index(txerror.Transaction[:], name)
	if !ok || number < 0 {
		return unknownError(raw)
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(number))
	var index byte
	switch {
	case content == nil:
		return out
	case name == "InstructionError":
		return encodeInstructionError(out, raw, content)
	case name == "DuplicateInstruction" && json.Unmarshal(content, &index) == nil:
		return append(out, index)
	default:
		var at struct {
			Index *byte `json:"account_index"`
		}
		if json.Unmarshal(content, &at) != nil || at.Index == nil {
			return unknownError(raw)
		}
		return append(out, *at.Index)
	}
}

// encodeInstructionError appends [index, error] of an InstructionError.
func encodeInstructionError(out []byte, raw, content json.RawMessage) []byte {
	var pair []json.RawMessage
	var index byte
	if json.Unmarshal(content, &pair) != nil || len(pair) != 2 || json.Unmarshal(pair[0], &index) != nil {
		return unknownError(raw)
	}
	name, inner, ok := variant(pair[1])
	number := slices.Index(txerror.Instruction[:], name)
	if !ok || number < 0 {
		return unknownError(raw)
	}
	out = binary.LittleEndian.AppendUint32(append(out, index), uint32(number))
	if inner == nil {
		return out
	}
	var code uint32
	var text string
	switch {
	case name == "Custom" && json.Unmarshal(inner, &code) == nil:
		return binary.LittleEndian.AppendUint32(out, code)
	case name == "BorshIoError" && json.Unmarshal(inner, &text) == nil:
		return append(binary.LittleEndian.AppendUint64(out, uint64(len(text))), text...)
	default:
		return unknownError(raw)
	}
}

// variant splits serde's JSON form of an enum: "Name", or {"Name": content}.
func variant(raw json.RawMessage) (name string, content json.RawMessage, ok bool) {
	if json.Unmarshal(raw, &name) == nil {
		return name, nil, true
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil || len(object) != 1 {
		return "", nil, false
	}
	for name, content = range object {
	}
	return name, content, true
}

func unknownError(raw json.RawMessage) []byte {
	return append([]byte{0xff, 0xff, 0xff, 0xff}, bytes.TrimSpace(raw)...)
}
