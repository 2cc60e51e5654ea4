package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"go.uber.org/goleak"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/geysersim/replay"
	"github.com/weir-run/weir/host/internal/capture"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// some is the first blocks of a market.
type some struct {
	market *market.Market
	left   int
}

func (s *some) Next(ctx context.Context) (*geysersim.Block, error) {
	if s.left--; s.left < 0 {
		return nil, io.EOF
	}
	return s.market.Next(ctx)
}

// serve plays blocks on a port of this machine.
func serve(t *testing.T, o geysersim.Options) (*geysersim.Server, string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := geysersim.New(o)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-done); err != nil {
			t.Error(err)
		}
	})
	return server, "http://" + listener.Addr().String()
}

// fact is what a record and the truth of the market both say of a trade.
type fact struct{ Signature, Mint, Side, Base string }

func factsOfRecords(t *testing.T, lines string) (out []fact) {
	t.Helper()
	for line := range strings.Lines(lines) {
		var r struct {
			Signature string
			Trade     *struct {
				Mint, Side string
				Base       string `json:"base_amount"`
			}
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if r.Trade != nil {
			out = append(out, fact{r.Signature, r.Trade.Mint, strings.ToLower(strings.TrimPrefix(r.Trade.Side, "SIDE_")), r.Trade.Base})
		}
	}
	return out
}

func factsOfTruth(truth []geysersim.Truth) (out []fact) {
	for _, f := range truth {
		if f.Kind == geysersim.TruthTrade {
			out = append(out, fact{f.Signature, f.Mint, f.Side, strconv.FormatUint(f.BaseAmount, 10)})
		}
	}
	return out
}

// Who is refused for his token tries again under the same name.
func TestRecordLeavesNoEmptyFile(t *testing.T) {
	_, url := serve(t, geysersim.Options{Source: &some{market.New(market.Options{Seed: 4}), 4}, Tokens: []string{"another"}})
	file := filepath.Join(t.TempDir(), "x.weircap")
	code, _, stderr := weir(t, "record", "--url", url, "--for", "3s", file)
	if code != 1 || !strings.Contains(stderr, "was refused") {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of nothing is there: %v", err)
	}
}

// record records into a file until the server has sent all of its market.
func record(t *testing.T, server *geysersim.Server, args ...string) (stderr string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer stop()
	watch.Go(func() {
		sent, since := uint64(0), time.Now()
		for ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
			now := server.Served().Bytes
			if over, _ := server.Ended(); !over || now != sent {
				sent, since = now, time.Now()
			}
			if time.Since(since) > time.Second {
				stop()
			}
		}
	})
	code, _, stderr := weirUntil(ctx, append([]string{"record"}, args...)...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	return stderr
}

// A stream is recorded, decoded from the capture, reported on and played again; each time with what the market did.
func TestRecordDecodeAndReplay(t *testing.T) {
	server, url := serve(t, geysersim.Options{
		Source: &some{market.New(market.Options{Seed: 4}), 40}, SlotDuration: 20 * time.Millisecond, KeepTruth: true,
	})
	file := filepath.Join(t.TempDir(), "x.weircap")
	if stderr := record(t, server, "--url", url, "--rotate", "300KiB", file); !strings.Contains(stderr, "recorded") {
		t.Errorf("it says %s", stderr)
	}
	truth := factsOfTruth(server.TruthSoFar())
	if len(truth) < 100 {
		t.Fatalf("the market did %d trades: the test is worth nothing", len(truth))
	}
	files := capture.Parts(file)
	if len(files) < 2 {
		t.Errorf("no part was begun: %v", files)
	}

	code, records, stderr := weir(t, append([]string{"decode"}, files...)...)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if got := factsOfRecords(t, records); !slices.Equal(got, truth) {
		t.Errorf("%d trades in the capture, %d in the market, or others", len(got), len(truth))
	}

	code, text, _ := weir(t, append([]string{"decode", "--report", "--json"}, files...)...)
	var report struct {
		Transactions uint64
		Programs     []programReport
	}
	if err := json.Unmarshal([]byte(text), &report); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v: %s", code, err, text)
	}
	for _, p := range report.Programs[:3] {
		if p.Seen == 0 || p.Exact == nil || *p.Exact != 1 || p.Unresolved+p.Disagreement+p.Malformed+p.UnknownTail != 0 {
			t.Errorf("report of %s: %+v", p.Program, p)
		}
	}
	if _, table, _ := weir(t, append([]string{"decode", "--report"}, files...)...); !strings.Contains(table, "pumpswap") || !strings.Contains(table, "100.00%") {
		t.Errorf("table:\n%s", table)
	}

	played, err := simCommand{Capture: file}.source()
	source, ok := played.(*replay.Source)
	if err != nil || !ok {
		t.Fatalf("source %T, %v", played, err)
	}
	defer source.Close()
	transactions := 0
	for {
		b, err := source.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if b.Time == 0 || b.Hash == "" || b.Parent == 0 || b.Height == 0 {
			t.Errorf("block %d lacks what its meta says: %+v", b.Slot, b)
		}
		transactions += len(b.Transactions)
	}
	if s := source.Stats(); s.Slots != 40 || s.Late+s.Duplicates+s.Malformed+s.Dead != 0 || uint64(transactions) != report.Transactions {
		t.Errorf("replayed %d transactions, the capture holds %d; %+v", transactions, report.Transactions, s)
	}
}

// The recorder resumes a broken stream: the capture has everything, some of it twice, and decode gives it once.
func TestRecordSurvivesABrokenStream(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs in real time")
	}
	server, url := serve(t, geysersim.Options{
		Source: &some{market.New(market.Options{Seed: 5}), 100}, SlotDuration: 20 * time.Millisecond, KeepTruth: true,
	})
	file := filepath.Join(t.TempDir(), "x.weircap")
	go func() {
		for range 2 {
			time.Sleep(700 * time.Millisecond)
			server.ResetConnections()
		}
	}()
	record(t, server, "--url", url, file)
	_, records, _ := weir(t, "decode", file)
	got, want := factsOfRecords(t, records), factsOfTruth(server.TruthSoFar())
	slices.SortFunc(got, compareFacts)
	slices.SortFunc(want, compareFacts)
	if !slices.Equal(got, want) {
		t.Errorf("%d trades in the capture, %d in the market, or others", len(got), len(want))
	}
}

func compareFacts(a, b fact) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }

func TestRecordRefuses(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "there.weircap")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"existing file": {[]string{"--url", "http://127.0.0.1:1", there}, "exists already"},
		"bad program":   {[]string{"--url", "http://127.0.0.1:1", "--program", "nonsense", filepath.Join(dir, "x")}, `program "nonsense" is neither`},
		"commitment":    {[]string{"--url", "http://127.0.0.1:1", "--commitment", "certain", filepath.Join(dir, "x")}, `commitment "certain" is not known`},
		"token":         {[]string{"--url", "http://127.0.0.1:1", "--token-env", "WEIR_TEST_NO_SUCH", filepath.Join(dir, "x")}, "WEIR_TEST_NO_SUCH, which is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := weir(t, append([]string{"record"}, c.args...)...)
			if code == 0 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit code %d: %s", code, stderr)
			}
		})
	}
	if info, err := os.Stat(there); err != nil || info.Size() != 0 {
		t.Errorf("the existing file was touched: %v, %v", info, err)
	}
}

// A capture that was cut is decoded up to the cut, and that is said.
func TestDecodeOfATornCapture(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.weircap")
	w, err := capture.Create(capture.WriterConfig{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(1, []byte{0xff}), w.Flush(), w.Write(1, nil), w.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b[:len(b)-2], 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := weir(t, "decode", file)
	if code != 0 || stdout != "" || !strings.Contains(stderr, "1 updates are malformed") || !strings.Contains(stderr, "could not be read (the file ends within a frame)") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
}

// With --idl, programs without a decoder give records too, and a broken IDL is named.
func TestDecodeByIDL(t *testing.T) {
	dir := t.TempDir()
	idl := `{"address":"` + base58.Encode(make([]byte, 32)) + `","instructions":[{"name":"x"}]}`
	for name, text := range map[string]string{"a.json": idl, "b.json": `{"address":5}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "x.weircap")
	w, err := capture.Create(capture.WriterConfig{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := weir(t, "decode", "--report", "--json", "--idl", dir, file)
	if code != 0 || !strings.Contains(stdout, `"file":"`+filepath.Join(dir, "a.json")) || !strings.Contains(stderr, "b.json: address: is 5, not a string") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
}
