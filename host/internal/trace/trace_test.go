package trace_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver keeps the spans that it is sent.
type receiver struct {
	mu    sync.Mutex
	spans []*otlp.Span
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path != "/v1/traces" { // as receivers do
		w.WriteHeader(http.StatusNotFound)
		return
	}
	body, _ := io.ReadAll(req.Body)
	var in collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rs := range in.GetResourceSpans() {
		for _, ss := range rs.GetScopeSpans() {
			r.spans = append(r.spans, ss.GetSpans()...)
		}
	}
}

func TestAJourneyIsOneTrace(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(r)
	defer server.Close()
	tracer, err := trace.Open(t.Context(), trace.Config{Endpoint: server.URL, Every: time.Hour, Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now().Add(-time.Second)
	journey := tracer.Begin(start)
	journey.Step("decode", start, start.Add(time.Millisecond))
	journey.Step("journal", start.Add(time.Millisecond), start.Add(3*time.Millisecond))
	journey.End(start.Add(3*time.Millisecond), 77, "sig", 2, "journaled")
	if tracer.Begin(start) != nil {
		t.Error("a second one is followed within the hour")
	}
	if err := tracer.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(r.spans) != 3 {
		t.Fatalf("%d spans came: %v", len(r.spans), r.spans)
	}
	byName := map[string]*otlp.Span{}
	for _, s := range r.spans {
		byName[s.GetName()] = s
	}
	root := byName["transaction"]
	if root == nil || root.GetEndTimeUnixNano()-root.GetStartTimeUnixNano() != uint64(3*time.Millisecond) || len(root.GetAttributes()) != 4 {
		t.Fatalf("root %v", root)
	}
	for _, name := range []string{"decode", "journal"} {
		if s := byName[name]; s == nil || string(s.GetParentSpanId()) != string(root.GetSpanId()) || string(s.GetTraceId()) != string(root.GetTraceId()) {
			t.Errorf("%s is %v", name, s)
		}
	}
}

func TestNoTracerDoesNothing(t *testing.T) {
	var tracer *trace.Tracer
	journey := tracer.Begin(time.Now())
	journey.Step("decode", time.Now(), time.Now())
	journey.End(time.Now(), 1, "", 0, "")
	if journey != nil || tracer.Close(t.Context()) != nil {
		t.Error("it does something")
	}
}

func TestAReceiverThatIsAwayCostsNothing(t *testing.T) {
	var said bytes.Buffer
	tracer, err := trace.Open(t.Context(), trace.Config{Endpoint: "http://127.0.0.1:1", Every: time.Nanosecond, Log: slog.New(slog.NewTextHandler(&said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 10_000 {
		tracer.Begin(began).End(began, 1, "", 0, "journaled")
		time.Sleep(time.Microsecond)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("10,000 journeys took %s", took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = tracer.Close(ctx) // what is left cannot be sent
	if n := strings.Count(said.String(), "\n"); n != 1 || !strings.Contains(said.String(), "level=WARN") {
		t.Errorf("it says %d times: %s", n, said.String())
	}
}
