package alert

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/journal"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Book keeps alerts in their order; *journal.AlertLog is one.
type Book interface {
	Append(ctx context.Context, rule, id string, alert []byte) error
	Read(ctx context.Context, q journal.AlertsQuery, visit func(position uint64, alert []byte) error) error
}

// Table keeps how far each reader is; *journal.Table is one.
type Table interface {
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	Put(ctx context.Context, key string, value []byte) error
}

// Events visits stored batches of outputs, as journal.ReadEvents does.
type Events func(ctx context.Context, q journal.EventsQuery, visit func(position uint64, batch []byte) error) error

// Config is what alerts need.
type Config struct {
	// Set is the alerts part of the configuration, as config.Load gives it.
	Set config.Alerts
	// Status is asked once a second, from one goroutine.
	Status func() *adminv1.StatusResponse
	// Book, Cursors and Events are the journal's.
	Book    Book
	Cursors Table
	Events  Events
	// Log takes each alert, and what is wrong with webhooks.
	Log *slog.Logger
	// Every is the time between two looks. Default 1 s.
	Every time.Duration
}

// Alerts watches the status and the events, and delivers what it finds. Run it once; the other methods may be called from any goroutine.
type Alerts struct {
	cfg      Config
	webhooks []*webhook

	mu     sync.Mutex
	engine *Engine
	firing []*eventv1.Alert
}

// New prepares everything. It reads the addresses and keys of webhooks, and says what is wrong with them.
func New(cfg Config) (*Alerts, error) {
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	a := &Alerts{cfg: cfg, engine: NewEngine(cfg.Set.Rules)}
	for _, w := range cfg.Set.Webhooks {
		hook, err := newWebhook(w, cfg)
		if err != nil {
			return nil, fmt.Errorf("webhook %s: %w", w.Name, err)
		}
		a.webhooks = append(a.webhooks, hook)
	}
	return a, nil
}

// Run watches and delivers until ctx ends. What is not delivered then is delivered after the next start. It returns no error of a
// receiver: an alert must not stop what it tells of.
func (a *Alerts) Run(ctx context.Context) error {
	if err := a.adopt(ctx); err != nil && ctx.Err() == nil {
		a.cfg.Log.Error("alerts of the run before cannot be read: what still fires is told again", "error", err)
	}
	var all errgroup.Group
	all.Go(func() error { a.watch(ctx); return nil })
	for _, w := range a.webhooks {
		all.Go(func() error { w.run(ctx); return nil })
	}
	if len(a.cfg.Set.Events) > 0 {
		all.Go(func() error { a.follow(ctx); return nil })
	}
	return all.Wait()
}

// Firing returns what fires now, the oldest first.
func (a *Alerts) Firing() []*eventv1.Alert {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.firing
}

// Webhooks tells what each webhook was told.
func (a *Alerts) Webhooks() (out []*adminv1.WebhookStatus) {
	for _, w := range a.webhooks {
		out = append(out, w.status())
	}
	return out
}

// adopt takes over what the run before said.
func (a *Alerts) adopt(ctx context.Context) error {
	err := a.cfg.Book.Read(ctx, journal.AlertsQuery{}, func(_ uint64, data []byte) error {
		var old eventv1.Alert
		if err := proto.Unmarshal(data, &old); err == nil { // a later version may have written it
			a.engine.Adopt(&old)
		}
		return nil
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.firing = a.engine.Firing()
	return err
}

// maxUnsaid bounds the alerts that wait for a journal that stores nothing; beyond it the oldest is said in the log alone.
const maxUnsaid = 1000

// watch asks for the status and stores what the engine makes of it.
func (a *Alerts) watch(ctx context.Context) {
	ticker := time.NewTicker(a.cfg.Every)
	defer ticker.Stop()
	var unsaid []*eventv1.Alert
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			found := a.engine.Observe(now, a.cfg.Status())
			a.mu.Lock()
			a.firing = a.engine.Firing()
			a.mu.Unlock()
			for _, alert := range found {
				a.say(ctx, alert)
			}
			unsaid = a.store(ctx, append(unsaid, found...))
			unsaid = unsaid[max(0, len(unsaid)-maxUnsaid):]
		}
	}
}

// store appends alerts to the book and returns those for which it has no room now.
func (a *Alerts) store(ctx context.Context, alerts []*eventv1.Alert) []*eventv1.Alert {
	for i, alert := range alerts {
		data, err := proto.Marshal(alert)
		if err != nil {
			a.cfg.Log.Error("an alert cannot be encoded", "rule", alert.GetRule(), "error", err)
			continue
		}
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		err = a.cfg.Book.Append(bounded, alert.GetRule(), idOf(alert), data)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				a.cfg.Log.Debug("an alert waits for the journal", "rule", alert.GetRule(), "error", err)
			}
			return alerts[i:]
		}
	}
	return nil
}

// idOf is the same for the same alert said twice.
func idOf(a *eventv1.Alert) string {
	if a.GetState() == eventv1.AlertState_ALERT_STATE_NOTICE {
		return fmt.Sprintf("%s/%s/%d.%d", a.GetRule(), a.GetInstance(), a.GetEvent().GetCause(), a.GetEvent().GetIndex())
	}
	return fmt.Sprintf("%s/%s/%d/%d", a.GetRule(), a.GetSubject(), a.GetState(), a.GetAtUnixNanos())
}

// say puts an alert into the log.
func (a *Alerts) say(ctx context.Context, alert *eventv1.Alert) {
	level := map[eventv1.Severity]slog.Level{
		eventv1.Severity_SEVERITY_WARNING: slog.LevelWarn, eventv1.Severity_SEVERITY_CRITICAL: slog.LevelError,
	}[alert.GetSeverity()]
	text := "alert"
	if alert.GetState() == eventv1.AlertState_ALERT_STATE_RESOLVED {
		text, level = "alert is over", slog.LevelInfo
	}
	said := []any{"rule", alert.GetRule()}
	for _, part := range [][2]string{{"subject", alert.GetSubject()}, {"detail", alert.GetDetail()}, {"remedy", alert.GetRemedy()}} {
		if part[1] != "" {
			said = append(said, part[0], part[1])
		}
	}
	a.cfg.Log.Log(ctx, level, text, said...)
}

// position reads a cursor; 0 when there is none.
func position(ctx context.Context, t Table, key string) (uint64, error) {
	value, found, err := t.Get(ctx, key)
	if err != nil || !found {
		return 0, err
	}
	return strconv.ParseUint(string(value), 10, 64)
}

func keep(ctx context.Context, t Table, key string, position uint64) error {
	return t.Put(ctx, key, strconv.AppendUint(nil, position, 10))
}
