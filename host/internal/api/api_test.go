package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/api"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// daemon is a source in memory: positions of batches are 10, 20, 30 and so on, since real ones have holes.
type daemon struct {
	gone    int // so many of the first batches and alerts are not held any more
	mu      sync.Mutex
	batches [][]byte
	alerts  []*eventv1.Alert
	changed chan struct{}
}

func newDaemon() *daemon { return &daemon{changed: make(chan struct{})} }

func (d *daemon) wake() { close(d.changed); d.changed = make(chan struct{}) }

// store adds a batch of outputs with these kinds.
func (d *daemon) store(tb testing.TB, instance string, kinds ...string) {
	tb.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	b := &eventv1.OutputBatch{Instance: instance}
	for i, kind := range kinds {
		b.Outputs = append(b.Outputs, &eventv1.Output{
			Cause: uint64(len(d.batches) + 1), Index: uint32(i), Kind: kind, Key: "coin",
			Body: &eventv1.Output_TradeReported{TradeReported: &eventv1.TradeReported{Mint: slices.Repeat([]byte{1}, 32), QuoteAmount: 1 << 60}},
		})
	}
	data, err := proto.Marshal(b)
	if err != nil {
		tb.Fatal(err)
	}
	d.batches = append(d.batches, data)
	d.wake()
}

func (d *daemon) alert(rule string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.alerts = append(d.alerts, &eventv1.Alert{Rule: rule, State: eventv1.AlertState_ALERT_STATE_FIRING})
	d.wake()
}

func (d *daemon) Status() *adminv1.StatusResponse {
	return &adminv1.StatusResponse{
		Version: "v1", Plugins: []*adminv1.PluginStatus{{Instance: "trading", State: "live"}},
		Endpoints: []*adminv1.EndpointStatus{{Name: "sim", State: "streaming"}}, Alerts: []*eventv1.Alert{{Rule: "gap"}},
	}
}

func (d *daemon) Gaps(req *adminv1.GapsRequest) *adminv1.GapsResponse {
	return &adminv1.GapsResponse{MissingSlots: 3, Ranges: []*adminv1.SlotRange{{FromSlot: req.GetFromSlot(), Groups: req.GetGroups()}}}
}

// walk visits what there is from an index on, and follows.
func (d *daemon) walk(ctx context.Context, from int, follow bool, count func() int, visit func(i int) error) error {
	for i := from; ; i++ {
		d.mu.Lock()
		n, changed := count(), d.changed
		d.mu.Unlock()
		if i < n {
			if err := visit(i); err != nil {
				return err
			}
			continue
		}
		if !follow {
			return ctx.Err()
		}
		select {
		case <-changed:
			i--
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (d *daemon) Events(ctx context.Context, req *adminv1.EventsRequest, missed func(from, to uint64), visit func(uint64, []byte) error) error {
	d.mu.Lock()
	from := max(int(max(req.GetFrom()+9, 10)/10)-1, d.gone)
	if tail := int(req.GetTail()); tail > 0 {
		from = max(0, len(d.batches)-tail)
	}
	gone := uint64(d.gone) * 10
	d.mu.Unlock()
	if missed != nil && req.GetTail() == 0 && req.GetFrom() > 0 && req.GetFrom() <= gone {
		missed(req.GetFrom(), gone)
	}
	return d.walk(ctx, from, req.GetFollow(), func() int { return len(d.batches) }, func(i int) error {
		d.mu.Lock()
		data := d.batches[i]
		d.mu.Unlock()
		return visit(uint64(i+1)*10, data)
	})
}

func (d *daemon) Alerts(ctx context.Context, req *adminv1.AlertsRequest, visit func(*adminv1.AlertsResponse) error) error {
	d.mu.Lock()
	from := max(int(max(req.GetFrom(), 1))-1, d.gone)
	if tail := int(req.GetTail()); tail > 0 {
		from = max(0, len(d.alerts)-tail)
	}
	d.mu.Unlock()
	return d.walk(ctx, from, req.GetFollow(), func() int { return len(d.alerts) }, func(i int) error {
		d.mu.Lock()
		a := d.alerts[i]
		d.mu.Unlock()
		return visit(&adminv1.AlertsResponse{Position: uint64(i + 1), Alert: a})
	})
}

// operator knows one plugin, which cannot be resumed.
type operator struct{}

func known(instance string) error {
	if instance != "trading" {
		return status.Errorf(codes.NotFound, "there is no plugin %s", instance)
	}
	return nil
}

func (operator) ResumePlugin(instance string) (*adminv1.ResumePluginResponse, error) {
	if err := known(instance); err != nil {
		return nil, err
	}
	return nil, status.Error(codes.FailedPrecondition, "it runs")
}

func (operator) PluginCrash(_ context.Context, instance string) (*adminv1.PluginCrashResponse, error) {
	return &adminv1.PluginCrashResponse{Crash: &adminv1.Crash{Cause: "panic"}}, known(instance)
}

func (operator) PluginLogs(_ context.Context, req *adminv1.PluginLogsRequest, visit func(*adminv1.PluginLogsResponse) error) error {
	if err := known(req.GetInstance()); err != nil {
		return err
	}
	return visit(&adminv1.PluginLogsResponse{Lines: []string{"level=INFO msg=hello"}})
}

func (operator) RollbackPlugin(_ context.Context, instance string) (*adminv1.RollbackPluginResponse, error) {
	if instance == "broken" {
		return nil, errors.New("secret inner detail")
	}
	return &adminv1.RollbackPluginResponse{Path: "/p"}, known(instance)
}

// serve runs the API over real sockets and returns its address.
func serve(tb testing.TB, cfg api.Config) string {
	tb.Helper()
	if cfg.Operator == nil {
		cfg.Operator = operator{}
	}
	cfg.PerSecond, cfg.Burst = max(cfg.PerSecond, 1), max(cfg.Burst, 100_000)
	a := api.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	server := httptest.NewServer(a)
	tb.Cleanup(func() {
		cancel()
		<-done
		server.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return server.URL
}

// answer is what a request gave.
type answer struct {
	code int
	head http.Header
	body string
}

func ask(tb testing.TB, method, url string, change func(*http.Request)) answer {
	tb.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func TestAnswers(t *testing.T) {
	d := newDaemon()
	d.store(t, "trading", "trade", "candle")
	d.store(t, "liquidity", "pool_created")
	d.store(t, "trading", "trade")
	d.alert("gap")
	d.alert("stream_lag")
	url := serve(t, api.Config{Source: d})
	for path, want := range map[string]struct {
		code int
		body string
	}{
		"/status":                            {200, `"version":"v1"`},
		"/connections":                       {200, `{"items":[{"name":"sim","state":"streaming"`},
		"/plugins/trading":                   {200, `{"instance":"trading"`},
		"/plugins/nothing":                   {404, `there is no monitor instance nothing`},
		"/plugins/trading/crash":             {200, `"cause":"panic"`},
		"/plugins/trading/logs?tail=3":       {200, `"lines":["level=INFO msg=hello"]`},
		"/plugins/nothing/logs":              {404, `there is no plugin nothing`},
		"/gaps?from_slot=7&groups=curve,amm": {200, `"from_slot":"7"`},
		"/gaps?from_slot=7&to_slot=6":        {400, `"parameter":"to_slot"`},
		"/gaps?states=missing,lost":          {400, `is none of complete, empty`},
		"/alerts":                            {200, `"position":"2"`},
		"/alerts?from=1&limit=1":             {200, `"next":"2"`},
		"/alerts?firing=true":                {200, `{"items":[{"alert":{"rule":"gap"`},
		"/alerts?firing=maybe":               {400, `neither true nor false`},
		"/events?kinds=pool_created":         {200, `"id":"20.0","instance":"liquidity","cause":"2"`},
		"/events?from=1&limit=2":             {200, `"next":"20"`},
		"/events?from=20":                    {200, `{"items":[{"id":"20.0"`},
		"/events?mint=x":                     {400, `is no address in base58`},
		"/events?limit=0":                    {400, `is less than 1`},
		"/events?limit=1001":                 {400, `is more than 1000`},
		"/events?limit=-1":                   {400, `is no whole number`},
		"/events?limit=1&limit=2":            {400, `is given 2 times`},
		"/events?nothing=1":                  {400, `is not known here`},
		"/events?key=%zz":                    {400, `cannot be read`},
		"/nothing":                           {404, `openapi.json lists`},
		"/tokens/4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi/candles": {400, `"parameter":"quote_mint"`},
		"/plugins/../status":      {404, `did you mean`},
		"/stream?topics=all":      {400, `is none of outputs`},
		"/stream?last_event_id=7": {400, `is no id`},
		"/events?mint=4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi": {200, `"id":"10.0"`},
	} {
		got := ask(t, http.MethodGet, url+"/api/v1"+path, nil)
		if got.code != want.code || !strings.Contains(got.body, want.body) {
			t.Errorf("%s: %d %s, want %d with %s", path, got.code, got.body, want.code, want.body)
		}
		checkProblem(t, path, got)
	}
}

// checkProblem checks the form of an answer: JSON, and a problem document when it is one.
func checkProblem(tb testing.TB, what string, got answer) {
	tb.Helper()
	var p struct {
		Title, Detail string
		Status        int
	}
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		tb.Errorf("%s: %d %q is no JSON: %v", what, got.code, got.body, err)
	}
	if got.code >= 400 && (got.head.Get("Content-Type") != "application/problem+json" || p.Status != got.code || p.Title == "" || p.Detail == "") {
		tb.Errorf("%s: %d %s (%s) is no problem document", what, got.code, got.body, got.head.Get("Content-Type"))
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	d := newDaemon()
	open := serve(t, api.Config{Source: d})
	closed := serve(t, api.Config{
		Source: d, Tokens: []api.Token{{Name: "r", Secret: "reader-reader-reader", Scope: api.Read}, {Name: "a", Secret: "admin-admin-admin", Scope: api.Admin}},
		Origins: []string{"https://desk.example"}, Hosts: []string{"Weir.example"},
	})
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	bearer := func(token string) func(*http.Request) { return header("Authorization", "Bearer "+token) }
	reads := bearer("reader-reader-reader")
	for name, test := range map[string]struct {
		method, url string
		change      func(*http.Request)
		code        int
	}{
		"open read":                     {http.MethodGet, open + "/api/v1/status", nil, 200},
		"open admin":                    {http.MethodPost, open + "/api/v1/plugins/trading/rollback", nil, 403},
		"no token":                      {http.MethodGet, closed + "/api/v1/status", nil, 401},
		"wrong token":                   {http.MethodGet, closed + "/api/v1/status", bearer("reader-reader-reade"), 401},
		"reader":                        {http.MethodGet, closed + "/api/v1/status", reads, 200},
		"reader as admin":               {http.MethodPost, closed + "/api/v1/plugins/trading/rollback", reads, 403},
		"admin":                         {http.MethodPost, closed + "/api/v1/plugins/trading/rollback", bearer("admin-admin-admin"), 200},
		"admin of nothing":              {http.MethodPost, closed + "/api/v1/plugins/nothing/rollback", bearer("admin-admin-admin"), 404},
		"admin at the wrong time":       {http.MethodPost, closed + "/api/v1/plugins/trading/resume", bearer("admin-admin-admin"), 409},
		"our fault":                     {http.MethodPost, closed + "/api/v1/plugins/broken/rollback", bearer("admin-admin-admin"), 500},
		"wrong method":                  {http.MethodGet, closed + "/api/v1/plugins/trading/rollback", bearer("admin-admin-admin"), 405},
		"token in a query of no stream": {http.MethodGet, closed + "/api/v1/status?token=reader-reader-reader", nil, 401},
		"strange page":                  {http.MethodGet, open + "/api/v1/status", header("Origin", "https://evil.example"), 403},
		"allowed page":                  {http.MethodOptions, closed + "/api/v1/status", header("Origin", "https://desk.example"), 204},
		"strange name":                  {http.MethodGet, open + "/api/v1/status", func(r *http.Request) { r.Host = "evil.example" }, 421},
		"known name":                    {http.MethodGet, closed + "/api/v1/status", func(r *http.Request) { r.Host = "weir.example:80"; reads(r) }, 200},
		"a body": {http.MethodPost, closed + "/api/v1/plugins/trading/rollback", func(r *http.Request) {
			bearer("admin-admin-admin")(r)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
		}, 413},
	} {
		got := ask(t, test.method, test.url, test.change)
		if got.code != test.code {
			t.Errorf("%s: %d %s, want %d", name, got.code, got.body, test.code)
		}
		if test.code != 204 {
			checkProblem(t, name, got)
		}
		if wants := map[string]string{"no token": "show a token", "wrong token": "none of http.tokens"}[name]; !strings.Contains(got.body, wants) {
			t.Errorf("%s: %s lacks %q", name, got.body, wants)
		}
		if strings.Contains(got.body, "secret") || strings.Contains(got.body, "reader-reader") {
			t.Errorf("%s: the answer gives something away: %s", name, got.body)
		}
	}
	if got := ask(t, http.MethodGet, closed+"/api/v1/status", func(r *http.Request) { reads(r); r.Header.Set("Origin", "https://desk.example") }); got.head.Get("Access-Control-Allow-Origin") != "https://desk.example" {
		t.Errorf("an allowed page is not told so: %v", got.head)
	}
}

func TestTooManyRequests(t *testing.T) {
	a := api.New(api.Config{Source: newDaemon(), Operator: operator{}, PerSecond: 1, Burst: 3})
	server := httptest.NewServer(a)
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var codes []int
	for range 5 {
		got := ask(t, http.MethodGet, server.URL+"/api/v1/status", nil)
		if codes = append(codes, got.code); got.code == 429 && got.head.Get("Retry-After") == "" {
			t.Error("it is not said when to come again")
		}
	}
	if !slices.Equal(codes, []int{200, 200, 200, 429, 429}) {
		t.Errorf("answers %d", codes)
	}
}

// sse reads a stream of server-sent events.
type sse struct {
	close func()
	lines *bufio.Scanner
	id    string
}

func openSSE(tb testing.TB, url, last string) *sse {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	response, err := http.DefaultClient.Do(req) //nolint:bodyclose // close does it
	if err != nil {
		tb.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		tb.Fatalf("stream: %s", response.Status)
	}
	s := &sse{lines: bufio.NewScanner(response.Body), close: func() { cancel(); response.Body.Close() }}
	s.lines.Buffer(nil, 1<<20)
	return s
}

// next returns topic and data of the next event.
func (s *sse) next(tb testing.TB) (topic, data string) {
	tb.Helper()
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch {
		case field == "id":
			s.id = value
		case field == "event":
			topic = value
		case field == "data":
			data = value
		case field == "" && topic != "":
			return topic, data
		}
	}
	tb.Fatalf("the stream ended: %v", s.lines.Err())
	return "", ""
}

// output reads the next output's cause and index.
func (s *sse) output(tb testing.TB) string {
	tb.Helper()
	_, data := s.next(tb)
	var o struct {
		ID    string
		Cause string
		Index int
	}
	if err := json.Unmarshal([]byte(data), &o); err != nil {
		tb.Fatalf("%q: %v", data, err)
	}
	return fmt.Sprintf("%s.%d", o.Cause, o.Index)
}

func TestAStreamGoesOnWhereItEnded(t *testing.T) {
	d := newDaemon()
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream"
	d.store(t, "trading", "old", "old") // before the stream: not sent
	s := openSSE(t, url, "")
	time.Sleep(50 * time.Millisecond)
	go func() {
		for range 200 {
			d.store(t, "trading", "a", "b", "c")
		}
	}()
	var got []string
	for range 100 {
		got = append(got, s.output(t))
	}
	s.close() // in the middle of a batch, and the rest comes while nobody listens
	time.Sleep(100 * time.Millisecond)
	s = openSSE(t, url, s.id)
	for len(got) < 600 {
		got = append(got, s.output(t))
	}
	s.close()
	for i, id := range got {
		if want := fmt.Sprintf("%d.%d", 2+i/3, i%3); id != want {
			t.Fatalf("output %d is %s, want %s", i, id, want)
		}
	}
}

func TestTopicsAndFilters(t *testing.T) {
	d := newDaemon()
	d.alert("old")
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream?topics=outputs,alerts,status&kinds=pool_created"
	s := openSSE(t, url, "")
	defer s.close()
	if topic, data := s.next(t); topic != "status" || !strings.Contains(data, `"version":"v1"`) {
		t.Fatalf("first came %s %s", topic, data)
	}
	d.store(t, "trading", "trade")
	d.store(t, "liquidity", "trade", "pool_created")
	d.alert("gap")
	seen := map[string]string{}
	for len(seen) < 2 {
		if topic, data := s.next(t); topic != "status" {
			if seen[topic] != "" {
				t.Errorf("a second of %s: %s", topic, data)
			}
			seen[topic] = data
		}
	}
	if !strings.Contains(seen["outputs"], `"kind":"pool_created"`) || !strings.Contains(seen["alerts"], `"rule":"gap"`) {
		t.Errorf("came %v", seen)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	url := serve(t, api.Config{Source: newDaemon(), Streams: 1}) + "/api/v1/stream"
	s := openSSE(t, url+"?topics=status", "")
	defer s.close()
	s.next(t)
	if got := ask(t, http.MethodGet, url, nil); got.code != 503 || got.head.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.code, got.body)
	}
}

func FuzzRequest(f *testing.F) {
	url := serve(f, api.Config{Source: newDaemon()})
	for _, seed := range []string{"GET /status", "GET /events?from=1&limit=3", "POST /plugins/x/resume", "DELETE /", "GET /gaps?from_slot=99999999999999999999", "GET /plugins/%00", "GET //x?;=&%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		method, target, _ := strings.Cut(line, " ")
		if strings.Contains(target, "/stream") || strings.Contains(target, "/ws") {
			return // they stay open
		}
		req, err := http.NewRequestWithContext(t.Context(), method, url+"/api/v1"+target, nil)
		if err != nil {
			return // not HTTP
		}
		client := http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.Do(req)
		if err != nil {
			if strings.Contains(err.Error(), "Timeout") {
				t.Fatalf("%s hangs: %v", line, err)
			}
			return // the client refuses to send it
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode >= 500 || response.StatusCode >= 300 && response.StatusCode < 400 {
			t.Fatalf("%s: %s %s", line, response.Status, body)
		}
		if method != http.MethodHead && response.StatusCode != http.StatusNoContent && response.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
			checkProblem(t, line, answer{response.StatusCode, response.Header, string(body)})
		}
	})
}
