package admin

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// PluginSource is a Source whose plugins can be told what to do. Its methods are called concurrently; their errors are statuses.
type PluginSource interface {
	// ResumePlugin starts a plugin that waits in backoff or for an operator.
	ResumePlugin(instance string) (*adminv1.ResumePluginResponse, error)
	// PluginCrash tells of its last crash and its dead letters.
	PluginCrash(ctx context.Context, instance string) (*adminv1.PluginCrashResponse, error)
	// UpgradePlugin changes its program and reports on the way; the old one goes on after an error.
	UpgradePlugin(ctx context.Context, req *adminv1.UpgradePluginRequest, report func(*adminv1.UpgradePluginResponse) error) error
	// RollbackPlugin takes the last upgrade back.
	RollbackPlugin(ctx context.Context, instance string) (*adminv1.RollbackPluginResponse, error)
	// PluginLogs visits lines that it logged, until ctx ends when it is to follow.
	PluginLogs(ctx context.Context, req *adminv1.PluginLogsRequest, visit func(*adminv1.PluginLogsResponse) error) error
	// Records visits a part of the journal.
	Records(ctx context.Context, req *adminv1.RecordsRequest, visit func(*adminv1.RecordsResponse) error) error
}

func (s *service) plugins() (PluginSource, error) {
	source, ok := s.source.(PluginSource)
	if !ok {
		return nil, status.Error(codes.Unimplemented, "this daemon runs no plugins")
	}
	return source, nil
}

// ResumePlugin answers weir plugin resume.
func (s *service) ResumePlugin(_ context.Context, req *adminv1.ResumePluginRequest) (*adminv1.ResumePluginResponse, error) {
	source, err := s.plugins()
	if err != nil {
		return nil, err
	}
	return source.ResumePlugin(req.GetInstance())
}

// PluginCrash answers weir plugin crash.
func (s *service) PluginCrash(ctx context.Context, req *adminv1.PluginCrashRequest) (*adminv1.PluginCrashResponse, error) {
	source, err := s.plugins()
	if err != nil {
		return nil, err
	}
	return source.PluginCrash(ctx, req.GetInstance())
}

// UpgradePlugin answers weir plugin upgrade.
func (s *service) UpgradePlugin(req *adminv1.UpgradePluginRequest, stream grpc.ServerStreamingServer[adminv1.UpgradePluginResponse]) error {
	source, err := s.plugins()
	if err != nil {
		return err
	}
	return source.UpgradePlugin(stream.Context(), req, stream.Send)
}

// RollbackPlugin answers weir plugin rollback.
func (s *service) RollbackPlugin(ctx context.Context, req *adminv1.RollbackPluginRequest) (*adminv1.RollbackPluginResponse, error) {
	source, err := s.plugins()
	if err != nil {
		return nil, err
	}
	return source.RollbackPlugin(ctx, req.GetInstance())
}

// PluginLogs answers weir plugin logs.
func (s *service) PluginLogs(req *adminv1.PluginLogsRequest, stream grpc.ServerStreamingServer[adminv1.PluginLogsResponse]) error {
	source, err := s.plugins()
	if err != nil {
		return err
	}
	return source.PluginLogs(stream.Context(), req, stream.Send)
}

// Records answers weir plugin replay.
func (s *service) Records(req *adminv1.RecordsRequest, stream grpc.ServerStreamingServer[adminv1.RecordsResponse]) error {
	source, err := s.plugins()
	if err != nil {
		return err
	}
	return source.Records(stream.Context(), req, stream.Send)
}
