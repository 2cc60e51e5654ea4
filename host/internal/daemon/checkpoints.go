package daemon

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/journal"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// exportChunk is how much of a state goes into a message, in bytes.
const exportChunk = 256 << 10

// ExportCheckpoint visits the newest state of a plugin; see admin.PluginSource.
func (d *Daemon) ExportCheckpoint(ctx context.Context, req *adminv1.ExportCheckpointRequest, visit func(*adminv1.ExportCheckpointResponse) error) error {
	m, err := d.instance(req.GetInstance())
	if err != nil {
		return err
	}
	c, err := m.Checkpoint(ctx)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	if c == nil {
		return status.Errorf(codes.NotFound, "plugin %s has no checkpoint yet: one is saved within seconds of its first records", req.GetInstance())
	}
	header := &adminv1.CheckpointHeader{Monitor: c.Monitor, Digest: c.Digest, Number: c.Number, StateVersion: c.StateVersion, Size: uint64(c.Size())}
	for _, p := range c.Parts {
		if len(c.Parts) > 1 {
			header.PartSizes = append(header.PartSizes, uint64(len(p.Data)))
		}
	}
	if err := visit(&adminv1.ExportCheckpointResponse{Header: header}); err != nil || req.GetHeaderOnly() {
		return err
	}
	for _, p := range c.Parts {
		for at := 0; at < len(p.Data); at += exportChunk {
			if err := visit(&adminv1.ExportCheckpointResponse{Data: p.Data[at:min(at+exportChunk, len(p.Data))]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ImportCheckpoint makes a state the newest of a plugin; see admin.PluginSource.
func (d *Daemon) ImportCheckpoint(ctx context.Context, instance string, h *adminv1.CheckpointHeader, data []byte) (*adminv1.ImportCheckpointResponse, error) {
	m, err := d.instance(instance)
	if err != nil {
		return nil, err
	}
	parts, err := partsOf(h, data)
	if err != nil {
		return nil, err
	}
	err = m.Import(ctx, journal.Checkpoint{Number: h.GetNumber(), Monitor: h.GetMonitor(), StateVersion: h.GetStateVersion(), Digest: h.GetDigest(), Parts: parts})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &adminv1.ImportCheckpointResponse{After: h.GetNumber()}, nil
}

// partsOf cuts a state into its parts.
func partsOf(h *adminv1.CheckpointHeader, data []byte) (parts []*journal.Part, err error) {
	if uint64(len(data)) != h.GetSize() {
		return nil, status.Errorf(codes.InvalidArgument, "the state has %d bytes, its header says %d", len(data), h.GetSize())
	}
	if len(h.GetPartSizes()) == 0 {
		return journal.Whole(data), nil
	}
	for _, size := range h.GetPartSizes() {
		if size > uint64(len(data)) {
			return nil, status.Error(codes.InvalidArgument, "its parts are more than the state")
		}
		parts = append(parts, &journal.Part{Data: data[:size:size]})
		data = data[size:]
	}
	if len(data) > 0 {
		return nil, status.Error(codes.InvalidArgument, "its parts are less than the state")
	}
	return parts, nil
}
