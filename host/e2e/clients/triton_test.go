package clients_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
)

type object = map[string]any

// everything asks for all transactions, those of Pump under a name of their own, statuses and block metas. confirmed is level 1.
func everything(extra object) object {
	r := object{
		"transactions": object{"all": object{}, "pump": object{"accountInclude": []string{dex.Pump.String()}, "failed": false}},
		"slots":        object{"s": object{}}, "blocksMeta": object{"m": object{}}, "commitment": 1,
	}
	maps.Copy(r, extra)
	return r
}

const firstSlot = 460_000_000 // of the generated market

func TestTritonStream(t *testing.T) {
	t.Parallel()
	for name, channel := range map[string]object{"plain": nil, "gzip": {"grpcDefaultCompressionAlgorithm": 0}, "zstd": {"grpcDefaultCompressionAlgorithm": 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, "")
			all := run(t, s, plan{
				Library: "triton", Channel: channel, Request: everything(nil),
				Writes: []write{{AfterSlots: 5, Request: everything(object{"ping": object{"id": 7}})}}, Stop: stop{Slots: 20, MS: 10_000},
			})
			checkStream(t, s, all, 20)
			if pongs := only(all, "pong"); len(pongs) != 1 || pongs[0].ID != 7 {
				t.Errorf("pongs: %+v", pongs)
			}
			for _, tx := range only(all, "tx") {
				if !tx.Created || !slices.Contains(tx.Filters, "all") {
					t.Fatalf("transaction %+v", tx)
				}
			}
			checkSlots(t, all)
		})
	}
}

// checkSlots wants each slot's statuses once.
func checkSlots(t *testing.T, all []got) {
	t.Helper()
	seen := map[[2]uint64]int{}
	for _, s := range only(all, "slot") {
		seen[[2]uint64{s.Slot, uint64(s.Status)}]++
	}
	if len(seen) < 20 {
		t.Errorf("only %d statuses", len(seen))
	}
	for at, n := range seen {
		if n != 1 || at[1] > 2 {
			t.Errorf("status %d of slot %d came %d times", at[1], at[0], n)
		}
	}
}

func TestTritonUnary(t *testing.T) {
	t.Parallel()
	s := simulate(t, "")
	// The play begins with a subscription.
	run(t, s, plan{Library: "triton", Request: everything(nil), Stop: stop{Slots: 3, MS: 10_000}})
	values := map[string]map[string]any{}
	for _, g := range only(run(t, s, plan{Library: "triton", Unary: true, Stop: stop{MS: 10_000}}), "unary") {
		var v map[string]any
		if err := json.Unmarshal(g.Value, &v); err != nil {
			t.Fatalf("%s: %v", g.Name, err)
		}
		values[g.Name] = v
	}
	text := func(name, field string) string { return fmt.Sprint(values[name][field]) }
	number := func(name, field string) uint64 {
		n, _ := strconv.ParseUint(text(name, field), 10, 64)
		return n
	}
	if !strings.Contains(text("version", "version"), "geysersim") || text("ping", "count") != "41" {
		t.Errorf("version %v, ping %v", values["version"], values["ping"])
	}
	for _, at := range [][2]string{{"slot", "slot"}, {"hash", "slot"}, {"replay", "firstAvailable"}} {
		if n := number(at[0], at[1]); n < firstSlot || n > firstSlot+100_000 {
			t.Errorf("%s is %v", at[0], values[at[0]])
		}
	}
	if number("height", "blockHeight") == 0 || text("valid", "valid") != "true" || text("invalid", "valid") != "false" {
		t.Errorf("height %v, valid %v, invalid %v", values["height"], values["valid"], values["invalid"])
	}
}

// A request on the open stream replaces everything: no transactions behind it, and no block is missed.
func TestTritonFilterUpdate(t *testing.T) {
	t.Parallel()
	s := simulate(t, "")
	onlyMetas := object{"blocksMeta": object{"n": object{}}, "commitment": 1}
	all := run(t, s, plan{
		Library: "triton", Request: everything(nil), Writes: []write{{AfterSlots: 5, Request: onlyMetas}}, Stop: stop{Slots: 15, MS: 10_000},
	})
	changed := 0
	metas := only(all, "meta")
	for i, m := range metas[1:] {
		if m.Parent != strconv.FormatUint(metas[i].Slot, 10) {
			t.Errorf("slot %d comes behind %d, its parent is %s", m.Slot, metas[i].Slot, m.Parent)
		}
	}
	for _, g := range all {
		if slices.Contains(g.Filters, "n") {
			changed++
		} else if changed > 0 && g.Kind != "stop" {
			t.Errorf("%+v came behind the new filter", g)
		}
	}
	if changed < 5 || len(metas) != 15 {
		t.Errorf("%d of %d blocks came under the new name", changed, len(metas))
	}
}

func TestTritonReplay(t *testing.T) {
	t.Parallel()
	s := simulate(t, "")
	first := run(t, s, plan{Library: "triton", Request: everything(nil), Stop: stop{Slots: 12, MS: 10_000}})
	from := only(first, "meta")[3].Slot
	all := run(t, s, plan{Library: "triton", Request: everything(object{"fromSlot": from}), Stop: stop{Slots: 40, MS: 10_000}})
	if got := only(all, "meta")[0].Slot; got != from {
		t.Errorf("the first slot is %d, want %d", got, from)
	}
	checkStream(t, s, dedup(all), 40)
}

// dedup drops what came in the replay and again live, as every client must.
func dedup(all []got) []got {
	var out []got
	seen := map[string]bool{}
	for _, g := range all {
		key := fmt.Sprint(g.Kind, g.Slot, g.Signature, g.Status)
		if (g.Kind == "tx" || g.Kind == "meta") && seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, g)
	}
	return out
}

// The client asks again from two slots before the one it has seen, and hands each update out once.
func TestTritonRecoversFromLag(t *testing.T) {
	t.Parallel()
	s := simulate(t, fmt.Sprintf("at slot %d drop lag\nat slot %d drop UNAVAILABLE", firstSlot+8, firstSlot+14))
	all := run(t, s, plan{
		Library: "triton", Request: everything(nil), Reconnect: object{"enabled": true, "backoff": object{"initialIntervalMs": 50, "maxRetries": 10}},
		Stop: stop{Slots: 25, MS: 12_000},
	})
	checkStream(t, s, all, 25)
	if n := strings.Count(s.log.String(), "action=drop"); n != 2 {
		t.Errorf("%d faults struck, want 2", n)
	}
}

// What ends a stream is what the client reports.
func TestTritonErrors(t *testing.T) {
	t.Parallel()
	end := fmt.Sprintf("at slot %d end", firstSlot+5)
	for name, tc := range map[string]struct {
		faults  string
		token   string
		request object
		kind    string
		message string
	}{
		"bad token":      {token: "wrong", kind: "error", message: "No valid auth token"},
		"invalid filter": {request: object{"commitment": 9}, kind: "error", message: "failed to create filter: failed to create CommitmentLevel from 9"},
		"clean end":      {faults: end, kind: "end"},
		"data loss":      {faults: strings.Replace(end, "end", `drop DATA_LOSS "gone"`, 1), kind: "error", message: "gone"},
		"reset":          {faults: strings.Replace(end, "end", "reset", 1), kind: "error", message: ""},
		"opens":          {faults: "limit opens 1\nrefuse RESOURCE_EXHAUSTED", kind: "error", message: "rate limit exceeded"},
		"nothing yet":    {request: object{"fromSlot": firstSlot + 100_000}, kind: "error", message: "failed to get replay response"},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulate(t, tc.faults)
			all := run(t, s, plan{Library: "triton", Token: tc.token, Request: everything(tc.request), Stop: stop{MS: 8000}})
			found := only(all, tc.kind)
			if len(found) != 1 || !strings.Contains(found[0].Message, tc.message) {
				t.Errorf("got %+v, want %s %q", tail(all), tc.kind, tc.message)
			}
		})
	}
}

func TestTritonOutOfRange(t *testing.T) {
	t.Parallel()
	s := simulate(t, "after 1500ms forget")
	first := run(t, s, plan{Library: "triton", Request: everything(nil), Stop: stop{Slots: 45, MS: 10_000}})
	from := only(first, "meta")[0].Slot
	all := run(t, s, plan{Library: "triton", Request: everything(object{"fromSlot": from}), Stop: stop{MS: 8000}})
	want := fmt.Sprintf("broadcast from %d is not available, last available: ", from)
	if errs := only(all, "error"); len(errs) != 1 || !strings.Contains(errs[0].Message, want) {
		t.Errorf("got %+v, want %q", tail(all), want)
	}
}
