package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/journal"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book is a log of alerts in memory; down makes it store nothing, and those before first are gone.
type book struct {
	first  uint64
	mu     sync.Mutex
	data   [][]byte
	ids    map[string]bool
	down   bool
	waiter chan struct{}
}

func newBook() *book { return &book{ids: map[string]bool{}, waiter: make(chan struct{})} }

func (b *book) Append(_ context.Context, _, id string, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return errors.New("no room")
	}
	if !b.ids[id] {
		b.data = append(b.data, data)
	}
	b.ids[id] = true
	close(b.waiter)
	b.waiter = make(chan struct{})
	return nil
}

func (b *book) Read(ctx context.Context, q journal.AlertsQuery, visit func(uint64, []byte) error) error {
	for at := max(q.From, 1); ; at++ {
		b.mu.Lock()
		if at < b.first {
			if q.Missed != nil {
				q.Missed(at, b.first-1)
			}
			at = b.first
		}
		wait, n := b.waiter, uint64(len(b.data))
		var data []byte
		if at <= n {
			data = b.data[at-1]
		}
		b.mu.Unlock()
		if data != nil {
			if err := visit(at, data); err != nil {
				return err
			}
			continue
		}
		if !q.Follow {
			return nil
		}
		select {
		case <-wait:
			at--
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *book) rules(t *testing.T) (out []string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, data := range b.data {
		var a eventv1.Alert
		if err := proto.Unmarshal(data, &a); err != nil {
			t.Fatal(err)
		}
		out = append(out, a.GetRule()+" "+stateName(a.GetState()))
	}
	return out
}

// table is a table in memory.
type table struct {
	mu sync.Mutex
	m  map[string]string
}

func (t *table) Get(_ context.Context, key string) ([]byte, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.m[key]
	return []byte(v), ok, nil
}

func (t *table) Put(_ context.Context, key string, value []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m[key] = string(value)
	return nil
}

// receiver is an HTTP server on pipes, so that it lives in a bubble of synctest.
type receiver struct {
	mu     sync.Mutex
	answer func(tries int) int
	tries  int
	got    []*http.Request
	bodies [][]byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.tries++
	code := r.answer(r.tries)
	if code == http.StatusOK {
		r.got, r.bodies = append(r.got, req), append(r.bodies, body)
	}
	r.mu.Unlock()
	w.WriteHeader(code)
}

type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// run starts alerts with one webhook at the receiver, inside a bubble. The function that it returns stops both.
func run(t *testing.T, cfg Config, r *receiver) (a *Alerts, stop func()) {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: r}
	go server.Serve(p) // it ends with net.ErrClosed
	for _, w := range a.webhooks {
		w.client.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			p.conns <- there
			return here, nil
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return a, func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		close(p.closed)
		server.Close()
		synctest.Wait()
	}
}

// faulty gives a status with a gap between two moments after the start.
func faulty(from, to time.Duration) func() *adminv1.StatusResponse {
	start := time.Now()
	return func() *adminv1.StatusResponse {
		s := healthy()
		if at := time.Since(start); at >= from && at < to {
			s.Gaps.MissingSlots = 3
		}
		return s
	}
}

func hooked(cfg Config, w ...config.Webhook) Config {
	cfg.Set.Rules, cfg.Set.Webhooks, cfg.Set.Retention = config.AlertRules(), w, 7*24*time.Hour
	cfg.Cursors = &table{m: map[string]string{}}
	return cfg
}

func TestADeadWebhookLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Setenv("HOOK_SECRET", "key")
		b, start := newBook(), time.Now()
		r := &receiver{answer: func(int) int {
			if time.Since(start) < 3*time.Hour {
				return http.StatusBadGateway
			}
			return http.StatusOK
		}}
		cfg := hooked(Config{Status: faulty(time.Minute, 10*time.Minute), Book: b}, config.Webhook{
			Name: "ops", URL: "http://ops.example/secret-path", Format: "json", Severity: "warning", Timeout: 5 * time.Second, SecretEnv: "HOOK_SECRET",
		})
		var lines bytes.Buffer
		cfg.Log = slog.New(slog.NewTextHandler(&lines, nil))
		a, stop := run(t, cfg, r)
		time.Sleep(2 * time.Hour)
		if s := a.Webhooks()[0]; s.GetDelivered() != 0 || s.GetFailed() < 100 || s.GetFailed() > 250 || s.GetLastError() != "the receiver answers 502 Bad Gateway" {
			t.Errorf("after two dead hours: %v", s)
		}
		stop() // a restart in the middle
		a, stop = run(t, cfg, r)
		time.Sleep(2 * time.Hour)
		if s := a.Webhooks()[0]; s.GetDelivered() != 2 || s.GetLost() != 0 || s.GetThrough() != 2 || s.GetLastError() != "" {
			t.Errorf("after it came back: %v", s)
		}
		stop()
		if got := b.rules(t); !slices.Equal(got, []string{"gap firing", "gap resolved"}) {
			t.Errorf("the book holds %q", got)
		}
		checkSigned(t, r)
		for said, want := range map[string]int{"the webhook does not take alerts": 2, "the webhook takes alerts again": 1, "secret-path": 0, `=""`: 0} { // each daemon says it once
			if n := strings.Count(lines.String(), said); n != want {
				t.Errorf("%q stands %d times in the log, want %d:\n%s", said, n, want, lines.String())
			}
		}
	})
}

func checkSigned(t *testing.T, r *receiver) {
	t.Helper()
	for i, req := range r.got {
		var m message
		if err := json.Unmarshal(r.bodies[i], &m); err != nil || m.Rule != "gap" || m.State != []string{"firing", "resolved"}[i] || m.Severity != "critical" {
			t.Errorf("body %s: %v", r.bodies[i], err)
		}
		at, sum, _ := strings.Cut(strings.TrimPrefix(req.Header.Get("X-Weir-Signature"), "t="), ",v1=")
		mac := hmac.New(sha256.New, []byte("key"))
		mac.Write([]byte(at + "." + string(r.bodies[i])))
		if sum != hex.EncodeToString(mac.Sum(nil)) {
			t.Errorf("signature %q does not fit", req.Header.Get("X-Weir-Signature"))
		}
		if agent := req.Header.Get("User-Agent"); agent != "weir" {
			t.Errorf("user agent %q", agent)
		}
		if req.Header.Get("X-Weir-Alert") != []string{"1", "2"}[i] {
			t.Errorf("number %q", req.Header.Get("X-Weir-Alert"))
		}
	}
	if len(r.got) != 2 {
		t.Errorf("%d alerts came", len(r.got))
	}
}

func TestWhatIsTooOldIsGivenUpAndWhatIsRefusedDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			retention time.Duration
			code      int
			tries     int
		}{
			"too old": {time.Minute, http.StatusServiceUnavailable, 0},
			"refused": {7 * 24 * time.Hour, http.StatusBadRequest, 2 * refusedTries},
		} {
			r := &receiver{answer: func(int) int { return test.code }}
			cfg := hooked(Config{Status: faulty(time.Second, time.Minute), Book: newBook()}, config.Webhook{Name: "ops", URL: "http://x", Format: "json", Severity: "info", Timeout: time.Second})
			cfg.Set.Retention = test.retention
			a, stop := run(t, cfg, r)
			time.Sleep(time.Hour)
			if s := a.Webhooks()[0]; s.GetLost() != 2 || s.GetThrough() != 2 || test.tries > 0 && s.GetFailed() != uint64(test.tries) {
				t.Errorf("%s: %v", name, s)
			}
			stop()
		}
	})
}

// TestWhatIsGoneBeforeItWasSentIsCounted: the stream of alerts is bounded, also while a webhook is away.
func TestWhatIsGoneBeforeItWasSentIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct{ through, lost uint64 }{"a webhook that was away": {1, 2}, "a new webhook": {0, 0}} {
			b := newBook()
			for i := range 5 {
				data, err := proto.Marshal(&eventv1.Alert{Rule: "gap", Severity: eventv1.Severity_SEVERITY_CRITICAL, AtUnixNanos: time.Now().UnixNano()})
				if err != nil {
					t.Fatal(err)
				}
				if err := b.Append(t.Context(), "gap", string(rune('a'+i)), data); err != nil {
					t.Fatal(err)
				}
			}
			b.first = 4
			cfg := hooked(Config{Status: func() *adminv1.StatusResponse { return healthy() }, Book: b}, config.Webhook{Name: "ops", URL: "http://x", Format: "json", Severity: "info", Timeout: time.Second})
			if err := keep(t.Context(), cfg.Cursors, "webhook/ops", test.through); err != nil {
				t.Fatal(err)
			}
			a, stop := run(t, cfg, &receiver{answer: func(int) int { return http.StatusOK }})
			time.Sleep(time.Second)
			if s := a.Webhooks()[0]; s.GetDelivered() != 2 || s.GetLost() != test.lost {
				t.Errorf("%s: %v", name, s)
			}
			stop()
		}
	})
}

func TestAlertsWaitForAJournalThatStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBook()
		b.down = true
		a, stop := run(t, hooked(Config{Status: faulty(0, time.Minute), Book: b}), &receiver{})
		time.Sleep(30 * time.Second)
		if f := a.Firing(); len(f) != 1 || f[0].GetRule() != "gap" {
			t.Errorf("firing %v", f)
		}
		b.mu.Lock()
		b.down = false
		b.mu.Unlock()
		time.Sleep(time.Minute)
		stop()
		if got := b.rules(t); !slices.Equal(got, []string{"gap firing", "gap resolved"}) {
			t.Errorf("the book holds %q", got)
		}
	})
}

func TestFormatsAndFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for format, want := range map[string]string{
			"slack":   `{"text":"[critical] gap: of 3 slots data is missing. What to do: `,
			"discord": `{"allowed_mentions":{"parse":[]},"content":"[critical] gap: of 3 slots data is missing`,
		} {
			r := &receiver{answer: func(int) int { return http.StatusOK }}
			hooks := []config.Webhook{
				{Name: "a", URL: "http://x", Format: format, Severity: "critical", Timeout: time.Second, Rules: []string{"gap"}},
				{Name: "b", URL: "http://x", Format: format, Severity: "info", Timeout: time.Second, Rules: []string{"stream_lag"}},
			}
			a, stop := run(t, hooked(Config{Status: faulty(time.Second, time.Minute), Book: newBook()}, hooks...), r)
			time.Sleep(5 * time.Minute)
			stop()
			if len(r.bodies) != 2 || !strings.HasPrefix(string(r.bodies[0]), want) || !strings.Contains(string(r.bodies[1]), "[resolved] gap, after") {
				t.Errorf("%s: %s", format, r.bodies)
			}
			if s := a.Webhooks(); s[0].GetDelivered() != 2 || s[1].GetDelivered() != 0 || s[1].GetThrough() != 2 {
				t.Errorf("%s: %v", format, s)
			}
		}
	})
}
