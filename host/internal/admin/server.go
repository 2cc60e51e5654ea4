// Package admin answers the weir command: the daemon's state and its events, over a Unix socket that only the daemon's user may
// open.
package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Source is the running daemon as admin sees it. Both methods are called concurrently.
type Source interface {
	// Status returns a snapshot.
	Status() *adminv1.StatusResponse
	// Events calls visit for each stored batch (an encoded OutputBatch), oldest first, until ctx ends, visit fails, or, without
	// follow, the end is reached. missed, where it is not nil, is told of positions, both inclusive, that were asked for and are gone
	// or damaged, before the visit of what follows.
	Events(ctx context.Context, req *adminv1.EventsRequest, missed func(from, to uint64), visit func(position uint64, batch []byte) error) error
}

// Server serves one socket.
type Server struct {
	grpc   *grpc.Server
	listen net.Listener
}

// NewServer listens on the socket of dataDir. A socket left by a daemon that was killed is replaced; the journal's lock already
// keeps two daemons apart.
func NewServer(ctx context.Context, dataDir string, source Source) (*Server, error) {
	path, err := SocketPath(dataDir)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(dataDir)
	if err != nil {
		return nil, fmt.Errorf("find data folder: %w", err)
	}
	if dir := filepath.Dir(path); dir == RuntimeDir(abs) {
		if err := PrivateDir(dir); err != nil {
			return nil, err
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old admin socket: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on admin socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("restrict admin socket: %w", err), l.Close())
	}
	g := grpc.NewServer()
	adminv1.RegisterAdminServer(g, &service{source: source})
	return &Server{grpc: g, listen: l}, nil
}

// Run serves until ctx ends. Open event streams are cut: the caller of `weir events --follow` sees the daemon stop.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(time.Second, s.grpc.Stop)
		s.grpc.GracefulStop()
		timer.Stop()
	})
	defer stop()
	if err := s.grpc.Serve(s.listen); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve admin socket: %w", err)
	}
	return nil
}

type service struct {
	adminv1.UnimplementedAdminServer
	source Source
}

func (s *service) Status(context.Context, *adminv1.StatusRequest) (*adminv1.StatusResponse, error) {
	return s.source.Status(), nil
}

func (s *service) Events(req *adminv1.EventsRequest, stream grpc.ServerStreamingServer[adminv1.EventsResponse]) error {
	missed := func(from, to uint64) { // a stream that cannot be sent on ends with the next batch
		_ = stream.Send(&adminv1.EventsResponse{Position: to, Missed: &adminv1.MissedEvents{From: from, To: to}})
	}
	err := s.source.Events(stream.Context(), req, missed, func(position uint64, batch []byte) error {
		out := &adminv1.EventsResponse{Position: position, Batch: &eventv1.OutputBatch{}}
		if err := proto.Unmarshal(batch, out.Batch); err != nil {
			return fmt.Errorf("stored batch %d: %w", position, err)
		}
		return stream.Send(out)
	})
	if err != nil && stream.Context().Err() == nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}
