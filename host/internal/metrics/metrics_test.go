package metrics_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/metrics"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// full is a status in which everything is known.
func full() *adminv1.StatusResponse {
	return &adminv1.StatusResponse{
		Version: "v1.2.3", StartedUnix: 1_700_000_000,
		Journal:  &adminv1.JournalStatus{FirstNumber: 5, LastNumber: 905, Bytes: 4096, CompleteSlot: 460, Trouble: "disk full", FirstUnix: 7},
		Gaps:     &adminv1.GapStatus{MissingSlots: 3, Rows: 2, CompleteSlot: 461},
		Idl:      &adminv1.IdlStatus{Dir: "/idls", Programs: []string{"a", "b"}, Problems: []string{"c"}},
		Disk:     &adminv1.DiskStatus{FreeBytes: 10, TotalBytes: 20},
		Process:  &adminv1.ProcessStatus{MemoryLimitBytes: new(uint64(1 << 30))},
		Alerts:   []*eventv1.Alert{{Rule: "gap", Severity: eventv1.Severity_SEVERITY_CRITICAL, State: eventv1.AlertState_ALERT_STATE_FIRING}},
		Webhooks: []*adminv1.WebhookStatus{{Name: "ops", Delivered: 4, Failed: 2, Lost: 1}},
		Endpoints: []*adminv1.EndpointStatus{
			{
				Name: "shyft", State: "streaming", Updates: 7, Bytes: 8, Opens: 2, Slot: 462, LagMicros: new(int64(250_000)), Groups: []string{"curve", "amm"}, Filters: 2,
				Tps: new(512.5), ParseRate: new(0.5), WinRate: new(0.25), Breaker: "closed", OpensUsed: 3, OpensLimit: 80, Alarms: []string{"amm brings nothing"},
			},
			{Name: "triton", Connection: 1, State: "waiting", Breaker: "open"},
		},
		Store: &adminv1.StoreStatus{
			Trouble: "away", Rows: 40, Kinds: map[string]uint64{"trades": 30, "other": 1}, Position: 7, Last: 9, LagMicros: 1_500_000, Transactions: &adminv1.Latency{Count: 3, SumMicros: 3000},
		},
		Stages: []*adminv1.StageStatus{
			{Name: "ingest", In: 10, Out: 8, Dropped: map[string]uint64{"duplicate": 2}, Latency: &adminv1.Latency{
				Count: 8, SumMicros: 4000, Buckets: []*adminv1.LatencyBucket{{BoundMicros: 100, Count: 3}, {BoundMicros: 1000, Count: 7}},
			}},
			{Name: "order", In: 8, Out: 6, Held: 2, HeldBytes: 3000, OutOfOrder: 1},
		},
		Caches:        []*adminv1.CacheStatus{{Name: "tokens", Hits: 4, Misses: 3, Absent: 2, Stale: 1, Dropped: 1, Bytes: 100, LimitBytes: 1000, AbsentTtlMillis: 60_000}},
		MetadataFetch: &adminv1.FetchStatus{Found: 3, Waiting: 1, LastError: "slow"},
		Programs:      []*adminv1.ProgramStatus{{Name: "pump", Seen: 6, ByStrategy: map[string]uint64{"event_cpi": 5}, Trouble: map[string]uint64{"unknown_tail": 1}}},
		Plugins: []*adminv1.PluginStatus{{
			Instance: "trading", Monitor: "trading 1.0", State: "live", Crashes: map[string]uint64{"panic": 2}, LagMillis: new(uint64(1500)), CpuMicros: new(uint64(2_500_000)), RssBytes: new(uint64(77)), Starts: 2, Through: 900, Lag: 5, Outputs: 700, Suppressed: 4, Checkpoint: 800,
			CheckpointUnix: 1_700_000_000, CheckpointBytes: 900, CheckpointWrittenBytes: 90, CheckpointTookMicros: 2000, CheckpointStoodMicros: 1000,
		}},
	}
}

func scrape(t *testing.T, status *adminv1.StatusResponse) string {
	t.Helper()
	handler, err := metrics.Handler(func() *adminv1.StatusResponse { return status })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v: %s", response.Status, err, body)
	}
	return string(body)
}

func TestScrape(t *testing.T) {
	text := scrape(t, full())
	for _, want := range []string{
		`weir_build_info{version="v1.2.3"} 1`,
		`weir_complete_slot{where="journal"} 460`,
		`weir_complete_slot{where="received"} 461`,
		`weir_gap_missing_slots 3`,
		`weir_journal_trouble 1`,
		`weir_connection_up{connection="0",endpoint="shyft"} 1`,
		`weir_connection_up{connection="1",endpoint="triton"} 0`,
		`weir_connection_lag_seconds{connection="0",endpoint="shyft"} 0.25`,
		`weir_connection_group{connection="0",endpoint="shyft",group="amm"} 1`,
		`weir_breaker_open{connection="1",endpoint="triton"} 1`,
		`weir_budget_opens_used{connection="0",endpoint="shyft"} 3`,
		`weir_stage_dropped_total{reason="duplicate",stage="ingest"} 2`,
		`weir_stage_latency_seconds_bucket{stage="ingest",le="0.001"} 7`,
		`weir_stage_latency_seconds_bucket{stage="ingest",le="+Inf"} 8`,
		`weir_stage_latency_seconds_sum{stage="ingest"} 0.004`,
		`weir_order_held_transactions 2`,
		`weir_cache_lookups_total{cache="tokens",result="hit"} 4`,
		`weir_cache_absent_ttl_seconds{cache="tokens"} 60`,
		`weir_metadata_mints_total{outcome="found"} 3`,
		`weir_metadata_trouble 1`,
		`weir_store_outputs_total{kind="trades"} 30`,
		`weir_store_trouble 1`,
		`weir_store_lag_seconds 1.5`,
		`weir_store_lag_batches 2`,
		`weir_store_transaction_seconds_count 3`,
		`weir_program_records_total{program="pump",strategy="event_cpi"} 5`,
		`weir_program_trouble_total{kind="unknown_tail",program="pump"} 1`,
		`weir_plugin_up{instance="trading",monitor="trading 1.0"} 1`,
		`weir_plugin_lag_records{instance="trading"} 5`,
		`weir_plugin_lag_seconds{instance="trading"} 1.5`,
		`weir_plugin_crashes_total{cause="panic",instance="trading"} 2`,
		`weir_plugin_cpu_seconds_total{instance="trading"} 2.5`,
		`weir_alert_firing{rule="gap",severity="critical",subject=""} 1`,
		`weir_webhook_delivered_total{webhook="ops"} 4`,
		`weir_disk_free_bytes 10`,
		`go_goroutines`,
		`process_cpu_seconds_total`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the scrape lacks %s", want)
		}
	}
	if strings.Contains(text, `weir_connection_lag_seconds{connection="1"`) {
		t.Error("a lag that is not known is shown")
	}
	for _, name := range metrics.Names() {
		if !strings.Contains(text, "\n"+name+"{") && !strings.Contains(text, "\n"+name+" ") && !strings.Contains(text, "\n"+name+"_bucket{") {
			t.Errorf("%s is declared and never shown", name)
		}
	}
}

func TestScrapeOfNothing(t *testing.T) {
	if text := scrape(t, &adminv1.StatusResponse{}); !strings.Contains(text, "weir_journal_records_total 0") {
		t.Errorf("a daemon that has just begun cannot be scraped:\n%s", text)
	}
}
