// Command dialect is a monitor that speaks the versions of the contract which DIALECTS lists. They differ by the name of the package only:
// weir.plugin.v2 is weir.plugin.v1 under another name.
package main

import (
	"context"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
)

// lies is for tests of Health: the work loop gets stuck.
var lies = os.Getenv("LIES") != ""

func main() {
	// The SDK would take standard output for the handshake of its own version; started without the cookie it does not.
	if err := os.Setenv(wire.CookieKey, wire.CookieValue); err != nil {
		panic(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the host is gone
		os.Exit(0)
	}()
	set := map[int]plugin.PluginSet{}
	for text := range strings.SplitSeq(os.Getenv("DIALECTS"), ",") {
		version, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		set[version] = wire.Plugins(func(server grpc.ServiceRegistrar) {
			if _, err := sdk.Register(renamed{server, version}, monitor, sdk.Options{}); err != nil {
				panic(err)
			}
		})[wire.ProtocolVersion]
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: wire.Handshake, VersionedPlugins: set, Logger: hclog.NewNullLogger(),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, wire.ServerOptions()...)...)
		},
	})
}

// renamed registers services of version 1 under the name of another one.
type renamed struct {
	grpc.ServiceRegistrar

	version int
}

func (r renamed) RegisterService(d *grpc.ServiceDesc, impl any) {
	named := *d
	named.ServiceName = strings.Replace(d.ServiceName, "weir.plugin.v1.", "weir.plugin.v"+strconv.Itoa(r.version)+".", 1)
	if control, ok := impl.(pluginv1.ControlServer); ok && lies && strings.HasSuffix(d.ServiceName, ".Control") {
		impl = liar{control}
	}
	r.ServiceRegistrar.RegisterService(&named, impl)
}

// liar says that it is well, whatever its work loop does.
type liar struct{ pluginv1.ControlServer }

func (liar) Health(context.Context, *pluginv1.HealthRequest) (*pluginv1.HealthResponse, error) {
	return &pluginv1.HealthResponse{}, nil
}

func monitor(h *sdk.Host) sdk.Monitor {
	trades := 0
	return sdk.Monitor{
		Name: "dialect", Version: "0.1.0", State: &trades, Emits: []string{"count"},
		OnTrade: func(*sdk.Record, *sdk.Trade) error {
			if trades++; lies && trades == 30 {
				select {}
			}
			if trades%10 == 0 {
				h.Signal("count", "all", strconv.Itoa(trades), nil)
			}
			return nil
		},
	}
}
