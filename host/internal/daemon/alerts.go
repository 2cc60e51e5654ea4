package daemon

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/alert"
	"github.com/weir-run/weir/host/internal/journal"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func (d *Daemon) initAlerts(ctx context.Context) (err error) {
	if d.alertLog, err = d.journal.Alerts(ctx, d.cfg.Alerts.Retention); err != nil {
		return fmt.Errorf("open alerts: %w", err)
	}
	cursors, err := d.journal.Table(ctx, "alerts")
	if err != nil {
		return fmt.Errorf("open alerts: %w", err)
	}
	d.alerts, err = alert.New(alert.Config{
		Set: d.cfg.Alerts, Status: d.Status, Book: d.alertLog, Cursors: cursors, Events: d.journal.ReadEvents, Log: d.log.With("room", "alert"),
	})
	return err
}

// Alerts visits stored alerts; see admin.Source.
func (d *Daemon) Alerts(ctx context.Context, req *adminv1.AlertsRequest, visit func(*adminv1.AlertsResponse) error) error {
	q := journal.AlertsQuery{From: req.GetFrom(), Tail: req.GetTail(), Follow: req.GetFollow()}
	return d.alertLog.Read(ctx, q, func(position uint64, data []byte) error {
		a := &eventv1.Alert{}
		if err := proto.Unmarshal(data, a); err != nil {
			return fmt.Errorf("read alert %d: %w", position, err)
		}
		return visit(&adminv1.AlertsResponse{Position: position, Alert: a})
	})
}
