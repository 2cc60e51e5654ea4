package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// voteProgram runs simple votes.
var voteProgram = dex.MustKey("Vote111111111111111111111111111111111111111")

// info converts one transaction. Errors begin with the path of the field that is wrong.
func (t *transactionJSON) info() (*geyserpb.SubscribeUpdateTransactionInfo, error) {
	tx, err := t.signed()
	if err != nil {
		return nil, err
	}
	if t.Meta == nil {
		return nil, errors.New("meta: missing or null, so nothing says what the transaction did")
	}
	meta, err := t.Meta.convert()
	if err != nil {
		return nil, fmt.Errorf("meta.%w", err)
	}
	if err := lookedUp(tx.GetMessage(), meta); err != nil {
		return nil, fmt.Errorf("meta.%w", err)
	}
	out := &geyserpb.SubscribeUpdateTransactionInfo{
		Signature: tx.GetSignatures()[0], IsVote: simpleVote(tx), Transaction: tx, Meta: meta,
	}
	if t.TransactionIndex != nil {
		out.Index = *t.TransactionIndex
	}
	return out, nil
}

// lookedUp holds the addresses that lookup tables gave against the lookups of the message: with others, every index behind the keys of
// the message would point to a wrong account.
func lookedUp(m *storagepb.Message, meta *storagepb.TransactionStatusMeta) error {
	writable, readonly := 0, 0
	for _, l := range m.GetAddressTableLookups() {
		writable, readonly = writable+len(l.GetWritableIndexes()), readonly+len(l.GetReadonlyIndexes())
	}
	w, r := len(meta.GetLoadedWritableAddresses()), len(meta.GetLoadedReadonlyAddresses())
	if w == writable && r == readonly {
		return nil
	}
	return fmt.Errorf("loadedAddresses: %d writable and %d readonly, the message looks up %d and %d: without them its accounts are not known "+
		"(ask the node again, with maxSupportedTransactionVersion 0)", w, r, writable, readonly)
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

// signed reads the transaction in any encoding but "jsonParsed".
func (t *transactionJSON) signed() (*storagepb.Transaction, error) {
	if isNull(t.Transaction) {
		return nil, errors.New("transaction: missing or null")
	}
	if raw := bytes.TrimSpace(t.Transaction); raw[0] != '{' {
		b, err := encoded(raw)
		if err != nil {
			return nil, fmt.Errorf("transaction: %w", err)
		}
		tx, err := wireTransaction(b)
		if err != nil {
			return nil, fmt.Errorf("transaction: %w", err)
		}
		return tx, nil
	}
	versioned, err := t.versioned()
	if err != nil {
		return nil, err
	}
	var signed signedJSON
	if err := json.Unmarshal(t.Transaction, &signed); err != nil {
		if isParsed(t.Transaction) {
			return nil, errors.New(`transaction.message.accountKeys: objects, so this is encoding "jsonParsed", which leaves out the data of ` +
				`instructions (ask the node again, with encoding "json" or "base64")`)
		}
		return nil, fmt.Errorf("transaction: %w", err)
	}
	if len(signed.Signatures) == 0 {
		return nil, errors.New("transaction.signatures: empty")
	}
	if signed.Message == nil {
		return nil, errors.New("transaction.message: missing or null")
	}
	tx, err := signed.convert(versioned)
	if err != nil {
		return nil, fmt.Errorf("transaction.%w", err)
	}
	return tx, nil
}

// isParsed tells of encoding "jsonParsed" by its keys, which say what they may do.
func isParsed(raw json.RawMessage) bool {
	var parsed struct {
		Message struct {
			AccountKeys []struct {
				Pubkey string `json:"pubkey"`
			} `json:"accountKeys"`
		} `json:"message"`
	}
	// What else differs from the other encodings fails too.
	_ = json.Unmarshal(raw, &parsed)
	return len(parsed.Message.AccountKeys) > 0 && parsed.Message.AccountKeys[0].Pubkey != ""
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

func simpleVote(tx *storagepb.Transaction) bool {
	m := tx.GetMessage()
	if m.GetVersioned() || len(tx.GetSignatures()) > 2 || len(m.GetInstructions()) != 1 {
		return false
	}
	program := m.GetInstructions()[0].GetProgramIdIndex()
	return int(program) < len(m.GetAccountKeys()) && string(m.GetAccountKeys()[program]) == string(voteProgram[:])
}
