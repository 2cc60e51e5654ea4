package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMetrics scrapes a running daemon and compares what it says with what it stored.
func TestMetrics(t *testing.T) {
	c := serve(t, seedOf(t), 40)
	file, data := configure(t, c.url)
	address := listenAndClose(t)
	appendTo(t, file, fmt.Sprintf("http: {listen: %q}\n", address))
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "ready", func() bool {
		code, _ := get(address, "/readyz")
		return code == http.StatusOK
	})
	verifyQuiet(t, c, data)
	samples := scrape(t, address)
	stored := map[string]int{}
	for _, e := range readEvents(t, data) {
		stored[e.Instance]++
	}
	for instance, n := range stored {
		if got := samples[fmt.Sprintf("weir_plugin_outputs_total{instance=%q}", instance)]; got != float64(n) {
			t.Errorf("%s has %v outputs by its metric, %d are stored", instance, got, n)
		}
	}
	records := 0.0
	for name, v := range samples {
		if strings.HasPrefix(name, "weir_program_records_total{") {
			records += v
		}
	}
	if journaled := samples["weir_journal_records_total"]; records == 0 || records != journaled {
		t.Errorf("%v records were decoded, %v journaled", records, journaled)
	}
	if slots := samples[`weir_complete_slot{where="journal"}`]; slots != samples[`weir_complete_slot{where="received"}`] || slots == 0 {
		t.Errorf("complete slot %v", slots)
	}
	if samples[`weir_connection_up{connection="0",endpoint="sim"}`] != 1 || samples["weir_gap_missing_slots"] != 0 {
		t.Errorf("a good run shows trouble: %v", samples)
	}
	if code, body := get(address, "/nothing"); code != http.StatusNotFound {
		t.Errorf("/nothing: %d %s", code, body)
	}
	c.server.Close()
	eventually(t, 20*time.Second, "not ready without a stream", func() bool {
		code, body := get(address, "/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "no connection streams")
	})
	if code, _ := get(address, "/healthz"); code != http.StatusOK {
		t.Errorf("healthz %d while the daemon waits for its provider", code)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}

func get(address, path string) (code int, body string) {
	response, err := http.Get("http://" + address + path)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// scrape reads all samples by name and labels.
func scrape(t *testing.T, address string) map[string]float64 {
	t.Helper()
	code, body := get(address, "/metrics")
	if code != http.StatusOK {
		t.Fatalf("metrics: %d %s", code, body)
	}
	samples := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(body))
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		at := strings.LastIndexByte(lines.Text(), ' ')
		v, err := strconv.ParseFloat(lines.Text()[at+1:], 64)
		if err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		samples[lines.Text()[:at]] = v
	}
	return samples
}
