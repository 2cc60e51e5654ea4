package admin

import (
	"context"

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
