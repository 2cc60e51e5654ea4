package e2e_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// unknownProgram is one that Weir has no decoder for.
var unknownProgram = []byte(strings.Repeat("unknown!", 4))

// bumps is a chain in which each block calls the unknown program once, with the number of the block.
type bumps struct{ n uint64 }

func (b *bumps) Next(context.Context) (*geysersim.Block, error) {
	b.n++
	signature := make([]byte, 64)
	binary.LittleEndian.PutUint64(signature, b.n)
	data := binary.LittleEndian.AppendUint64([]byte{9}, b.n)
	info := &geyserpb.SubscribeUpdateTransactionInfo{
		Signature: signature,
		Transaction: &storagepb.Transaction{Signatures: [][]byte{signature}, Message: &storagepb.Message{
			Header:       &storagepb.MessageHeader{NumRequiredSignatures: 1},
			AccountKeys:  [][]byte{[]byte(strings.Repeat("payer...", 4)), unknownProgram},
			Instructions: []*storagepb.CompiledInstruction{{ProgramIdIndex: 1, Accounts: []byte{0}, Data: data}},
		}},
		Meta: &storagepb.TransactionStatusMeta{PreBalances: []uint64{1, 1}, PostBalances: []uint64{1, 1}},
	}
	return &geysersim.Block{Slot: 1000 + b.n, Parent: 999 + b.n, Transactions: []geysersim.Transaction{{Info: info}}}, nil
}

const bumpIDL = `{"address": %q, "instructions": [{"name": "bump", "discriminator": [9], "accounts": [{"name": "payer"}], "args": [{"name": "n", "type": "u64"}]}]}`

// TestDroppedInIDL drops an IDL into the folder of a running daemon: its program is subscribed and decoded, and a plugin reports it. A
// broken one is refused by name, a plugin that does not come up does not stand in the way, and taken away nothing comes any more.
func TestDroppedInIDL(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("go", "build", "-o", bin+"/weir-counter", "./testdata/counter").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	server := geysersim.New(geysersim.Options{Source: &bumps{}, SlotDuration: 50 * time.Millisecond, ReplaySlots: 400})
	c := &chain{server: server}
	c.listen(t, "127.0.0.1:0")
	dir := t.TempDir()
	data, idls := filepath.Join(dir, "data"), filepath.Join(dir, "idls")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, dud := filepath.Join(dir, "weir.yaml"), filepath.Join(dir, "dud")
	if err := os.WriteFile(dud, []byte("#!/bin/sh\nexec sleep 60\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	write(file, fmt.Sprintf("data_dir: %s\nidl_dir: %s\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: counter}, {name: dud, path: %s}]\n", data, idls, c.url, dud))
	if code, _, stderr := run(t, "check", "--config", file); code != 2 || !strings.Contains(stderr, "idl_dir") {
		t.Fatalf("check without the folder: exit code %d, %s", code, stderr)
	}
	if err := os.Mkdir(idls, 0o700); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	eventually(t, 10*time.Second, "the stream is open", func() bool { return strings.Contains(p.err.String(), "stream open") })

	write(filepath.Join(idls, "broken.json"), `{"address": "nonsense"}`)
	write(filepath.Join(idls, "bump.json"), fmt.Sprintf(bumpIDL, base58.Encode(unknownProgram)))
	var events []event
	eventually(t, 15*time.Second, "ten events of the program", func() bool {
		events = readEvents(t, data)
		return len(events) >= 10
	})
	for i, e := range events {
		if e.Kind != "bumped" || e.Instance != "counter" || i > 0 && e.Cause == events[i-1].Cause {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	_, status, _ := run(t, "status", "--data-dir", data)
	for _, want := range []string{"idl", "1 programs", "! IDL refused: " + filepath.Join(idls, "broken.json")} {
		if !strings.Contains(status, want) {
			t.Errorf("weir status lacks %q:\n%s", want, status)
		}
	}
	if code, _, stderr := run(t, "check", "--config", file); code != 2 || !strings.Contains(stderr, "broken.json") {
		t.Errorf("check: exit code %d, %s", code, stderr)
	}

	if err := os.Remove(filepath.Join(idls, "bump.json")); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the program is no longer subscribed", func() bool {
		before := len(readEvents(t, data))
		time.Sleep(500 * time.Millisecond)
		return len(readEvents(t, data)) == before
	})
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}
