package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func topStatus(updates, lag, outputs uint64) *adminv1.StatusResponse {
	return &adminv1.StatusResponse{
		Version: "v1", StartedUnix: 1000, Journal: &adminv1.JournalStatus{LastNumber: updates * 2, CompleteSlot: 77},
		Endpoints: []*adminv1.EndpointStatus{{Name: "shyft", State: "streaming", Updates: updates, Bytes: updates * 1e6, LagMicros: new(int64(2500)), Breaker: "closed", OpensLimit: 80}},
		Stages:    []*adminv1.StageStatus{{Name: "ingest", In: updates, Latency: &adminv1.Latency{P99Micros: new(uint64(1500))}}},
		Plugins:   []*adminv1.PluginStatus{{Instance: "trading", State: "replaying", Lag: lag, Outputs: outputs}},
		Alerts:    []*eventv1.Alert{{Rule: "gap", Severity: eventv1.Severity_SEVERITY_CRITICAL, Detail: "of 3 slots data is missing"}},
	}
}

func TestTopShowsRates(t *testing.T) {
	start := time.Unix(2000, 0)
	first, second := look{start, topStatus(100, 5000, 10)}, look{start.Add(2 * time.Second), topStatus(300, 4000, 50)}
	for name, test := range map[string]struct {
		before, now look
		want        []string
	}{
		"first look":   {look{}, first, []string{"records 200 (-/s)", "streaming", "2.5ms", "1.5ms", "replaying", "?", "! critical gap"}},
		"second look":  {first, second, []string{"records 600 (200/s)", "100.00", "up 16m42s", "20 ", "4000", "8s"}},
		"falls behind": {second, look{second.at.Add(time.Second), topStatus(300, 4500, 50)}, []string{"does not catch up"}},
		"a new daemon": {second, look{second.at.Add(time.Second), func() *adminv1.StatusResponse { s := topStatus(400, 0, 60); s.StartedUnix++; return s }()}, []string{"records 800 (-/s)"}},
		"one more monitor": {second, look{second.at.Add(time.Second), func() *adminv1.StatusResponse {
			s := topStatus(400, 3000, 57)
			s.Plugins = append([]*adminv1.PluginStatus{{Instance: "audit", State: "live", Outputs: 900_000}}, s.Plugins...)
			return s
		}()}, []string{"audit    live       -", "trading  replaying  7 ", "3s"}},
	} {
		var out bytes.Buffer
		printTop(&out, test.before, test.now)
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s lacks %q:\n%s", name, want, out.String())
			}
		}
	}
}

func TestAFrameFitsTheTerminal(t *testing.T) {
	for name, test := range map[string]struct {
		rows int
		want string
	}{
		"room enough":     {4, "\x1b[Ha\x1b[K\r\nb\x1b[K\r\nc\x1b[K\r\nd\x1b[K\x1b[J"},
		"too low":         {3, "\x1b[Ha\x1b[K\r\nb\x1b[K\r\n… 2 more lines: the terminal is too low\x1b[K\x1b[J"},
		"does not tell":   {0, "\x1b[Ha\x1b[K\r\nb\x1b[K\r\nc\x1b[K\r\nd\x1b[K\x1b[J"},
		"next to nothing": {2, "\x1b[Ha\x1b[K\r\n… 3 more lines: the terminal is too low\x1b[K\x1b[J"},
	} {
		var out bytes.Buffer
		if err := fullFrame(&out, []byte("a\nb\nc\nd\n"), test.rows); err != nil || out.String() != test.want {
			t.Errorf("%s: %q, %v, want %q", name, out.String(), err, test.want)
		}
	}
}

// What is wrong must not be what a low terminal cuts.
func TestTopShowsAlertsFirst(t *testing.T) {
	var out bytes.Buffer
	printTop(&out, look{}, look{time.Unix(2000, 0), topStatus(100, 5000, 10)})
	alert, table := strings.Index(out.String(), "! critical gap: of 3 slots"), strings.Index(out.String(), "CONNECTION")
	if alert < 0 || alert > table {
		t.Errorf("the alert stands at %d, the first table at %d:\n%s", alert, table, out.String())
	}
}
