package wire

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Protocol facts. The version is the major version of the contract, weir.plugin.v1.
const (
	// ProtocolVersion is negotiated by go-plugin.
	ProtocolVersion = 1
	// PluginName is the one name that a host dispenses.
	PluginName = "monitor"
	// CookieKey and CookieValue tell a monitor that a Weir host started it. They keep nobody out.
	CookieKey   = "WEIR_MONITOR"
	CookieValue = "b6a2f0d49a0c4f3f8f0de2c1c8a7b5e1"
	// LivenessEnv set to "stdin" says that standard input is a pipe which the host never writes to and which closes when the
	// host dies. A monitor exits on its end.
	LivenessEnv = "WEIR_LIVENESS"
	// DebugEnv names a Unix socket on which a monitor that no host started serves the contract, for a host to attach to.
	DebugEnv = "WEIR_DEBUG"
	// HostSocketEnv names the socket on which the host answers questions (weir.plugin.v1.Host). It is not set where the host has none.
	HostSocketEnv = "WEIR_HOST_SOCKET"
	// LogLevelEnv sets the lowest level that a monitor logs: debug, info (default), warn or error.
	LogLevelEnv = "WEIR_LOG_LEVEL"
)

// DebugHostSocket is where a host that attaches to the socket of DebugEnv answers questions, while it is attached: a monitor that no host
// started got no HostSocketEnv from one.
func DebugHostSocket(socket string) string { return socket + ".host" }

// Handshake is the same on both ends.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  ProtocolVersion,
	MagicCookieKey:   CookieKey,
	MagicCookieValue: CookieValue,
}

// Plugins is the VersionedPlugins of a monitor: register puts its services on the server. See HostPlugins for the other end.
func Plugins(register func(grpc.ServiceRegistrar)) map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{ProtocolVersion: {PluginName: &monitorPlugin{register: register}}}
}

// Client is what a host gets from Dispense(PluginName).
type Client struct {
	// Control starts, inspects and stops the monitor.
	Control pluginv1.ControlClient
	// Monitor carries the data as messages. See Run for bytes.
	Monitor pluginv1.MonitorClient

	conn grpc.ClientConnInterface
}

// NewClient makes a client of a connection, whoever made that.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{Control: pluginv1.NewControlClient(conn), Monitor: pluginv1.NewMonitorClient(conn), conn: conn}
}

// Run opens the data stream for encoded messages: SendMsg and RecvMsg take a *Raw, or a message where speed does not matter.
// A HostFrame's bytes must not change after SendMsg.
func (c *Client) Run(ctx context.Context) (grpc.ClientStream, error) {
	return c.conn.NewStream(ctx, &pluginv1.Monitor_ServiceDesc.Streams[0], pluginv1.Monitor_Run_FullMethodName,
		grpc.ForceCodecV2(Codec{}))
}

// Restore opens the stream that brings a state, for encoded messages as Run. After the last one CloseSend, and RecvMsg of the answer.
func (c *Client) Restore(ctx context.Context) (grpc.ClientStream, error) {
	return c.conn.NewStream(ctx, &pluginv1.Control_ServiceDesc.Streams[0], pluginv1.Control_Restore_FullMethodName,
		grpc.ForceCodecV2(Codec{}))
}

type monitorPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	register  func(grpc.ServiceRegistrar)                             // of a monitor
	translate func(grpc.ClientConnInterface) grpc.ClientConnInterface // of a host; nil for the newest version
}

// GRPCServer implements plugin.GRPCPlugin.
func (p *monitorPlugin) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	p.register(server)
	return nil
}

// GRPCClient implements plugin.GRPCPlugin.
func (p *monitorPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	if p.translate != nil {
		return NewClient(p.translate(conn)), nil
	}
	return NewClient(conn), nil
}
