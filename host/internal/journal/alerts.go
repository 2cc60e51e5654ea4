package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// AlertLog keeps alerts in their order, in a stream of its own. Any goroutine may use it.
type AlertLog struct{ j *Journal }

// alertsBytes bounds the stream of alerts: the oldest go first.
const alertsBytes = 64 << 20

// AlertsQuery chooses alerts.
type AlertsQuery struct {
	// From is the lowest position wanted; 0 is the oldest held.
	From uint64
	// Tail, when not 0, gives the last so many instead.
	Tail uint64
	// Follow waits for more at the end.
	Follow bool
	// Missed is as in EventsQuery.
	Missed func(from, to uint64)
}

// Alerts opens the log of alerts, and makes it when it is not there. Alerts older than keep go away.
func (j *Journal) Alerts(ctx context.Context, keep time.Duration) (*AlertLog, error) {
	_, err := j.node.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: alertsStream, Subjects: []string{alertsPrefix + "*"}, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		Discard: jetstream.DiscardOld, MaxBytes: j.alertsBound(), MaxAge: keep, Replicas: j.cfg.Replicas, AllowDirect: true,
		Duplicates: min(10*time.Minute, keep),
	})
	if err != nil {
		return nil, fmt.Errorf("make stream %s: %w", alertsStream, err)
	}
	return &AlertLog{j: j}, nil
}

func (j *Journal) alertsBound() int64 {
	if j.cfg.EventsMaxBytes > 0 {
		return min(alertsBytes, j.cfg.EventsMaxBytes)
	}
	return alertsBytes
}

// Append stores an encoded eventv1.Alert durably. rule is part of the subject, for readers with their own NATS client. A second one with
// the same id within ten minutes is not stored again.
func (l *AlertLog) Append(ctx context.Context, rule, id string, alert []byte) error {
	if err := checkName(rule); err != nil {
		return fmt.Errorf("append alert: %w", err)
	}
	if err := l.j.node.roomy(); err != nil {
		return fmt.Errorf("append alert: %w", err)
	}
	m := &nats.Msg{Subject: alertsPrefix + rule, Data: alert, Header: nats.Header{headerSum: {checksum(alert)}}}
	if _, err := l.j.node.js.PublishMsg(ctx, m, jetstream.WithMsgID(id)); err != nil {
		return fmt.Errorf("append alert: %s", l.j.node.explain(err))
	}
	return nil
}

// Read visits stored alerts, encoded eventv1.Alert messages, in order, as Journal.ReadEvents does.
func (l *AlertLog) Read(ctx context.Context, q AlertsQuery, visit func(position uint64, alert []byte) error) error {
	s, err := l.j.node.js.Stream(ctx, alertsStream)
	if err != nil {
		return fmt.Errorf("read alerts: %w", err)
	}
	state := s.CachedInfo().State
	from := max(q.From, 1)
	if q.Tail > 0 {
		from = max(state.FirstSeq, 1)
		if state.LastSeq >= from && state.LastSeq-from >= q.Tail {
			from = state.LastSeq - q.Tail + 1
		}
	}
	return l.j.visit(ctx, visitor{stream: alertsStream, follow: q.Follow, next: from, last: state.LastSeq, visit: visit, missed: q.Missed})
}
