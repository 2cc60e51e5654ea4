package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRecordsLostAreTold starts a host anew after the journal has dropped records that a monitor had no checkpoint behind: the monitor
// goes on, and weir gaps, weir status and the metrics say what it lost. The others, which had saved, lost nothing.
func TestRecordsLostAreTold(t *testing.T) {
	t.Parallel()
	c := serve(t, seedOf(t), 4000)
	file, data := configure(t, c.url)
	address := listenAndClose(t)
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.Replace(text, []byte("checkpoint_every: 400ms"), []byte("checkpoint_every: 1h"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	appendTo(t, file, fmt.Sprintf("http: {listen: %q}\n", address))
	p := start(t, "run", "--config", file)
	eventually(t, 30*time.Second, "events", func() bool { return len(readEvents(t, data)) > 200 })
	eventually(t, 20*time.Second, "the others have saved", func() bool {
		return scrape(t, address)[`weir_plugin_checkpoint_record{instance="lifecycle"}`] > 0 && scrape(t, address)[`weir_plugin_checkpoint_record{instance="liquidity"}`] > 0
	})
	p.kill9()
	appendTo(t, file, "journal: {max_age: 2s}\n")
	time.Sleep(3 * time.Second)
	start(t, "run", "--config", file)
	var lost struct {
		Instance, Records, Reason string
		From                      string `json:"from_record"`
		To                        string `json:"to_record"`
	}
	eventually(t, 30*time.Second, "weir gaps tells of lost records", func() bool {
		_, out, _ := run(t, "gaps", "--json", "--data-dir", data)
		for line := range strings.Lines(out) {
			if strings.Contains(line, `"instance":"trading"`) {
				return json.Unmarshal([]byte(line), &lost) == nil
			}
		}
		return false
	})
	if lost.From == "" || lost.To == "" || !strings.Contains(lost.Reason, "dropped by retention") {
		t.Errorf("trading lost %+v", lost)
	}
	_, status, _ := run(t, "status", "--data-dir", data)
	if want := fmt.Sprintf("! trading lost %s records", lost.Records); !strings.Contains(status, want) {
		t.Errorf("weir status does not say %q:\n%s", want, status)
	}
	_, table, _ := run(t, "gaps", "--data-dir", data)
	if !strings.Contains(table, "RECORDS LOST") {
		t.Errorf("weir gaps says\n%s", table)
	}
	eventually(t, 10*time.Second, "metrics", func() bool { code, _ := get(address, "/metrics"); return code == http.StatusOK })
	if n := scrape(t, address)[`weir_plugin_lost_records_total{instance="trading"}`]; strconv.FormatFloat(n, 'f', 0, 64) != lost.Records {
		t.Errorf("the metric says that %v records were lost", n)
	}
	eventually(t, 30*time.Second, "trading goes on", func() bool {
		_, out, _ := run(t, "status", "--data-dir", data)
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "trading ") {
				return strings.Contains(line, " live ")
			}
		}
		return false
	})
	missedEvents(t, data, address)
}

// missedEvents asks at each door for the first position, which is gone, and checks that it is said.
func missedEvents(t *testing.T, data, address string) {
	t.Helper()
	eventually(t, 20*time.Second, "events are gone", func() bool {
		_, _, said := run(t, "events", "--data-dir", data, "--from", "1")
		return strings.Contains(said, "weir: positions 1 to ")
	})
	if _, _, said := run(t, "events", "--data-dir", data, "--from", "1", "-i", "trading"); !strings.Contains(said, "weir: positions 1 to ") {
		t.Errorf("weir events -i says %q", said)
	}
	eventually(t, 20*time.Second, "whoever asks for what is kept is told nothing", func() bool { // unless retention overtakes a slow reader
		_, _, said := run(t, "events", "--data-dir", data)
		return said == ""
	})
	if code, body := get(address, "/api/v1/events?from=1&limit=1"); code != http.StatusOK || !strings.Contains(body, `"missed":[{"from":"1","to":"`) {
		t.Errorf("a page: %d %s", code, body)
	}
	response, err := http.Get("http://" + address + "/api/v1/stream?last_event_id=1.0~0")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
	}
	if !strings.Contains(lines.Text(), `"topic":"outputs","after":"1.0"`) || !strings.Contains(lines.Text(), `"from":"1","to":"`) {
		t.Errorf("the stream begins with %s", lines.Text())
	}
}
