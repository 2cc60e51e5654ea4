package main

import (
	"strings"
	"testing"
	"time"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Each thing an operator asks of a connection is in its row or under the table; what is not known is a dash and no zero.
func TestStatusTable(t *testing.T) {
	var out strings.Builder
	err := printStatus(&out, &adminv1.StatusResponse{
		Version: "v1", StartedUnix: time.Now().Unix(),
		Endpoints: []*adminv1.EndpointStatus{
			{
				Name: "shyft", State: "streaming", Groups: []string{"curve", "amm"}, Filters: 2, Slot: 460000123, Tps: new(512.4), BytesPerSecond: new(1.5e6),
				LagMicros: new(int64(251_400)), ParseRate: new(0.99987), WinRate: new(0.615), Breaker: "closed", OpensUsed: 3, OpensLimit: 80, Profile: "shyft",
				Alarms: []string{"amm brings nothing"}, LastError: "12:00:01 UNAVAILABLE: gone\nmore",
			},
			{Name: "triton", Connection: 1, State: "waiting", Breaker: "open", OpensLimit: 90},
		},
		Stages: []*adminv1.StageStatus{
			{Name: "ingest", In: 10, Out: 8, Dropped: map[string]uint64{"old": 0, "duplicate": 2}},
			{Name: "order", In: 8, Out: 5, Held: 3, HeldBytes: 3 << 19, OutOfOrder: 4},
		},
		Caches: []*adminv1.CacheStatus{
			{Name: "tokens", Hits: 75, Misses: 20, Absent: 5, Stale: 1, Dropped: 2, Bytes: 3 << 19, LimitBytes: 16 << 20, AbsentTtlMillis: 60_000, Load: &adminv1.Latency{P99Micros: new(uint64(40))}},
			{Name: "pools"},
		},
		MetadataFetch: &adminv1.FetchStatus{Asked: 9, Found: 5, Absent: 1, Failed: 2, Dropped: 1, Waiting: 3, LastError: "node.example: slow"},
		Plugins: []*adminv1.PluginStatus{
			{Instance: "trading", State: "config_error", Reason: "no key foo"},
			{Instance: "whales", State: "rejected", Reason: "is not a program"},
		},
		Alerts: []*eventv1.Alert{{Rule: "gap", Detail: "of 3 slots data is missing"}, {Rule: "breaker_open", Subject: "triton", Detail: "the breaker is open"}},
		Store: &adminv1.StoreStatus{
			Place: "PostgreSQL db/weir", Rows: 40, Position: 7, Last: 9, LagMicros: 1_500_000, Trouble: "connection refused", TroubleSinceUnix: 1_700_000_000, Missed: 2,
			Kinds: map[string]uint64{"trades": 30, "other": 5, "refused": 1}, Transactions: &adminv1.Latency{P50Micros: new(uint64(900))},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		"CONNECTION STATE GROUPS FILTERS SLOT TX/S MB/S LAG PARSED WON BREAKER OPENS PROFILE\n" +
			"0 shyft streaming curve,amm 2 460000123 512 1.50 251ms 99.99% 61.5% closed 3 of 80 shyft\n" +
			"1 triton waiting - 0 0 - - - - - open 0 of 90 -\n" +
			"! 0 shyft: amm brings nothing\n" +
			"last error of 0 shyft: 12:00:01 UNAVAILABLE: gone\n",
		"ingest 10 8 duplicate 2 - - -\norder 8 5 - - - -\norder holds 3 transactions, 1.5 MiB\n! order: 4 transactions went on out of the order of the chain\n",
		"CACHE HIT MISS ABSENT STALE DROPPED HIT RATE SIZE ABSENT FOR LOAD P99\ntokens 75 20 5 1 2 75.0% 1.5 of 16.0 MiB 1m0s 40µs\npools 0 0 0 0 0 - 0.0 of 0.0 MiB 0s -\n" +
			"token metadata by RPC: 9 asked, 5 found, 1 absent, 2 failed, 1 dropped, 3 waiting\n! token metadata: node.example: slow\n",
		"store PostgreSQL db/weir 40 rows 7 of 9 batches, behind for 1.5s transactions p50 900µs p99 -\n" +
			"! store: connection refused (since 22:13:20, tried again by itself; outputs wait in the journal)\n" +
			"! store: 2 batches of events, or alerts, were gone before they were stored\n" +
			"store: 5 outputs of kinds that no table is made for, 1 refused by the database\n",
		"! trading is config_error: no key foo\nwhen its config in weir.yaml is corrected: restart weir, which reads the file at its start\n" +
			"! whales is rejected: is not a program\nwhen that is mended: weir plugin resume whales\n" +
			"! alert gap: of 3 slots data is missing\n! alert breaker_open (triton): the breaker is open\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("\n%s\nlacks\n%s", text, want)
		}
	}
}
