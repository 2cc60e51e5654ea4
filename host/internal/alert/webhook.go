package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/journal"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// First and longest wait between two tries at a webhook, and how often one is tried that says the alert itself is wrong.
const (
	firstWait    = time.Second
	longestWait  = time.Minute
	refusedTries = 5
)

// webhook sends alerts to one receiver, in order and each at least once: a receiver tells them apart by their number.
type webhook struct {
	set       config.Webhook
	address   string
	secret    []byte
	retention time.Duration
	book      Book
	cursors   Table
	log       *slog.Logger
	client    *http.Client

	mu    sync.Mutex
	state *adminv1.WebhookStatus
}

func newWebhook(set config.Webhook, cfg Config) (*webhook, error) {
	address, err := set.Address()
	if err != nil {
		return nil, err
	}
	secret, err := set.Secret()
	if err != nil {
		return nil, err
	}
	return &webhook{
		set: set, address: address, secret: secret, retention: cfg.Set.Retention, book: cfg.Book, cursors: cfg.Cursors,
		log: cfg.Log.With("webhook", set.Name), state: &adminv1.WebhookStatus{Name: set.Name},
		client: &http.Client{
			Timeout:       set.Timeout,
			Transport:     &http.Transport{MaxIdleConns: 1, IdleConnTimeout: 30 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the address is a secret of the first receiver
		},
	}, nil
}

func (w *webhook) status() *adminv1.WebhookStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	return proto.CloneOf(w.state)
}

func (w *webhook) note(change func(*adminv1.WebhookStatus)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w.state)
}

// run delivers until ctx ends.
func (w *webhook) run(ctx context.Context) {
	defer w.client.CloseIdleConnections()
	for ctx.Err() == nil {
		if err := w.deliver(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("alerts cannot be read for the webhook, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// deliver reads on from where the last one ended. A new webhook begins with the oldest alert that is kept.
func (w *webhook) deliver(ctx context.Context) error {
	key := "webhook/" + w.set.Name
	from, err := position(ctx, w.cursors, key)
	if err != nil {
		return err
	}
	w.note(func(s *adminv1.WebhookStatus) { s.Through = from })
	missed := func(first, last uint64) {
		if first == 1 && from == 0 {
			return // the webhook is new
		}
		w.note(func(s *adminv1.WebhookStatus) { s.Lost += last - first + 1 })
		w.log.Error("alerts were gone from the journal before they were sent, or are damaged", "from_position", first, "to_position", last)
	}
	return w.book.Read(ctx, journal.AlertsQuery{From: from + 1, Follow: true, Missed: missed}, func(at uint64, data []byte) error {
		if err := w.handle(ctx, at, data); err != nil {
			return err
		}
		if err := keep(ctx, w.cursors, key, at); err != nil {
			return err
		}
		w.note(func(s *adminv1.WebhookStatus) { s.Through = at })
		return nil
	})
}

// handle sends one alert and returns an error only when ctx ended before it was done.
func (w *webhook) handle(ctx context.Context, at uint64, data []byte) error {
	var a eventv1.Alert
	if err := proto.Unmarshal(data, &a); err != nil {
		w.log.Error("an alert cannot be read and is not sent", "position", at, "error", err)
		return nil
	}
	if a.GetSeverity() < severityOf(w.set.Severity) || len(w.set.Rules) > 0 && !slices.Contains(w.set.Rules, a.GetRule()) {
		return nil
	}
	err := w.send(ctx, at, &a)
	switch {
	case err == nil:
		failed := ""
		w.note(func(s *adminv1.WebhookStatus) { failed, s.LastError = s.LastError, ""; s.Delivered++ })
		if failed != "" {
			w.log.Info("the webhook takes alerts again")
		}
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	w.note(func(s *adminv1.WebhookStatus) { s.Lost++ })
	w.log.Error("an alert is given up", "rule", a.GetRule(), "position", at, "error", err)
	return nil
}

// errRefused means that the receiver does not want this alert, whenever it is sent.
var errRefused = errors.New("refused")

// send tries until the receiver takes the alert, it is older than the retention, or it was refused several times.
func (w *webhook) send(ctx context.Context, at uint64, a *eventv1.Alert) error {
	payload := w.payload(at, a)
	refused := 0
	again := retrypolicy.NewBuilder[any]().
		WithBackoff(firstWait, longestWait).WithJitterFactor(0.2).WithMaxRetries(-1).ReturnLastFailure().
		AbortIf(func(_ any, err error) bool {
			if errors.Is(err, errRefused) {
				refused++
			}
			return ctx.Err() != nil || refused >= refusedTries || err != nil && time.Since(time.Unix(0, a.GetAtUnixNanos())) > w.retention
		}).Build()
	return failsafe.With(again).WithContext(ctx).Run(func() error {
		err := w.post(ctx, at, payload)
		if err != nil && ctx.Err() == nil {
			before := ""
			w.note(func(s *adminv1.WebhookStatus) { before, s.LastError = s.LastError, err.Error(); s.Failed++ })
			if before == "" {
				w.log.Warn("the webhook does not take alerts; they are kept and tried again", "error", err)
			}
		}
		return err
	})
}

func (w *webhook) post(ctx context.Context, at uint64, payload []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address, bytes.NewReader(payload))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "weir") // that of Go's library is one that some receivers turn away
	req.Header.Set("X-Weir-Alert", strconv.FormatUint(at, 10))
	if w.secret != nil {
		req.Header.Set("X-Weir-Signature", sign(w.secret, time.Now(), payload))
	}
	response, err := w.client.Do(req)
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok {
			err = inner.Err // the outer one prints the address
		}
		return fmt.Errorf("send: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again
	switch code := response.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusBadRequest || code == http.StatusRequestEntityTooLarge || code == http.StatusUnprocessableEntity:
		return fmt.Errorf("the receiver answers %s: %w", response.Status, errRefused)
	default:
		return fmt.Errorf("the receiver answers %s", response.Status)
	}
}
