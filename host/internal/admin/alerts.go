package admin

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// AlertSource is a Source that keeps alerts. Alerts is called concurrently.
type AlertSource interface {
	// Alerts calls visit for each stored alert, oldest first, until ctx ends, visit fails, or, without follow, the end is reached.
	Alerts(ctx context.Context, req *adminv1.AlertsRequest, visit func(*adminv1.AlertsResponse) error) error
}

// Alerts answers weir alerts.
func (s *service) Alerts(req *adminv1.AlertsRequest, stream grpc.ServerStreamingServer[adminv1.AlertsResponse]) error {
	source, ok := s.source.(AlertSource)
	if !ok {
		return status.Error(codes.Unimplemented, "this daemon keeps no alerts")
	}
	if err := source.Alerts(stream.Context(), req, stream.Send); err != nil && stream.Context().Err() == nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}
