package corpus

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"

	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// indexes turns account indexes into the wire's form, one byte each.
func indexes(field string, in []uint16) ([]byte, error) {
	out := make([]byte, len(in))
	for i, n := range in {
		if n > 255 {
			return nil, fmt.Errorf("%s[%d]: index %d does not fit a byte", field, i, n)
		}
		out[i] = byte(n)
	}
	return out, nil
}

// decode reads base58 text of the given number of bytes, or of any with size -1.
func decode(field, text string, size int) ([]byte, error) {
	if text == "" && size <= 0 {
		return []byte{}, nil
	}
	b, err := base58.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %q is not base58: %w", field, clip(text), err)
	}
	if size >= 0 && len(b) != size {
		return nil, fmt.Errorf("%s: %q holds %d bytes, want %d", field, clip(text), len(b), size)
	}
	return b, nil
}

func decodeAll(field string, texts []string, size int) ([][]byte, error) {
	out := make([][]byte, len(texts))
	for i, text := range texts {
		b, err := decode(fmt.Sprintf("%s[%d]", field, i), text, size)
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

func decodeReturn(r *returnJSON) (*storagepb.ReturnData, error) {
	program, err := decode("programId", r.ProgramID, 32)
	if err != nil {
		return nil, err
	}
	out := &storagepb.ReturnData{ProgramId: program}
	if len(r.Data) == 0 {
		return out, nil
	}
	if len(r.Data) == 2 && r.Data[1] != "base64" {
		return nil, fmt.Errorf("data[1]: encoding %q is not supported, want base64", r.Data[1])
	}
	if out.Data, err = base64.StdEncoding.DecodeString(r.Data[0]); err != nil {
		return nil, fmt.Errorf("data[0]: %w", err)
	}
	return out, nil
}

func isNull(raw json.RawMessage) bool {
	s := strings.TrimSpace(string(raw))
	return s == "" || s == "null"
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
