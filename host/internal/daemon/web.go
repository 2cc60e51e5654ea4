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
	scrape, err := metrics.Handler(d.Status)
	if err != nil {
		return fmt.Errorf("prepare metrics: %w", err)
	}
	mux := http.NewServeMux()
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
	d.log.Info("serving metrics", "address", "http://"+listener.Addr().String()+"/metrics")
	return nil
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
