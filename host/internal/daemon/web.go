package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/api"
	"github.com/weir-run/weir/host/internal/dashboard"
	"github.com/weir-run/weir/host/internal/metrics"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/pool"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// web is what the daemon serves over HTTP.
type web struct {
	listener net.Listener
	server   *http.Server
}

// initWeb listens, so that an address in use is known at the start.
func (d *Daemon) initWeb(ctx context.Context) error {
	address := d.cfg.HTTP.Listen
	if address == "" {
		return nil
	}
	scrape, err := metrics.Handler(d.Status, &d.shown)
	if err != nil {
		return fmt.Errorf("prepare metrics: %w", err)
	}
	if d.api, err = d.newAPI(); err != nil {
		return err
	}
	mux := http.NewServeMux()
	if d.api != nil {
		mux.Handle("/api/", d.api)
		mux.Handle("/", dashboard.Handler())
	}
	mux.Handle("GET /metrics", scrape)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { answer(w, unready(d.Status())) })
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("http.listen: %w; choose another address, or leave it out to serve nothing", err)
	}
	d.web = &web{listener: listener, server: &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}}
	if d.api == nil {
		d.log.Warn("the API is not served beyond this machine without http.tokens", "listen", address)
	}
	d.log.Info("serving", "address", "http://"+listener.Addr().String(), "api", d.api != nil)
	return nil
}

// newAPI makes the API; nil where it would be open to others.
func (d *Daemon) newAPI() (*api.API, error) {
	h := d.cfg.HTTP
	if len(h.Tokens) == 0 && !h.Loopback() {
		return nil, nil //nolint:nilnil // no API is no error
	}
	cfg := api.Config{
		Source: d, Operator: d, Store: d.Store(), Origins: h.Origins, Hosts: h.Hosts, PerSecond: h.RequestsPerSecond, Streams: h.Streams, Log: d.log.With("room", "api"),
	}
	for _, t := range h.Tokens {
		secret, err := t.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("http.tokens %s: %w", t.Name, err)
		}
		cfg.Tokens = append(cfg.Tokens, api.Token{Name: t.Name, Secret: secret, Scope: api.Scope(t.Scope)})
	}
	return api.New(cfg), nil
}

// Address is where the daemon serves HTTP, as host:port; empty when it does not.
func (d *Daemon) Address() string {
	if d.web == nil {
		return ""
	}
	return d.web.listener.Addr().String()
}

func (w *web) run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(w.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := w.server.Shutdown(closing); err != nil {
		_ = w.server.Close() // whoever still reads is cut off
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve http: %w", err)
	}
	return nil
}

func answer(w http.ResponseWriter, reasons []string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(reasons) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, strings.Join(reasons, "\n")+"\n") // the client is gone
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// unready says why the daemon does not do its work right now.
func unready(s *adminv1.StatusResponse) (reasons []string) {
	streams := func(c *adminv1.EndpointStatus) bool { return c.GetState() == string(pool.Streaming) }
	if !slices.ContainsFunc(s.GetEndpoints(), streams) {
		reasons = append(reasons, "no connection streams")
	}
	if trouble := s.GetJournal().GetTrouble(); trouble != "" {
		reasons = append(reasons, "journal: "+trouble)
	}
	for _, p := range s.GetPlugins() {
		if p.GetState() != monitor.Live.String() {
			reasons = append(reasons, "plugin "+p.GetInstance()+" is "+p.GetState())
		}
	}
	return reasons
}
