package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestTraces runs a host with a receiver of OpenTelemetry traces: followed transactions come with their stages in order, named by a signature of
// the chain.
func TestTraces(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var spans []*otlp.Span
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &in); err != nil {
			t.Errorf("what came is no OTLP: %v", err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rs := range in.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				spans = append(spans, ss.GetSpans()...)
			}
		}
	}))
	defer receiver.Close()
	c := serve(t, seedOf(t), 60)
	file, data := configure(t, c.url)
	appendTo(t, file, fmt.Sprintf("traces: {endpoint: %q, every: 50ms}\n", receiver.URL))
	p := start(t, "run", "--config", file)
	verifyQuiet(t, c, data)
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
	signatures := map[string]bool{}
	for _, f := range c.truth {
		signatures[f.Signature] = true
	}
	children := map[string][]*otlp.Span{}
	for _, s := range spans {
		children[string(s.GetParentSpanId())] = append(children[string(s.GetParentSpanId())], s)
	}
	journaled, known := 0, 0
	for _, root := range children[""] {
		attributes := map[string]string{}
		for _, a := range root.GetAttributes() {
			attributes[a.GetKey()] = a.GetValue().GetStringValue()
		}
		if attributes["weir.outcome"] != "journaled" {
			continue
		}
		journaled++
		stages := children[string(root.GetSpanId())]
		slices.SortFunc(stages, func(a, b *otlp.Span) int { return int(a.GetStartTimeUnixNano()) - int(b.GetStartTimeUnixNano()) })
		var names []string
		for _, s := range stages {
			if names = append(names, s.GetName()); s.GetEndTimeUnixNano() < s.GetStartTimeUnixNano() || s.GetEndTimeUnixNano() > root.GetEndTimeUnixNano() {
				t.Errorf("span %v ends outside of %v", s, root)
			}
		}
		if names = slices.DeleteFunc(names, func(n string) bool { return n == "order" }); !slices.Equal(names, []string{"ingest", "decode", "enrich", "journal"}) || attributes["solana.signature"] == "" {
			t.Errorf("a trace of %v has stages %v", attributes, names)
		}
		if signatures[attributes["solana.signature"]] { // what moves LP tokens alone is no fact of the chain
			known++
		}
	}
	if known == 0 || known < journaled*9/10 {
		t.Errorf("%d transactions were followed to the journal, %d of them are of the chain; %d spans came", journaled, known, len(spans))
	}
}
