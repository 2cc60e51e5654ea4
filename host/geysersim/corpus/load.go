// Package corpus reads transactions as Solana's RPC prints them (getTransaction and getBlock, encoding json) and gives them in the
// form in which a Yellowstone server sends them, one by one or as the blocks of a geysersim.Source.
package corpus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Loaded is one transaction that was read.
type Loaded struct {
	// Slot is where it was executed; 0 when the file does not say, and then SlotKnown is false.
	Slot      uint64
	SlotKnown bool
	// IndexKnown says that Info.Index is its place in the block; getTransaction tells it only on new nodes.
	IndexKnown bool
	// BlockTime is Unix seconds, nil when the file does not say.
	BlockTime *int64
	// Info is what a Yellowstone server would send.
	Info *geyserpb.SubscribeUpdateTransactionInfo
	// header is the block it was read in, nil for getTransaction.
	header *blockJSON
}

// Load reads getTransaction results: one, an array of them, several one after another (JSON lines), each bare or in its JSON-RPC
// envelope {"result": …}; gzip is taken apart. The transaction itself may be in encoding json, base64 or base58. A getBlock result gives
// its transactions, with the index counted from 0 and with the slot unknown unless the object has a "slot" (RPC does not put one).
// With an error, which names the fields, it gives the transactions that it could read.
func Load(r io.Reader) ([]Loaded, error) {
	b := bufio.NewReader(r)
	if magic, _ := b.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("open gzip: %w", err)
		}
		defer func() { _ = z.Close() }() // nothing was written
		b = bufio.NewReader(z)
	}
	if mark, _ := b.Peek(len(byteOrderMark)); string(mark) == byteOrderMark { // editors put it there
		_, _ = b.Discard(len(byteOrderMark)) // they were seen
	}
	return loadAll(b)
}

const byteOrderMark = "\ufeff"

func loadAll(r io.Reader) ([]Loaded, error) {
	var out []Loaded
	var wrong problems
	for d := json.NewDecoder(r); ; {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			wrong.add(notJSON(err, d.InputOffset()))
			break
		}
		loaded, err := loadValue(raw)
		wrong.add(err)
		out = append(out, loaded...)
	}
	if len(out) == 0 && len(wrong.first) == 0 {
		return nil, errors.New("no transaction in it")
	}
	return out, wrong.err()
}

// notJSON says why a file cannot be read on, at is how far it could.
func notJSON(err error, at int64) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("read JSON from byte %d: it ends within a value, so the file is cut", at)
	case errors.As(err, &syntax):
		return fmt.Errorf("read JSON at byte %d: %w (want what getTransaction or getBlock answers, as JSON)", at, err)
	default:
		return fmt.Errorf("read JSON at byte %d: %w", at, err)
	}
}

// loadValue tells the accepted forms apart by their keys.
func loadValue(raw json.RawMessage) ([]Loaded, error) {
	raw = bytes.TrimSpace(raw)
	switch {
	case raw[0] == '[':
		return loadArray(raw)
	case isNull(raw):
		return nil, errUnknown
	case raw[0] != '{':
		return nil, fmt.Errorf("want what getTransaction or getBlock answers, found %s", clip(string(raw)))
	}
	var keys struct {
		Result       json.RawMessage `json:"result"`
		Error        json.RawMessage `json:"error"`
		Transactions json.RawMessage `json:"transactions"`
		Transaction  json.RawMessage `json:"transaction"`
	}
	if err := json.Unmarshal(raw, &keys); err != nil {
		return nil, err
	}
	switch {
	case keys.Transaction != nil:
		one, err := loadTransaction(raw)
		if err != nil {
			return nil, err
		}
		return []Loaded{one}, nil
	case keys.Transactions != nil:
		return loadBlock(raw)
	case !isNull(keys.Error):
		return nil, fmt.Errorf("error: the node answered with an error, not with a transaction: %s", said(keys.Error))
	case keys.Result != nil:
		return within("result", keys.Result)
	default:
		return nil, errors.New("transaction: missing (want what getTransaction or getBlock answers, getBlock with transactionDetails full)")
	}
}

var errUnknown = errors.New("null, the node did not know the transaction (others may, or later)")

// said is the text of an RPC error.
func said(raw json.RawMessage) string {
	var e struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	const most = 500
	if json.Unmarshal(raw, &e) != nil || e.Message == "" {
		return string(raw[:min(len(raw), most)])
	}
	return fmt.Sprintf("%d %s", e.Code, e.Message[:min(len(e.Message), most)])
}

func loadArray(raw json.RawMessage) ([]Loaded, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	var out []Loaded
	var wrong problems
	for i, item := range items {
		loaded, err := within(fmt.Sprintf("[%d]", i), item)
		wrong.add(err)
		out = append(out, loaded...)
	}
	return out, wrong.err()
}

func within(path string, raw json.RawMessage) ([]Loaded, error) {
	loaded, err := loadValue(raw)
	if err != nil {
		return loaded, fmt.Errorf("%s: %w", path, err)
	}
	return loaded, nil
}

func loadTransaction(raw json.RawMessage) (Loaded, error) {
	var t transactionJSON
	if err := json.Unmarshal(raw, &t); err != nil {
		return Loaded{}, err
	}
	return t.loaded()
}

func (t *transactionJSON) loaded() (Loaded, error) {
	info, err := t.info()
	if err != nil {
		return Loaded{}, err
	}
	out := Loaded{BlockTime: t.BlockTime, Info: info, IndexKnown: t.TransactionIndex != nil}
	if t.Slot != nil {
		out.Slot, out.SlotKnown = *t.Slot, true
	}
	return out, nil
}

func loadBlock(raw json.RawMessage) ([]Loaded, error) {
	header := new(blockJSON)
	if err := json.Unmarshal(raw, header); err != nil {
		return nil, err
	}
	out := make([]Loaded, 0, len(header.Transactions))
	var wrong problems
	for i := range header.Transactions {
		one, err := header.Transactions[i].loaded()
		if err != nil {
			wrong.add(fmt.Errorf("transactions[%d].%w", i, err))
			continue
		}
		one.header, one.BlockTime = header, header.BlockTime
		one.Info.Index, one.IndexKnown = uint64(i), true
		if header.Slot != nil {
			one.Slot, one.SlotKnown = *header.Slot, true
		}
		out = append(out, one)
	}
	header.Transactions = nil // they would keep the JSON text alive
	return out, wrong.err()
}

// partName is how parts of blocks are named: slot, first and last index in the block.
var partName = regexp.MustCompile(`^block-(\d+)-tx(\d+)-\d+\.json`)

// LoadFile is Load of a file; errors name the file and the field. A getBlock result in a file called block-SLOT-txFIRST-LAST.json
// (or .json.gz) gets its slot and the index of its first transaction from that name.
func LoadFile(path string) ([]Loaded, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, fmt.Errorf("%s: is a folder: name the files in it, as %s", path, filepath.Join(path, "*.json"))
	}
	out, err := Load(f)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if named := nameSlot(path, out); named != nil {
		return nil, named
	}
	return out, err
}

// nameSlot gives the transactions of a part of a block what the file's name says.
func nameSlot(path string, out []Loaded) error {
	part := partName.FindStringSubmatch(filepath.Base(path))
	if part == nil {
		return nil
	}
	slot, slotErr := strconv.ParseUint(part[1], 10, 64)
	first, firstErr := strconv.ParseUint(part[2], 10, 64)
	if err := errors.Join(slotErr, firstErr); err != nil {
		return fmt.Errorf("%s: read slot and index from its name: %w", path, err)
	}
	for i := range out {
		if out[i].header != nil && !out[i].SlotKnown {
			out[i].Slot, out[i].SlotKnown = slot, true
			out[i].Info.Index += first
		}
	}
	return nil
}
