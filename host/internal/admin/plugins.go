package admin

import (
	"context"
	"errors"
	"io"

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
	// ExportCheckpoint visits the newest state: its header, then its bytes.
	ExportCheckpoint(ctx context.Context, req *adminv1.ExportCheckpointRequest, visit func(*adminv1.ExportCheckpointResponse) error) error
	// ImportCheckpoint makes a state the newest, and starts the plugin with it.
	ImportCheckpoint(ctx context.Context, instance string, h *adminv1.CheckpointHeader, state []byte) (*adminv1.ImportCheckpointResponse, error)
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

// ExportCheckpoint answers weir plugin checkpoint export.
func (s *service) ExportCheckpoint(req *adminv1.ExportCheckpointRequest, stream grpc.ServerStreamingServer[adminv1.ExportCheckpointResponse]) error {
	source, err := s.plugins()
	if err != nil {
		return err
	}
	return source.ExportCheckpoint(stream.Context(), req, stream.Send)
}

// maxImport bounds a state that is brought in, in bytes.
const maxImport = 1 << 30

// ImportCheckpoint answers weir plugin checkpoint import.
func (s *service) ImportCheckpoint(stream grpc.ClientStreamingServer[adminv1.ImportCheckpointRequest, adminv1.ImportCheckpointResponse]) error {
	source, err := s.plugins()
	if err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	state := first.GetData()
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if state = append(state, part.GetData()...); len(state) > maxImport {
			return status.Errorf(codes.InvalidArgument, "the state has more than %d MiB", maxImport>>20)
		}
	}
	done, err := source.ImportCheckpoint(stream.Context(), first.GetInstance(), first.GetHeader(), state)
	if err != nil {
		return err
	}
	return stream.SendAndClose(done)
}
