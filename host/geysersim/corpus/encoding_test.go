package corpus_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim/corpus"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// wire writes a transaction as it is sent.
func wire(tx *storagepb.Transaction) []byte {
	var b []byte
	list := func(items [][]byte) {
		b = append(b, compact(len(items))...)
		for _, item := range items {
			b = append(b, item...)
		}
	}
	text := func(item []byte) { b = append(append(b, compact(len(item))...), item...) }
	list(tx.GetSignatures())
	m := tx.GetMessage()
	if m.GetVersioned() {
		b = append(b, 0x80)
	}
	h := m.GetHeader()
	b = append(b, byte(h.GetNumRequiredSignatures()), byte(h.GetNumReadonlySignedAccounts()), byte(h.GetNumReadonlyUnsignedAccounts()))
	list(m.GetAccountKeys())
	b = append(b, m.GetRecentBlockhash()...)
	b = append(b, compact(len(m.GetInstructions()))...)
	for _, in := range m.GetInstructions() {
		b = append(b, byte(in.GetProgramIdIndex()))
		text(in.GetAccounts())
		text(in.GetData())
	}
	if m.GetVersioned() {
		b = append(b, compact(len(m.GetAddressTableLookups()))...)
		for _, l := range m.GetAddressTableLookups() {
			b = append(b, l.GetAccountKey()...)
			text(l.GetWritableIndexes())
			text(l.GetReadonlyIndexes())
		}
	}
	return b
}

func compact(n int) []byte {
	var b []byte
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// A transaction says the same in whatever encoding the node was asked for.
func TestEveryEncodingSaysTheSame(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpusDir(t), "tx", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		want, err := corpus.LoadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b := wire(want[0].Info.GetTransaction())
		for _, form := range []any{
			[]string{base64.StdEncoding.EncodeToString(b), "base64"}, []string{base58.Encode(b), "base58"}, base58.Encode(b),
		} {
			var doc map[string]any
			d := json.NewDecoder(strings.NewReader(string(raw)))
			d.UseNumber()
			if err := d.Decode(&doc); err != nil {
				t.Fatal(err)
			}
			doc["transaction"] = form
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			got, err := corpus.Load(strings.NewReader(string(text)))
			if err != nil || len(got) != 1 {
				t.Fatalf("%s: %d transactions: %v", file, len(got), err)
			}
			if !proto.Equal(got[0].Info, want[0].Info) {
				t.Errorf("%s: differs as %T", file, form)
			}
		}
	}
}

// What is wrong with one transaction of a file does not cost the others, and each is named.
func TestOneBadTransactionCostsNoOther(t *testing.T) {
	bad := small(`"data":"A"`, `"data":"l"`)
	for name, text := range map[string]string{
		"array": `[` + small() + `,{"result":null},` + bad + `,` + small() + `]`,
		"lines": small() + "\n{\"error\":{\"code\":-32009,\"message\":\"Slot 5 was skipped\"}}\n" + bad + "\n" + small(),
		"block": `{"slot":7,"transactions":[` + small() + `,{"transaction":null},` + bad + `,` + small() + `]}`,
		"cut":   small() + small() + bad + `{"slot":`,
	} {
		loaded, err := corpus.Load(strings.NewReader(text))
		if err == nil || len(loaded) != 2 {
			t.Errorf("%s: %d transactions, want 2: %v", name, len(loaded), err)
			continue
		}
		if lines := strings.Split(err.Error(), "\n"); len(lines) != 2 || !strings.Contains(err.Error(), "instructions[0].data") {
			t.Errorf("%s: said %q", name, err)
		}
		if name == "block" && loaded[1].Info.GetIndex() != 3 {
			t.Errorf("the last one of the block is at %d", loaded[1].Info.GetIndex())
		}
	}
	_, err := corpus.Load(strings.NewReader(strings.Repeat("null\n", 9)))
	if err == nil || !strings.Contains(err.Error(), "4 more") {
		t.Errorf("nine bad ones are said as %v", err)
	}
}
