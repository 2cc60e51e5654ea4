package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestQuestionsAcrossKills lets a monitor ask the host about the mint of the trade before. It is killed again and again, and so is the host:
// each answer is the one as of its record, whatever the chain had come to when it was asked.
func TestQuestionsAcrossKills(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("go", "build", "-o", bin+"/weir-asker", "./testdata/asker").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	c := serve(t, seedOf(t), 100)
	dir, web := t.TempDir(), listenAndClose(t)
	file, data := filepath.Join(dir, "weir.yaml"), filepath.Join(dir, "data")
	text := fmt.Sprintf("data_dir: %s\nhttp: {listen: %q}\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: asker, checkpoint_every: 700ms, crash_limit: -1}]\n", data, web, c.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	for at := 15; at <= 85; at += 10 {
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= at })
		if at == 55 {
			p.kill9()
			p = start(t, "run", "--config", file)
			continue
		}
		pid := 0
		eventually(t, time.Minute, "the asker is fed", func() bool { // three that are killed before they have said what they are count as none
			state := pluginStates(t, data)["asker"].State
			pid = p.children(t)["weir-asker"]
			return pid != 0 && (state == "replaying" || state == "live")
		})
		killPID(t, pid)
	}
	eventually(t, time.Minute, "all is played", func() bool { return c.played() == c.slots })
	trades := 0
	for what, n := range c.want() {
		if strings.HasPrefix(what, "trading ") {
			trades += n
		}
	}
	var events []event
	eventually(t, 30*time.Second, "all trades are reported", func() bool {
		events = readEvents(t, data)
		return len(events) >= trades
	})
	if len(events) != trades {
		t.Fatalf("%d events of %d trades", len(events), trades)
	}
	checkAnswers(t, events)
	if _, status, _ := run(t, "status", "--data-dir", data); !strings.Contains(status, "\nasker/pools ") || !strings.Contains(status, "\nasker/prices ") {
		t.Errorf("weir status does not show what was asked:\n%s", status)
	}
	counted := regexp.MustCompile(`weir_monitor_questions_total\{instance="asker"\} [1-9]`)
	eventually(t, 20*time.Second, "the monitor's metrics are at /metrics", func() bool {
		response, err := http.Get("http://" + web + "/metrics")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		return err == nil && counted.Match(body) && strings.Contains(string(body), `weir_monitor_records_total{instance="asker",kind="trade"}`)
	})
}

// checkAnswers holds each answer against what the records before it say: the events of the asker are one for each trade.
func checkAnswers(t *testing.T, events []event) {
	t.Helper()
	priced, before, named := map[string]int{}, events[0].Key, 0
	for _, e := range events {
		n, f := number(t, e.Cause), e.Signal.Fields
		priced[e.Key] = n
		if f["before"] != before || number(t, f["price_at"]) != priced[before] || number(t, f["pool_at"]) != n || f["reserves"] != f["own_reserves"] {
			t.Fatalf("record %d asked about %s, last traded in record %d, and got %v", n, before, priced[before], f)
		}
		if e.Signal.Text != f["symbol"] {
			t.Fatalf("record %d: the host says %q, the trade %q", n, e.Signal.Text, f["symbol"])
		}
		if e.Signal.Text != "" {
			named++
		}
		before = e.Key
	}
	if named < len(events)/3 {
		t.Errorf("only %d of %d trades were of a known token", named, len(events))
	}
}
