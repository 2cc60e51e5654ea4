package corpus

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// voteProgram runs simple votes.
const voteProgram = "Vote111111111111111111111111111111111111111"

// info converts one transaction. Errors begin with the path of the field that is wrong.
func (t *transactionJSON) info() (*geyserpb.SubscribeUpdateTransactionInfo, error) {
	versioned, err := t.versioned()
	if err != nil {
		return nil, err
	}
	signed, err := t.signed()
	if err != nil {
		return nil, err
	}
	tx, err := signed.convert(versioned)
	if err != nil {
		return nil, fmt.Errorf("transaction.%w", err)
	}
	if t.Meta == nil {
		return nil, errors.New("meta: missing or null")
	}
	meta, err := t.Meta.convert()
	if err != nil {
		return nil, fmt.Errorf("meta.%w", err)
	}
	out := &geyserpb.SubscribeUpdateTransactionInfo{
		Signature: tx.GetSignatures()[0], IsVote: simpleVote(signed, versioned), Transaction: tx, Meta: meta,
	}
	if t.TransactionIndex != nil {
		out.Index = *t.TransactionIndex
	}
	return out, nil
}

// versioned reads "legacy", a number, or nothing: RPC leaves the field out unless maxSupportedTransactionVersion was asked for, and
// then the transaction is a legacy one.
func (t *transactionJSON) versioned() (bool, error) {
	switch v := string(bytes.TrimSpace(t.Version)); v {
	case "", "null", `"legacy"`:
		return false, nil
	case "0":
		return true, nil
	default:
		return false, fmt.Errorf(`version: %s is not supported, want "legacy" or 0`, v)
	}
}

func (t *transactionJSON) signed() (*signedJSON, error) {
	if isNull(t.Transaction) {
		return nil, errors.New("transaction: missing or null")
	}
	var signed signedJSON
	if err := json.Unmarshal(t.Transaction, &signed); err != nil {
		return nil, fmt.Errorf(`transaction: %w (only RPC encoding "json" can be read, not "jsonParsed" or "base64")`, err)
	}
	if len(signed.Signatures) == 0 {
		return nil, errors.New("transaction.signatures: empty")
	}
	if signed.Message == nil {
		return nil, errors.New("transaction.message: missing or null")
	}
	return &signed, nil
}

func (s *signedJSON) convert(versioned bool) (*storagepb.Transaction, error) {
	signatures, err := decodeAll("signatures", s.Signatures, 64)
	if err != nil {
		return nil, err
	}
	message, err := s.Message.convert()
	if err != nil {
		return nil, fmt.Errorf("message.%w", err)
	}
	message.Versioned = versioned
	return &storagepb.Transaction{Signatures: signatures, Message: message}, nil
}

func (m *messageJSON) convert() (*storagepb.Message, error) {
	keys, err := decodeAll("accountKeys", m.AccountKeys, 32)
	if err != nil {
		return nil, err
	}
	hash, err := decode("recentBlockhash", m.RecentBlockhash, 32)
	if err != nil {
		return nil, err
	}
	out := &storagepb.Message{
		Header: &storagepb.MessageHeader{
			NumRequiredSignatures:       m.Header.NumRequiredSignatures,
			NumReadonlySignedAccounts:   m.Header.NumReadonlySignedAccounts,
			NumReadonlyUnsignedAccounts: m.Header.NumReadonlyUnsignedAccounts,
		},
		AccountKeys: keys, RecentBlockhash: hash,
	}
	for i, in := range m.Instructions {
		accounts, data, err := in.parts()
		if err != nil {
			return nil, fmt.Errorf("instructions[%d].%w", i, err)
		}
		out.Instructions = append(out.Instructions, &storagepb.CompiledInstruction{
			ProgramIdIndex: in.ProgramIDIndex, Accounts: accounts, Data: data,
		})
	}
	for i, l := range m.AddressTableLookups {
		lookup, err := l.convert()
		if err != nil {
			return nil, fmt.Errorf("addressTableLookups[%d].%w", i, err)
		}
		out.AddressTableLookups = append(out.AddressTableLookups, lookup)
	}
	return out, nil
}

func (l *lookupJSON) convert() (*storagepb.MessageAddressTableLookup, error) {
	key, err := decode("accountKey", l.AccountKey, 32)
	if err != nil {
		return nil, err
	}
	writable, err := indexes("writableIndexes", l.WritableIndexes)
	if err != nil {
		return nil, err
	}
	readonly, err := indexes("readonlyIndexes", l.ReadonlyIndexes)
	if err != nil {
		return nil, err
	}
	return &storagepb.MessageAddressTableLookup{AccountKey: key, WritableIndexes: writable, ReadonlyIndexes: readonly}, nil
}

func (in *instructionJSON) parts() (accounts, data []byte, err error) {
	if accounts, err = indexes("accounts", in.Accounts); err != nil {
		return nil, nil, err
	}
	if data, err = decode("data", in.Data, -1); err != nil {
		return nil, nil, err
	}
	return accounts, data, nil
}

func simpleVote(s *signedJSON, versioned bool) bool {
	m := s.Message
	return !versioned && len(s.Signatures) <= 2 && len(m.Instructions) == 1 &&
		int(m.Instructions[0].ProgramIDIndex) < len(m.AccountKeys) && m.AccountKeys[m.Instructions[0].ProgramIDIndex] == voteProgram
}

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
