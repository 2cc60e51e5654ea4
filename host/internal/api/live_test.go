package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/weir-run/weir/host/internal/api"
)

func TestSocketSaysTheSame(t *testing.T) {
	d := newDaemon()
	url := serve(t, api.Config{Source: d, Tokens: []api.Token{{Name: "r", Secret: "reader-reader-reader", Scope: api.Read}}}) + "/api/v1/ws"
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if conn, _, err := websocket.Dial(ctx, url, nil); err == nil { //nolint:bodyclose // Dial does it
		conn.CloseNow()
		t.Fatal("it is open without a token")
	}
	read := func(query string, n int) (ids []string, last string) {
		conn, _, err := websocket.Dial(ctx, url+"?token=reader-reader-reader"+query, nil) //nolint:bodyclose // Dial does it
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		if query == "" {
			time.Sleep(50 * time.Millisecond)
			for range 50 {
				d.store(t, "trading", "a", "b")
			}
		}
		for range n {
			_, data, err := conn.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var m struct {
				Topic, ID string
				Data      struct {
					Cause string
					Index int
				}
			}
			if err := json.Unmarshal(data, &m); err != nil || m.Topic != "outputs" {
				t.Fatalf("%s: %v", data, err)
			}
			ids, last = append(ids, fmt.Sprintf("%s.%d", m.Data.Cause, m.Data.Index)), m.ID
		}
		return ids, last
	}
	ids, last := read("", 33)
	rest, _ := read("&last_event_id="+last, 67)
	for i, id := range append(ids, rest...) {
		if want := fmt.Sprintf("%d.%d", 1+i/2, i%2); id != want {
			t.Fatalf("output %d is %s, want %s", i, id, want)
		}
	}
}

// TestTheDocumentSaysWhatIsAnswered calls each GET route that the document lists and compares the answer's fields with its schema.
func TestTheDocumentSaysWhatIsAnswered(t *testing.T) {
	d := newDaemon()
	d.store(t, "trading", "trade")
	d.alert("gap")
	url := serve(t, api.Config{Source: d})
	var document struct {
		OpenAPI    string `json:"openapi"`
		Components struct {
			Schemas map[string]map[string]any
		}
		Paths map[string]map[string]struct {
			Summary    string
			Parameters []struct {
				Name, In, Description string
				Explode               *bool
				Schema                struct{ Type string }
			}
			Responses map[string]struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
	}
	got := ask(t, http.MethodGet, url+"/api/v1/openapi.json", nil)
	if err := json.Unmarshal([]byte(got.body), &document); err != nil || document.OpenAPI != "3.1.0" || len(document.Paths) < 12 {
		t.Fatalf("%v: %s", err, got.body)
	}
	resolve := func(schema map[string]any) map[string]any {
		if ref, ok := schema["$ref"].(string); ok {
			return document.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		}
		return schema
	}
	for path, methods := range document.Paths {
		for _, m := range methods {
			for _, p := range m.Parameters {
				if p.Description == "" || (p.In == "path") != strings.Contains(path, "{"+p.Name+"}") {
					t.Errorf("%s: parameter %+v", path, p)
				}
				if p.Schema.Type == "array" && (p.Explode == nil || *p.Explode) {
					t.Errorf("%s: %s would be given several times, which is refused", path, p.Name)
				}
			}
			if m.Summary == "" {
				t.Errorf("%s has no summary", path)
			}
		}
		body, ok := methods["get"].Responses["200"].Content["application/json"]
		if !ok {
			continue // a stream, or a POST
		}
		if strings.HasPrefix(path, "/api/v1/tokens") || strings.HasPrefix(path, "/api/v1/pools") || slices.Contains([]string{"/api/v1/trades", "/api/v1/liquidity", "/api/v1/signals", "/api/v1/positions", "/api/v1/fees"}, path) {
			continue // of the store: the e2e test TestTheAPIAgainstTheTruth
		}
		got := ask(t, http.MethodGet, url+strings.ReplaceAll(path, "{name}", "trading"), nil)
		if got.code != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.code, got.body)
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(got.body), &fields); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		properties, _ := resolve(body.Schema)["properties"].(map[string]any)
		for field := range fields {
			if _, ok := properties[field]; !ok && properties != nil {
				t.Errorf("%s answers with %s, which the document does not have", path, field)
			}
		}
	}
}

// rules reads alerts until one of a rule came.
func (s *sse) rules(tb testing.TB, last string) (out []string) {
	tb.Helper()
	for {
		_, data := s.next(tb)
		var a struct{ Alert struct{ Rule string } }
		if err := json.Unmarshal([]byte(data), &a); err != nil {
			tb.Fatalf("%q: %v", data, err)
		}
		if out = append(out, a.Alert.Rule); a.Alert.Rule == last {
			return out
		}
	}
}

// TestAlertsGoOnWhereTheyEnded: the feed begins with the last alert when its first reader comes, and what a reader missed before is in
// the journal.
func TestAlertsGoOnWhereTheyEnded(t *testing.T) {
	d := newDaemon()
	d.store(t, "trading", "trade")
	d.alert("before")
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream?topics=alerts"
	s := openSSE(t, url, "")
	time.Sleep(50 * time.Millisecond)
	d.alert("seen")
	if got := s.rules(t, "seen"); !slices.Equal(got, []string{"seen"}) {
		t.Fatalf("first came %v", got)
	}
	s.close()
	var want []string
	for i := range 2500 { // more than the feed holds, and than one walk brings
		want = append(want, fmt.Sprintf("rule_%d", i))
		d.alert(want[i])
	}
	for name, base := range map[string]string{"the daemon that runs": url, "a daemon that began anew": serve(t, api.Config{Source: d}) + "/api/v1/stream?topics=alerts"} {
		again := openSSE(t, base, s.id)
		if got := again.rules(t, "rule_2499"); !slices.Equal(got, want) {
			t.Errorf("%s: %d of 2500 alerts came, the first is %s", name, len(got), got[0])
		}
		again.close()
	}
}

// TestAnIDOfAnotherJournalIsRefused: its reader would wait in silence until the new journal came as far.
func TestAnIDOfAnotherJournalIsRefused(t *testing.T) {
	d := newDaemon()
	d.store(t, "trading", "trade")
	d.alert("gap")
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream?last_event_id="
	for id, code := range map[string]int{"10.0~1": 200, "11.0~0": 409, "10.0~2": 409} {
		if code == 200 {
			openSSE(t, url+id, "").close()
			continue
		}
		if got := ask(t, http.MethodGet, url+id, nil); got.code != code || !strings.Contains(got.body, "last_event_id") {
			t.Errorf("%s: %d %s, want %d", id, got.code, got.body, code)
		}
	}
}

// TestWhatTheJournalLetGoIsSaid: a reader that comes back too late is told between which places it has a hole, once.
func TestWhatTheJournalLetGoIsSaid(t *testing.T) {
	d := newDaemon()
	for range 5 {
		d.store(t, "trading", "trade")
		d.alert("gap")
	}
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream?topics=outputs,alerts&last_event_id="
	for gone, want := range []string{
		0: "outputs outputs outputs alerts alerts alerts",
		1: "outputs outputs outputs alerts alerts alerts",
		2: `{"topic":"outputs","after":"20.0","before":"30.0","from":"20","to":"20"} outputs outputs outputs alerts alerts alerts`,
		4: `{"topic":"outputs","after":"20.0","before":"50.0","from":"20","to":"40"} outputs {"topic":"alerts","after":"2","before":"5","from":"3","to":"4"} alerts`,
	} {
		if want == "" {
			continue
		}
		d.mu.Lock()
		d.gone = gone
		d.mu.Unlock()
		s := openSSE(t, url+"20.0~2", "")
		var got []string
		for range strings.Count(want, " ") + 1 {
			topic, data := s.next(t)
			if topic == "missed" {
				topic = data
			}
			got = append(got, topic)
		}
		s.close()
		sorted := func(words []string) string { return strings.Join(slices.Sorted(slices.Values(words)), " ") }
		if sorted(got) != sorted(strings.Fields(want)) {
			t.Errorf("with %d gone came %v, want %s", gone, got, want)
		}
	}
}

// TestAPageSaysWhatIsGone: who asks for a position that retention took is told which are gone, and nobody else is.
func TestAPageSaysWhatIsGone(t *testing.T) {
	d := newDaemon()
	for range 5 {
		d.store(t, "trading", "trade")
	}
	d.gone = 3
	url := serve(t, api.Config{Source: d}) + "/api/v1/events"
	for query, want := range map[string]string{
		"?from=5": `,"missed":[{"from":"5","to":"30"}]}`, "?from=30&limit=1": `"next":"50","missed":[{"from":"30","to":"30"}]}`, "?from=40": "]}", "": "]}",
	} {
		got := ask(t, http.MethodGet, url+query, nil)
		if got.code != http.StatusOK || !strings.HasSuffix(strings.TrimSpace(got.body), want) || strings.Contains(want, "missed") != strings.Contains(got.body, "missed") {
			t.Errorf("%s: %d %s, want it to end with %s", query, got.code, got.body, want)
		}
	}
	if document := ask(t, http.MethodGet, strings.TrimSuffix(url, "events")+"openapi.json", nil); !strings.Contains(document.body, `"missed":{"description"`) {
		t.Error("the document does not have missed")
	}
}
