package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ledger"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// gapDaemon is as much of one as weir gaps needs.
type gapDaemon struct{ ledger *ledger.Ledger }

func (d gapDaemon) Status() *adminv1.StatusResponse { return &adminv1.StatusResponse{} }

func (d gapDaemon) Events(context.Context, *adminv1.EventsRequest, func(from, to uint64), func(uint64, []byte) error) error {
	return nil
}

func (d gapDaemon) Gaps(req *adminv1.GapsRequest) *adminv1.GapsResponse {
	return admin.GapsOf(d.ledger, []string{"high", "low"}, func(group int) uint64 { return uint64(100 + group) }, req)
}

type noTable struct{}

func (noTable) Put(context.Context, string, []byte) error             { return nil }
func (noTable) All(context.Context, func(string, []byte) error) error { return nil }

// startGaps runs a daemon whose ledger holds a missing run, a healed slot and a skipped one, and returns its data folder.
func startGaps(t *testing.T) string {
	t.Helper()
	l, err := ledger.Open(t.Context(), ledger.Config{Table: noTable{}, Groups: []string{"high", "low"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		l.Sealed(t.Context(), &geyser.BlockMeta{Slot: 99, Parent: 98}, 0b11),
		l.Sealed(t.Context(), &geyser.BlockMeta{Slot: 101, Parent: 99}, 0b11),
		l.Missing(t.Context(), 102, 110, 0b01, "not replayed", "shyft"),
		l.Missing(t.Context(), 120, 120, 0b11, "began within it", "shyft"),
		l.Healed(t.Context(), 120, 120, 0b11),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	server, err := admin.NewServer(t.Context(), dir, gapDaemon{l})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return dir
}

func weir(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return weirUntil(t.Context(), args...)
}

// weirUntil is weir that is interrupted when ctx ends.
func weirUntil(ctx context.Context, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = execute(ctx, args, shell.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

func TestGapsTable(t *testing.T) {
	dir := startGaps(t)
	code, out, errs := weir(t, "gaps", "--data-dir", dir)
	if code != 0 || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"high   100", "missing slots: 9;", "from slot 99 on", "102   110  9      missing     high", "120   120  1      backfilled  high,low", "shyft", "not replayed"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if code, out, _ = weir(t, "gaps", "--data-dir", dir, "--from", "500"); code != 0 || !strings.Contains(out, "no slots in the states asked for") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

func TestGapsJSON(t *testing.T) {
	dir := startGaps(t)
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"all by default":  {nil, []string{"102-110 missing", "120-120 backfilled"}},
		"one state":       {[]string{"--state", "backfilled"}, []string{"120-120 backfilled"}},
		"several states":  {[]string{"--state", "empty,complete"}, []string{"99-99 complete", "100-100 empty", "101-101 complete"}},
		"a range of them": {[]string{"--from", "105", "--to", "119"}, []string{"105-110 missing"}},
		"one group":       {[]string{"--group", "low"}, []string{"120-120 backfilled"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := weir(t, append([]string{"gaps", "--json", "--data-dir", dir}, c.args...)...)
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			lines := strings.Split(strings.TrimSpace(out), "\n")
			var got []string
			for _, line := range lines[:len(lines)-1] {
				var row struct {
					From  string `json:"from_slot"`
					To    string `json:"to_slot"`
					State string `json:"state"`
				}
				if err := json.Unmarshal([]byte(line), &row); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				got = append(got, row.From+"-"+row.To+" "+strings.ToLower(strings.TrimPrefix(row.State, statePrefix)))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("rows %q, want %q", got, c.want)
			}
			if last := lines[len(lines)-1]; !strings.Contains(last, `"missing_slots":"9"`) || !strings.Contains(last, `"frontiers"`) {
				t.Errorf("summary %s", last)
			}
		})
	}
}

func TestGapsWrongUse(t *testing.T) {
	dir := startGaps(t)
	for name, c := range map[string]struct {
		args []string
		code int
		text string
	}{
		"a state that does not exist": {[]string{"--state", "lost"}, 2, "lost"},
		"slots the wrong way round":   {[]string{"--from", "9", "--to", "3"}, 1, "lies before"},
		"a group that does not exist": {[]string{"--group", "higher"}, 1, `no group is named "higher"; there are: high, low`},
		"no daemon":                   {[]string{"--data-dir", t.TempDir()}, 1, "no daemon runs"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, _, errs := weir(t, append([]string{"gaps", "--data-dir", dir}, c.args...)...); code != c.code || !strings.Contains(errs, c.text) {
				t.Errorf("exit %d, want %d: %s", code, c.code, errs)
			}
		})
	}
}
