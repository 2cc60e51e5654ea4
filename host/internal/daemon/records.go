package daemon

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/journal"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// Records visits a part of the journal, frame by frame; see admin.PluginSource.
func (d *Daemon) Records(ctx context.Context, req *adminv1.RecordsRequest, visit func(*adminv1.RecordsResponse) error) error {
	first, last := d.journal.Status().First, d.journal.Status().Last
	if req.GetTo() != 0 {
		last = min(last, req.GetTo())
	}
	from := max(req.GetFrom(), 1)
	if req.GetFrom() == 0 {
		from = max(first, 1)
	}
	if last < from {
		return nil
	}
	reader := d.journal.NewReader(from - 1)
	for {
		frame, err := reader.Next(ctx)
		part := &adminv1.RecordsResponse{FirstNumber: frame.First, LastNumber: frame.Last, Batch: frame.Payload}
		if gap, ok := errors.AsType[*journal.GapError](err); ok {
			part = &adminv1.RecordsResponse{FirstNumber: gap.From, LastNumber: min(gap.To, last), Missing: gap.Reason}
		} else if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		if part.GetLastNumber() > last {
			if part.Batch, err = upTo(frame.Payload, last); err != nil {
				return status.Error(codes.Internal, err.Error())
			}
			part.LastNumber = last
		}
		if err := visit(part); err != nil {
			return err
		}
		if part.GetLastNumber() >= last {
			return nil
		}
	}
}

// upTo cuts a frame behind a number.
func upTo(payload []byte, last uint64) ([]byte, error) {
	size := 0
	for e, err := range journal.Envelopes(payload) {
		if err != nil {
			return nil, err
		}
		if e.Number > last {
			break
		}
		size += len(e.Encoded)
	}
	return payload[:size], nil
}

// PluginLogs visits lines of a plugin; see admin.PluginSource.
func (d *Daemon) PluginLogs(ctx context.Context, req *adminv1.PluginLogsRequest, visit func(*adminv1.PluginLogsResponse) error) error {
	m, err := d.instance(req.GetInstance())
	if err != nil {
		return err
	}
	_, _, seen, _ := m.lines.after(0)
	if tail := uint64(req.GetTail()); tail > 0 {
		seen -= min(seen, tail)
	} else {
		seen -= min(seen, linesKept)
	}
	for {
		text, lost, total, more := m.lines.after(seen)
		if len(text) > 0 {
			if err := visit(&adminv1.PluginLogsResponse{Lines: text, Lost: lost}); err != nil {
				return err
			}
		}
		seen = total
		if !req.GetFollow() {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-more:
		}
	}
}
