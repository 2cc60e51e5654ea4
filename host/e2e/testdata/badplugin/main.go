// Command badplugin is a plugin that speaks the protocol itself and misbehaves in one way: the one that its file name ends with.
// Whatever it does is bounded by itself, so that a limit of the host that fails does no harm to the machine.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// trap is what this copy of the program does wrong.
var trap = strings.TrimPrefix(filepath.Base(os.Args[0]), "bad-")

func main() {
	if len(os.Args) > 1 && os.Args[1] == "sleep" {
		time.Sleep(4 * time.Second) // a child
		return
	}
	time.AfterFunc(lifetime(), func() { os.Exit(9) }) // whatever happens
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "plugin1")
	if trap == "stranger" && len(os.Args) == 1 {
		return stranger(path)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	server := grpc.NewServer(wire.ServerOptions()...)
	p := &plugin{}
	pluginv1.RegisterControlServer(server, p)
	pluginv1.RegisterMonitorServer(server, p)
	fmt.Printf("1|1|unix|%s|grpc|\n", path)
	return server.Serve(l)
}

// plugin answers like a plugin that wants every record and has no state.
type plugin struct {
	pluginv1.UnimplementedControlServer
	pluginv1.UnimplementedMonitorServer

	epoch    uint64
	weakness weakness
}

func (p *plugin) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{Name: "bad-" + trap, Version: "1", StateWrites: 1, StateReadsMin: 1}, nil
}

func (p *plugin) Configure(_ context.Context, r *pluginv1.ConfigureRequest) (*pluginv1.ConfigureResponse, error) {
	if len(r.GetConfig()) == 0 {
		return &pluginv1.ConfigureResponse{}, nil
	}
	if err := json.Unmarshal(r.GetConfig(), &p.weakness); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &pluginv1.ConfigureResponse{}, nil
}

func (p *plugin) Open(_ context.Context, r *pluginv1.OpenRequest) (*pluginv1.OpenResponse, error) {
	p.epoch = r.GetEpoch()
	return &pluginv1.OpenResponse{}, nil
}

func (p *plugin) Restore(s grpc.ClientStreamingServer[pluginv1.RestoreRequest, pluginv1.RestoreResponse]) error {
	for {
		if _, err := s.Recv(); err != nil {
			return s.SendAndClose(&pluginv1.RestoreResponse{})
		}
	}
}

func (p *plugin) Health(context.Context, *pluginv1.HealthRequest) (*pluginv1.HealthResponse, error) {
	return &pluginv1.HealthResponse{}, nil
}

func (p *plugin) Drain(context.Context, *pluginv1.DrainRequest) (*pluginv1.DrainResponse, error) {
	if trap == "stubborn" {
		select {} // and SIGTERM is ignored too
	}
	return &pluginv1.DrainResponse{}, nil
}

func (p *plugin) Close(context.Context, *pluginv1.CloseRequest) (*pluginv1.CloseResponse, error) {
	return &pluginv1.CloseResponse{}, nil
}

// Run answers batches and barriers, and springs the trap at the first batch of this process, or at each where one is not enough.
func (p *plugin) Run(stream grpc.BidiStreamingServer[pluginv1.HostFrame, pluginv1.PluginFrame]) error {
	sprung := false
	for {
		frame, err := stream.Recv()
		if err != nil {
			return nil
		}
		if b := frame.GetBarrier(); b != nil {
			chunk := &pluginv1.StateChunk{Checkpoint: b.GetCheckpoint(), Data: []byte("{}"), Last: true, StateVersion: 1}
			if err := stream.Send(&pluginv1.PluginFrame{Epoch: p.epoch, Frame: &pluginv1.PluginFrame_State{State: chunk}}); err != nil {
				return err
			}
		}
		if gap := frame.GetGap(); gap != nil {
			done := &pluginv1.PluginFrame_Outputs{Outputs: &pluginv1.Outputs{Through: gap.GetToNumber()}}
			if err := stream.Send(&pluginv1.PluginFrame{Epoch: p.epoch, Frame: done}); err != nil {
				return err
			}
		}
		batch := frame.GetBatch()
		if batch == nil {
			continue
		}
		p.weakness.show(batch)
		through := batch.GetRecords()[len(batch.GetRecords())-1].GetNumber()
		answer := &pluginv1.PluginFrame{Epoch: p.epoch, Frame: &pluginv1.PluginFrame_Outputs{Outputs: &pluginv1.Outputs{Through: through}}}
		if !sprung {
			sprung = trap != "emits"
			spring(answer, through)
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}
