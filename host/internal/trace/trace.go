// Package trace shows the way of single transactions through the rooms as OpenTelemetry traces, where an operator asks for it. At most one
// transaction in a while is followed, so its cost does not depend on the load.
package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Config says where traces go.
type Config struct {
	// Endpoint is the address of an OTLP receiver over HTTP, for example http://127.0.0.1:4318.
	Endpoint string
	// Every is the least time between two transactions that are followed.
	Every time.Duration
	// Version of the daemon, for the receiver.
	Version string
	// Log is told when traces cannot be sent, once a minute at most. Default: nothing.
	Log *slog.Logger
}

// Tracer begins traces. A nil one never does. Any goroutine may use it.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   oteltrace.Tracer
	every    time.Duration
	due      atomic.Int64 // Unix nanoseconds
}

// Open prepares a tracer. Nothing is sent yet; a receiver that is away costs traces and nothing else. Close it.
func Open(ctx context.Context, cfg Config) (*Tracer, error) {
	endpoint, err := url.Parse(cfg.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("open traces: %w", err)
	}
	if endpoint.Path == "" || endpoint.Path == "/" {
		endpoint.Path = "/v1/traces" // where receivers listen; the exporter would take the root
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint.String()), otlptracehttp.WithTimeout(5*time.Second))
	if err != nil {
		return nil, fmt.Errorf("open traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(quietly(cfg.Log))) // else it prints a line of its own for each try
	about := resource.NewSchemaless(attribute.String("service.name", "weir"), attribute.String("service.version", cfg.Version))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter, sdktrace.WithBatchTimeout(time.Second)), sdktrace.WithResource(about))
	return &Tracer{provider: provider, tracer: provider.Tracer("weir"), every: cfg.Every}, nil
}

// quietly returns a function that logs one error a minute.
func quietly(to *slog.Logger) func(error) {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	var due atomic.Int64 // Unix nanoseconds
	return func(err error) {
		if now, at := time.Now().UnixNano(), due.Load(); now >= at && due.CompareAndSwap(at, now+int64(time.Minute)) {
			to.Warn("traces cannot be sent, and are left out", "error", err)
		}
	}
}

// Close sends what is left, until ctx ends.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("close traces: %w", err)
	}
	return nil
}

// Begin follows a transaction that was received at a time; nil when it is not time for one.
func (t *Tracer) Begin(received time.Time) *Journey {
	if t == nil {
		return nil
	}
	now, due := time.Now().UnixNano(), t.due.Load()
	if now < due || !t.due.CompareAndSwap(due, now+int64(t.every)) {
		return nil
	}
	ctx, span := t.tracer.Start(context.Background(), "transaction", oteltrace.WithTimestamp(received))
	return &Journey{tracer: t.tracer, ctx: ctx, span: span}
}

// Journey is a transaction on its way. A nil one does nothing. One goroutine at a time uses it.
type Journey struct {
	tracer oteltrace.Tracer
	ctx    context.Context //nolint:containedctx // it carries the parent span, and ends with the journey
	span   oteltrace.Span
}

// Step adds a stage that it passed.
func (j *Journey) Step(stage string, from, to time.Time) {
	if j == nil {
		return
	}
	_, span := j.tracer.Start(j.ctx, stage, oteltrace.WithTimestamp(from))
	span.End(oteltrace.WithTimestamp(to))
}

// End ends it. outcome is what became of the transaction, for example journaled.
func (j *Journey) End(at time.Time, slot uint64, signature string, records int, outcome string) {
	if j == nil {
		return
	}
	j.span.SetAttributes(
		attribute.Int64("solana.slot", int64(slot)), attribute.String("solana.signature", signature), //nolint:gosec // slots are far below 2^63
		attribute.Int("weir.records", records), attribute.String("weir.outcome", outcome),
	)
	j.span.End(oteltrace.WithTimestamp(at))
}
