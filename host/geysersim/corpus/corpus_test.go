package corpus_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim/corpus"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// corpusDir finds the folder of real transactions, which is not part of the repository.
func corpusDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("WEIR_CORPUS")
	if dir == "" {
		root, err := filepath.Abs(".")
		if err != nil {
			t.Fatal(err)
		}
		for ; root != filepath.Dir(root); root = filepath.Dir(root) {
			if _, err := os.Stat(filepath.Join(root, "go.work")); err == nil {
				break
			}
		}
		dir = filepath.Join(root, "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus of real transactions: %v (set WEIR_CORPUS)", err)
	}
	return dir
}

// messageBytes serialises a message as Solana signs it: the other direction of what the loader does, from the wire form alone.
func messageBytes(m *storagepb.Message) []byte {
	var b []byte
	length := func(n int) {
		for ; n > 0x7f; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		b = append(b, byte(n))
	}
	if m.GetVersioned() {
		b = append(b, 0x80)
	}
	h := m.GetHeader()
	b = append(b, byte(h.GetNumRequiredSignatures()), byte(h.GetNumReadonlySignedAccounts()), byte(h.GetNumReadonlyUnsignedAccounts()))
	length(len(m.GetAccountKeys()))
	for _, k := range m.GetAccountKeys() {
		b = append(b, k...)
	}
	b = append(b, m.GetRecentBlockhash()...)
	length(len(m.GetInstructions()))
	for _, in := range m.GetInstructions() {
		b = append(b, byte(in.GetProgramIdIndex()))
		length(len(in.GetAccounts()))
		b = append(b, in.GetAccounts()...)
		length(len(in.GetData()))
		b = append(b, in.GetData()...)
	}
	if !m.GetVersioned() {
		return b
	}
	length(len(m.GetAddressTableLookups()))
	for _, l := range m.GetAddressTableLookups() {
		b = append(b, l.GetAccountKey()...)
		length(len(l.GetWritableIndexes()))
		b = append(b, l.GetWritableIndexes()...)
		length(len(l.GetReadonlyIndexes()))
		b = append(b, l.GetReadonlyIndexes()...)
	}
	return b
}

// The signatures of the chain itself prove that no byte of any message was changed on the way in.
func TestEverySignatureOfTheCorpusHolds(t *testing.T) {
	blocks, err := corpus.LoadDir(corpusDir(t))
	if err != nil {
		t.Fatal(err)
	}
	transactions, last := 0, uint64(0)
	for _, block := range blocks.All() {
		if block.Slot <= last {
			t.Errorf("slot %d comes after %d", block.Slot, last)
		}
		if block.Parent != 0 && block.Parent != last {
			t.Errorf("slot %d has parent %d, which is not the block before it, %d", block.Slot, block.Parent, last)
		}
		last = block.Slot
		for _, tx := range block.Transactions {
			transactions++
			message := tx.Info.GetTransaction().GetMessage()
			signed := messageBytes(message)
			for i, signature := range tx.Info.GetTransaction().GetSignatures() {
				if !ed25519.Verify(message.GetAccountKeys()[i], signed, signature) {
					t.Errorf("slot %d, %s: signature %d does not hold", block.Slot, base58.Encode(tx.Info.GetSignature()), i)
				}
			}
			keys := len(message.GetAccountKeys()) + len(tx.Info.GetMeta().GetLoadedWritableAddresses()) +
				len(tx.Info.GetMeta().GetLoadedReadonlyAddresses())
			if keys != len(tx.Info.GetMeta().GetPostBalances()) {
				t.Errorf("%s: %d keys, %d balances", base58.Encode(tx.Info.GetSignature()), keys, len(tx.Info.GetMeta().GetPostBalances()))
			}
		}
	}
	if transactions < 1000 {
		t.Errorf("only %d transactions were loaded", transactions)
	}
	t.Logf("%d transactions in %d blocks", transactions, len(blocks.All()))
}

// What is not signed (the result) is compared with the JSON value by value.
func TestResultsEqualTheirJSON(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpusDir(t), "tx", "*.json"))
	if err != nil || len(files) < 200 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want struct {
			Slot *uint64
			Meta struct {
				Err                                 any
				Fee                                 uint64
				PreBalances, PostBalances           []uint64
				ComputeUnitsConsumed                *uint64
				LogMessages                         []string
				ReturnData                          any
				PreTokenBalances, PostTokenBalances []map[string]any
				InnerInstructions                   []struct{ Instructions []map[string]any }
				LoadedAddresses                     struct{ Writable, Readonly []string }
			}
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		loaded, err := corpus.LoadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		got := loaded[0]
		meta := got.Info.GetMeta()
		check := func(ok bool, what string) {
			t.Helper()
			if !ok {
				t.Errorf("%s: %s differs", filepath.Base(file), what)
			}
		}
		check(got.SlotKnown == (want.Slot != nil) && (want.Slot == nil || *want.Slot == got.Slot), "slot")
		check((want.Meta.Err != nil) == (len(meta.GetErr().GetErr()) > 0), "err")
		check(meta.GetFee() == want.Meta.Fee, "fee")
		check(equal(meta.GetPreBalances(), want.Meta.PreBalances) && equal(meta.GetPostBalances(), want.Meta.PostBalances), "balances")
		check(equal(meta.GetLogMessages(), want.Meta.LogMessages), "logs")
		check(equal(meta.ComputeUnitsConsumed, want.Meta.ComputeUnitsConsumed), "compute units")
		check((want.Meta.ReturnData == nil) == meta.GetReturnDataNone(), "return data")
		check(equal(texts(meta.GetLoadedWritableAddresses()), want.Meta.LoadedAddresses.Writable), "loaded writable")
		check(equal(texts(meta.GetLoadedReadonlyAddresses()), want.Meta.LoadedAddresses.Readonly), "loaded readonly")
		check(equal(balances(meta.GetPreTokenBalances()), amounts(want.Meta.PreTokenBalances)), "token balances before")
		check(equal(balances(meta.GetPostTokenBalances()), amounts(want.Meta.PostTokenBalances)), "token balances after")
		var inner []map[string]any
		for _, group := range want.Meta.InnerInstructions {
			inner = append(inner, group.Instructions...)
		}
		n := 0
		for _, group := range meta.GetInnerInstructions() {
			for _, in := range group.GetInstructions() {
				check(base58.Encode(in.GetData()) == inner[n]["data"], "inner data")
				height, known := inner[n]["stackHeight"].(float64)
				check(known == (in.StackHeight != nil) && float64(in.GetStackHeight()) == height, "stack height")
				n++
			}
		}
		check(n == len(inner), "number of inner instructions")
	}
}

func equal(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	empty := func(s []byte) bool { return string(s) == "null" || string(s) == "[]" }
	return bytes.Equal(x, y) || empty(x) && empty(y)
}

func texts(keys [][]byte) []string {
	var out []string
	for _, k := range keys {
		out = append(out, base58.Encode(k))
	}
	return out
}

func balances(in []*storagepb.TokenBalance) []string {
	var out []string
	for _, b := range in {
		out = append(out, strings.Join([]string{b.GetMint(), b.GetOwner(), b.GetProgramId(), b.GetUiTokenAmount().GetAmount()}, " "))
	}
	return out
}

func amounts(in []map[string]any) []string {
	text := func(v any) string { s, _ := v.(string); return s }
	var out []string
	for _, b := range in {
		amount, _ := b["uiTokenAmount"].(map[string]any)
		out = append(out, strings.Join([]string{text(b["mint"]), text(b["owner"]), text(b["programId"]), text(amount["amount"])}, " "))
	}
	return out
}

const key = "So11111111111111111111111111111111111111112"

// small is a whole transaction; REPLACE lets a test break one field.
func small(replace ...string) string {
	s := `{"slot":7,"blockTime":null,"transaction":{"signatures":["` + strings.Repeat("1", 64) + `"],"message":{"accountKeys":["` + key +
		`"],"header":{"numRequiredSignatures":1},"recentBlockhash":"` + key + `","instructions":[{"programIdIndex":0,"accounts":[0],` +
		`"data":"A"}]}},"meta":{"err":null,"fee":5,"innerInstructions":null,"logMessages":null}}`
	return strings.NewReplacer(replace...).Replace(s)
}

func TestLoadAcceptsTheFormsThatToolsWrite(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, small())
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		text string
		n    int
	}{
		"bare":       {small(), 1},
		"envelope":   {`{"jsonrpc":"2.0","id":1,"result":` + small() + `}`, 1},
		"array":      {`[` + small() + `,{"result":` + small() + `}]`, 2},
		"json lines": {small() + "\n" + small() + "\n", 2},
		"gzip":       {zipped.String(), 1},
		"with mark":  {"\ufeff" + small(), 1},
		"block":      {`{"slot":7,"parentSlot":6,"transactions":[` + small() + `,` + small() + `]}`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			loaded, err := corpus.Load(strings.NewReader(tc.text))
			if err != nil || len(loaded) != tc.n {
				t.Fatalf("%d transactions, want %d: %v", len(loaded), tc.n, err)
			}
			one := loaded[0]
			meta := one.Info.GetMeta()
			if one.Slot != 7 || !one.SlotKnown || one.BlockTime != nil || meta.GetFee() != 5 {
				t.Errorf("got %+v", one)
			}
			if !meta.GetInnerInstructionsNone() || !meta.GetLogMessagesNone() || !meta.GetReturnDataNone() {
				t.Errorf("null lists are not said to be missing: %v", meta)
			}
		})
	}
}

func TestErrorsNameFileAndField(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"cut":       {small()[:100], "read JSON"},
		"empty":     {"", "no transaction"},
		"other":     {`{"a":1}`, "transaction: missing"},
		"unknown":   {`{"result":null}`, "result: null"},
		"rpc error": {`{"error":{"code":-32007}}`, "-32007"},
		"key":       {small(`["`+key+`"]`, `["0OIl"]`), "transaction.message.accountKeys[0]"},
		"short key": {small(`["`+key+`"]`, `["So1"]`), "transaction.message.accountKeys[0]"},
		"parsed":    {small(`["`+key+`"]`, `[{"pubkey":"x"}]`), `"jsonParsed", which leaves out`},
		"base64":    {`{"transaction":["AQ==","base64"],"meta":{}}`, "transaction: the text is cut"},
		"zstd":      {`{"transaction":["AQ==","base64+zstd"],"meta":{}}`, `encoding "base64+zstd"`},
		"not text":  {`{"transaction":["?","base64"],"meta":{}}`, `"?" is not base64`},
		"message":   {`{"error":{"code":-32015,"message":"` + strings.Repeat("long ", 20) + `end"}}`, "-32015 long long"},
		"whole":     {`{"error":{"code":-32015,"message":"` + strings.Repeat("long ", 20) + `end"}}`, "end"},
		"null":      {`null`, "did not know the transaction"},
		"number":    {`5`, "found 5"},
		"text":      {"hello", "what getTransaction or getBlock answers"},
		"not whole": {small() + small()[:100], "the file is cut"},
		"lookups": {small(`"instructions":[`, `"addressTableLookups":[{"accountKey":"`+key+`","writableIndexes":[1,2],"readonlyIndexes":[]}],"instructions":[`,
			`"slot":7`, `"version":0`), "meta.loadedAddresses: 0 writable and 0 readonly, the message looks up 2 and 0"},
		"index":    {small(`"accounts":[0]`, `"accounts":[256]`), "instructions[0].accounts[0]"},
		"data":     {small(`"data":"A"`, `"data":"0"`), "instructions[0].data"},
		"version":  {small(`"slot":7`, `"version":3`), "version: 3"},
		"meta":     {`{"transaction":` + between(small(), `"transaction":`, `,"meta"`) + `,"meta":null}`, "meta: missing"},
		"fee":      {small(`"fee":5`, `"fee":-1`), "fee"},
		"in array": {`[` + small() + `,` + small(`"data":"A"`, `"data":"l"`) + `]`, "[1]: transaction.message.instructions[0].data"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "one.json")
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := corpus.LoadFile(file)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), file) {
				t.Errorf("error %v, want one with %q and the file", err, tc.want)
			}
		})
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func TestTransactionErrorsAreBincode(t *testing.T) {
	for text, want := range map[string]string{
		`"AccountNotFound"`:                                  "02000000",
		`{"InstructionError":[2,{"Custom":6001}]}`:           "08000000" + "02" + "19000000" + "71170000",
		`{"InstructionError":[3,"ProgramFailedToComplete"]}`: "08000000" + "03" + "28000000",
		`{"InstructionError":[0,"InvalidArgument"]}`:         "08000000" + "00" + "01000000",
		`{"InstructionError":[1,{"BorshIoError":"ab"}]}`:     "08000000" + "01" + "2c000000" + "0200000000000000" + "6162",
		`{"InsufficientFundsForRent":{"account_index":4}}`:   "1f000000" + "04",
		`{"DuplicateInstruction":9}`:                         "1e000000" + "09",
		`"SomethingNew"`:                                     "ffffffff" + hex.EncodeToString([]byte(`"SomethingNew"`)),
		`{"InstructionError":[1,{"SomethingNew":{"a":1}}]}`:  "ffffffff" + hex.EncodeToString([]byte(`{"InstructionError":[1,{"SomethingNew":{"a":1}}]}`)),
		`{"InstructionError":["a"]}`:                         "ffffffff" + hex.EncodeToString([]byte(`{"InstructionError":["a"]}`)),
	} {
		loaded, err := corpus.Load(strings.NewReader(small(`"err":null`, `"err":`+text)))
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(loaded[0].Info.GetMeta().GetErr().GetErr()); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestBlocksGroupBySlotAndKeepTheUnknownForLast(t *testing.T) {
	text := func(slot, letter string) string {
		return small(`"slot":7`, slot, strings.Repeat("1", 64), strings.Repeat("1", 63)+letter)
	}
	all, err := corpus.Load(strings.NewReader(
		text(`"slot":9`, "2") + text(`"x":0`, "3") + text(`"slot":4,"transactionIndex":5`, "4") + text(`"slot":4`, "5") +
			text(`"slot":9`, "2") + text(`"slot":4,"transactionIndex":2`, "6")))
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		slot, index uint64
		last        byte
	}
	var got []row
	blocks := corpus.NewBlocks(all)
	for {
		block, err := blocks.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		for _, tx := range block.Transactions {
			got = append(got, row{block.Slot, tx.Info.GetIndex(), tx.Info.GetSignature()[63]})
		}
	}
	want := []row{{4, 2, 5}, {4, 5, 3}, {4, 6, 4}, {9, 0, 1}, {10, 0, 2}}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(`{"transaction":["AQ==","base64"],"meta":{}}`)
	f.Add(`{"transaction":"3x","meta":{}}`)
	f.Add(small())
	f.Add(`{"result":[[` + small() + `]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		loaded, err := corpus.Load(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, l := range loaded {
			if len(l.Info.GetSignature()) != 64 {
				t.Fatalf("a signature of %d bytes was accepted", len(l.Info.GetSignature()))
			}
		}
	})
}
