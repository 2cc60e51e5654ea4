package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/weir-run/weir/host/geysersim"
)

// ears is a webhook that is dead until it is told otherwise.
type ears struct {
	mu    sync.Mutex
	alive bool
	heard []string
}

func (e *ears) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var m struct{ Rule, State, Subject string }
	err := json.Unmarshal(body, &m)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.alive || err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	e.heard = append(e.heard, strings.TrimSpace(m.Rule+" "+m.State+" "+m.Subject))
}

func (e *ears) live() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.alive = true
}

func (e *ears) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// outageAlerts are what TestAlerts must hear of; TestAlertFaults shows the other rules.
var outageAlerts = []string{
	"plugin_crashed firing trading", "plugin_crashed resolved trading", "connection_lost firing connection 0", "no_stream firing",
	"breaker_open firing sim", "breaker_open resolved sim", "slow_recovery firing connection 0", "connection_lost resolved connection 0",
	"no_stream resolved", "slow_recovery resolved connection 0",
}

// TestAlerts cuts the only provider off, kills a plugin and kills the host, with a webhook that is dead meanwhile: each condition is told
// once as begun and once as over, and the webhook gets all of it in order when it lives again.
func TestAlerts(t *testing.T) {
	t.Parallel()
	c := serve(t, seedOf(t), 4000)
	file, data := configure(t, c.url)
	ears := &ears{}
	hook := httptest.NewServer(ears)
	defer hook.Close()
	appendTo(t, file, fmt.Sprintf(`
connections: 1
alerts:
  rules:
    no_stream: {for: 1s, cooldown: 1s}
    connection_lost: {for: 1s, cooldown: 1s}
    slow_recovery: {threshold: 2}
    plugin_crashed: {cooldown: 2s}
    group_silent: {off: true}  # the market is small
  webhooks:
    - {name: ops, url: %q, severity: info}
  events:
    - {name: completed, kind: token_completed}
`, hook.URL))
	p := start(t, "run", "--config", file)
	eventually(t, 30*time.Second, "all plugins run", func() bool { return len(p.children(t)) == 3 && len(readEvents(t, data)) > 100 })

	killPID(t, p.children(t)["weir-trading"])
	eventually(t, 20*time.Second, "the crash is told and over", func() bool {
		return slices.Contains(alertsOf(t, data), "plugin_crashed resolved trading")
	})
	c.server.Refuse(codes.Unavailable, "down for a while")
	c.server.DropStreams(geysersim.When{}, codes.Unavailable, "down for a while")
	eventually(t, 20*time.Second, "the loss is told", func() bool { return slices.Contains(alertsOf(t, data), "no_stream firing") })
	p.kill9() // what fires outlives the host
	p = start(t, "run", "--config", file)
	time.Sleep(6 * time.Second) // well over the two seconds from which a recovery is slow
	// So long an outage opens the breaker too, sooner or later by how the waits fall.
	eventually(t, 40*time.Second, "the breaker is told", func() bool { return slices.Contains(alertsOf(t, data), "breaker_open firing sim") })
	c.server.Accept()
	eventually(t, 40*time.Second, "the loss is over", func() bool { return slices.Contains(alertsOf(t, data), "slow_recovery resolved connection 0") })
	eventually(t, 40*time.Second, "the breaker is closed again", func() bool { return slices.Contains(alertsOf(t, data), "breaker_open resolved sim") })

	want := slices.Sorted(slices.Values(outageAlerts))
	told := slices.DeleteFunc(alertsOf(t, data), func(s string) bool { return strings.Contains(s, "notice") })
	slices.Sort(told)
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if code, out, _ := run(t, "alerts", "--firing", "--data-dir", data); code != 0 || out != "nothing fires\n" {
		t.Errorf("weir alerts --firing: %d %q", code, out)
	}
	if heard := ears.all(); len(heard) > 0 {
		t.Fatalf("a dead webhook took %q", heard)
	}
	ears.live()
	eventually(t, 90*time.Second, "the webhook has all", func() bool { return len(ears.all()) >= len(alertsOf(t, data)) })
	if heard := ears.all(); !slices.Equal(heard, alertsOf(t, data)[:len(heard)]) {
		t.Errorf("heard %q, want %q", heard, alertsOf(t, data))
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}

// alertsOf returns rule, state and subject of all alerts, in their order.
func alertsOf(t *testing.T, dir string, flags ...string) (out []string) {
	t.Helper()
	code, text, stderr := run(t, append([]string{"alerts", "--json", "--data-dir", dir}, flags...)...)
	if code != 0 {
		t.Logf("weir alerts: %s", stderr)
		return nil
	}
	for line := range strings.Lines(text) {
		var a struct {
			Alert struct{ Rule, Subject, State string }
		}
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		state := strings.ToLower(strings.TrimPrefix(a.Alert.State, "ALERT_STATE_"))
		out = append(out, strings.TrimSpace(a.Alert.Rule+" "+state+" "+a.Alert.Subject))
	}
	return out
}
