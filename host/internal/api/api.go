// Package api answers over HTTP what weir status, weir events and the store know: REST under /api/v1 with an OpenAPI document, and live
// streams by SSE and WebSocket that go on where a reader left off.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/weir-run/weir/host/internal/store/query"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// Source is the running daemon as the API sees it. All methods are called concurrently.
type Source interface {
	// Status returns a snapshot.
	Status() *adminv1.StatusResponse
	// Gaps answers from the gap ledger.
	Gaps(req *adminv1.GapsRequest) *adminv1.GapsResponse
	// Events calls visit for each stored batch (an encoded OutputBatch), oldest first, until ctx ends, visit fails, or, without
	// follow, the end is reached. missed, where it is not nil, is told of positions, both inclusive, that were asked for and are gone
	// or damaged, before the visit of what follows.
	Events(ctx context.Context, req *adminv1.EventsRequest, missed func(from, to uint64), visit func(position uint64, batch []byte) error) error
	// Alerts calls visit for each stored alert in the same way.
	Alerts(ctx context.Context, req *adminv1.AlertsRequest, visit func(*adminv1.AlertsResponse) error) error
}

// Operator does what admins ask for. Its errors are gRPC statuses. Its methods are called concurrently.
type Operator interface {
	// ResumePlugin starts a plugin that waits.
	ResumePlugin(instance string) (*adminv1.ResumePluginResponse, error)
	// PluginCrash tells of a plugin's last crash.
	PluginCrash(ctx context.Context, instance string) (*adminv1.PluginCrashResponse, error)
	// PluginLogs visits the lines that a plugin logged lately.
	PluginLogs(ctx context.Context, req *adminv1.PluginLogsRequest, visit func(*adminv1.PluginLogsResponse) error) error
	// RollbackPlugin takes the last upgrade back.
	RollbackPlugin(ctx context.Context, instance string) (*adminv1.RollbackPluginResponse, error)
}

// Scope is what a token allows.
type Scope string

// Scopes; Admin holds Read.
const (
	Read  Scope = "read"
	Admin Scope = "admin"
)

// Token lets somebody in.
type Token struct {
	// Name stands in the log.
	Name string
	// Secret is what the bearer shows.
	Secret string
	// Scope is Read or Admin.
	Scope Scope
}

// Config is what the API needs.
type Config struct {
	// Source and Operator are the daemon.
	Source   Source
	Operator Operator
	// Store answers from the database; nil where none is configured.
	Store *query.Reader
	// Tokens let readers and admins in. With none, everybody who reaches the address may read, and nobody is an admin.
	Tokens []Token
	// Origins may use the API from pages of theirs; empty allows none.
	Origins []string
	// Hosts are the names by which the API may be called, without port; empty allows only addresses and localhost, which keeps pages of
	// strangers from reaching it by a name that they control.
	Hosts []string
	// PerSecond bounds the requests of one client address, Burst how many may come at once. Default 50 and 200.
	PerSecond float64
	Burst     int
	// Streams bounds how many live streams are open. Default 2,000.
	Streams int
	// Log takes what goes wrong. Default: nothing.
	Log *slog.Logger
}

// API is the handler. Run reads the live feed; until then streams only show what is stored.
type API struct {
	cfg    Config
	routes []route
	guard  *guard
	feed   *feed
	mux    *http.ServeMux
	walks  chan struct{} // holds one for each walk of a reader through the journal
	shared singleflight.Group
	done   chan struct{} // closed when Run ends: streams end too
}

// New makes the handler. It serves below /api/v1/ and is safe for concurrent use.
func New(cfg Config) *API {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.PerSecond, cfg.Burst, cfg.Streams = orDefault(cfg.PerSecond, 50), orDefault(cfg.Burst, 200), orDefault(cfg.Streams, 2000)
	a := &API{cfg: cfg, guard: newGuard(cfg), mux: http.NewServeMux(), walks: make(chan struct{}, walks), done: make(chan struct{})}
	a.feed = newFeed(cfg.Source, cfg.Log)
	a.routes = slices.Concat(a.stateRoutes(), a.pluginRoutes(), a.storedRoutes(), a.streamRoutes())
	for _, r := range a.routes {
		a.mux.Handle(r.method+" "+prefix+r.path, a.handle(r))
	}
	a.mux.HandleFunc(prefix+"/", func(w http.ResponseWriter, r *http.Request) { a.unrouted(w, r) })
	return a
}

// prefix of all paths.
const prefix = "/api/v1"

func orDefault[T float64 | int](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// Run keeps the live feed until ctx ends, and then ends the streams. Run it once.
func (a *API) Run(ctx context.Context) error {
	defer close(a.done)
	a.feed.run(ctx)
	return nil
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	if clean := path.Clean(r.URL.Path); clean != r.URL.Path || r.URL.RawPath != "" {
		problemf(http.StatusNotFound, "there is no %s: did you mean %s", clipped(r.URL.Path), clipped(clean)).write(w)
		return
	}
	if !strings.HasPrefix(r.URL.Path, prefix+"/") {
		problemf(http.StatusNotFound, "there is no %s: the API begins with %s/", clipped(r.URL.Path), prefix).write(w)
		return
	}
	if p := a.guard.admit(w, r); p != nil {
		p.write(w)
		return
	}
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// unrouted answers what no route takes: a known path with another method, or nothing.
func (a *API) unrouted(w http.ResponseWriter, r *http.Request) {
	for _, other := range []string{http.MethodGet, http.MethodPost} {
		probe := r.Clone(r.Context())
		probe.Method = other
		if _, pattern := a.mux.Handler(probe); other != r.Method && pattern != prefix+"/" && pattern != "" {
			w.Header().Set("Allow", other)
			problemf(http.StatusMethodNotAllowed, "%s is asked for with %s", r.URL.Path, other).write(w)
			return
		}
	}
	problemf(http.StatusNotFound, "there is no %s; %s/openapi.json lists what there is", clipped(r.URL.Path), prefix).write(w)
}

// handle checks the request against a route and answers it.
func (a *API) handle(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if p := a.guard.allow(req, r.scope); p != nil {
			p.write(w)
			return
		}
		args, p := r.parse(req)
		if p != nil {
			p.write(w)
			return
		}
		if r.stream != nil && req.Method == http.MethodHead {
			return
		}
		if r.stream != nil {
			r.stream(w, req, args)
			return
		}
		ctx, cancel := context.WithTimeout(req.Context(), answerTimeout)
		defer cancel()
		body, err := r.answer(ctx, args)
		if err != nil {
			a.failed(req, err).write(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(body, '\n')) // the client is gone
	})
}

// answerTimeout bounds how long one answer may take to make.
const answerTimeout = 10 * time.Second
