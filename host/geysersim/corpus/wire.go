package corpus

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mr-tron/base58"

	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// encoded reads the forms of a transaction that are one text: ["…", "base64"], ["…", "base58"], and the bare base58 of old nodes.
func encoded(raw json.RawMessage) ([]byte, error) {
	text, encoding := "", "base58"
	if raw[0] == '[' {
		var pair []string
		if err := json.Unmarshal(raw, &pair); err != nil || len(pair) != 2 {
			return nil, errors.New(`want ["…", "base64"]`)
		}
		text, encoding = pair[0], pair[1]
	} else if err := json.Unmarshal(raw, &text); err != nil {
		return nil, err
	}
	var b []byte
	var err error
	switch encoding {
	case "base64":
		b, err = base64.StdEncoding.DecodeString(text)
	case "base58":
		b, err = base58.Decode(text)
	default:
		return nil, fmt.Errorf(`encoding %q is not supported, want "json", "base64" or "base58"`, clip(encoding))
	}
	if err != nil {
		return nil, fmt.Errorf("%q is not %s: %w", clip(text), encoding, err)
	}
	return b, nil
}

// versionBit marks the first byte of a versioned message; the rest of that byte is the version.
const versionBit = 0x80

// wireTransaction reads a transaction in the form in which it is signed and sent. Nothing of b is kept.
func wireTransaction(b []byte) (*storagepb.Transaction, error) {
	r := wireReader{rest: b}
	out := &storagepb.Transaction{Message: &storagepb.Message{Header: &storagepb.MessageHeader{}}}
	for range r.count() {
		out.Signatures = append(out.Signatures, r.take(64))
	}
	m := out.GetMessage()
	first := r.uint8()
	if m.Versioned = first&versionBit != 0; m.GetVersioned() {
		if version := first &^ versionBit; version != 0 && !r.short {
			return nil, fmt.Errorf(`version: %d is not supported, want "legacy" or 0`, version)
		}
		first = r.uint8()
	}
	m.GetHeader().NumRequiredSignatures = uint32(first)
	m.GetHeader().NumReadonlySignedAccounts = uint32(r.uint8())
	m.GetHeader().NumReadonlyUnsignedAccounts = uint32(r.uint8())
	for range r.count() {
		m.AccountKeys = append(m.AccountKeys, r.take(32))
	}
	m.RecentBlockhash = r.take(32)
	for range r.count() {
		m.Instructions = append(m.Instructions, &storagepb.CompiledInstruction{
			ProgramIdIndex: uint32(r.uint8()), Accounts: r.take(r.count()), Data: r.take(r.count()),
		})
	}
	if m.GetVersioned() {
		for range r.count() {
			m.AddressTableLookups = append(m.AddressTableLookups, &storagepb.MessageAddressTableLookup{
				AccountKey: r.take(32), WritableIndexes: r.take(r.count()), ReadonlyIndexes: r.take(r.count()),
			})
		}
	}
	switch {
	case r.short:
		return nil, errors.New("the text is cut: the transaction does not end in it")
	case len(out.GetSignatures()) == 0:
		return nil, errors.New("signatures: empty")
	}
	return out, nil
}

// wireReader reads Solana's wire form. After its end it gives zeros, and short is true.
type wireReader struct {
	rest  []byte
	short bool
}

// take copies n bytes.
func (r *wireReader) take(n int) []byte {
	if n > len(r.rest) {
		r.rest, r.short = nil, true
		return nil
	}
	b := append([]byte{}, r.rest[:n]...)
	r.rest = r.rest[n:]
	return b
}

func (r *wireReader) uint8() byte {
	if len(r.rest) == 0 {
		r.short = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// count reads a length: 7 bits a byte, at most 16 bits. One that is longer than what is left counts as the end.
func (r *wireReader) count() int {
	n := 0
	for shift := 0; shift < 21; shift += 7 {
		b := r.uint8()
		n |= int(b&0x7f) << shift
		if b&0x80 == 0 {
			break
		}
	}
	if n > len(r.rest) {
		r.rest, r.short = nil, true
		return 0
	}
	return n
}
