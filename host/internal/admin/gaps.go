package admin

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/ledger"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// GapSource is a Source that has a gap ledger. Gaps is called concurrently.
type GapSource interface {
	// Gaps answers from the ledger.
	Gaps(req *adminv1.GapsRequest) *adminv1.GapsResponse
}

// Gaps answers weir gaps.
func (s *service) Gaps(_ context.Context, req *adminv1.GapsRequest) (*adminv1.GapsResponse, error) {
	source, ok := s.source.(GapSource)
	if !ok {
		return nil, status.Error(codes.Unimplemented, "this daemon keeps no gap ledger")
	}
	if req.GetToSlot() != 0 && req.GetToSlot() < req.GetFromSlot() {
		return nil, status.Errorf(codes.InvalidArgument, "the last slot %d lies before the first %d", req.GetToSlot(), req.GetFromSlot())
	}
	return source.Gaps(req), nil
}

// GapsOf answers a request from a ledger. groups are the configured ones, frontier tells how far each came.
func GapsOf(l *ledger.Ledger, groups []string, frontier func(group int) uint64, req *adminv1.GapsRequest) *adminv1.GapsResponse {
	q := ledger.Query{From: req.GetFromSlot(), To: req.GetToSlot(), Groups: req.GetGroups()}
	for _, state := range req.GetStates() {
		q.States = append(q.States, ledger.State(state)) //nolint:gosec // an unknown state matches nothing
	}
	totals := l.Totals()
	out := &adminv1.GapsResponse{MissingSlots: totals.MissingSlots, OldestSlot: totals.Oldest}
	for _, r := range l.Rows(q) {
		out.Ranges = append(out.Ranges, &adminv1.SlotRange{
			FromSlot: r.From, ToSlot: r.To, Groups: r.Names, State: adminv1.SlotState(r.State), Reason: r.Reason, Endpoint: r.Endpoint,
			FoundUnix: unix(r.Found), HealedUnix: unix(r.Healed),
		})
	}
	for i, name := range groups {
		out.Frontiers = append(out.Frontiers, &adminv1.GroupFrontier{Group: name, Slot: frontier(i)})
	}
	return out
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
