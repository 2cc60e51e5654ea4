package wire

import "google.golang.org/grpc"

// Sizes in bytes.
const (
	// MaxMessage is what either end receives at most. gRPC's own defaults are 4 MiB for a monitor and 2 GiB for a go-plugin
	// host, so that a monitor could make its host allocate as much.
	MaxMessage = 8 << 20
	// MaxFrame is what either end sends at most in one frame of Run.
	MaxFrame = 1 << 20
	// MaxOutputs is where a monitor cuts its outputs into another frame.
	MaxOutputs = 512 << 10
	// MaxChunk is the most state in one message, both ways.
	MaxChunk = 256 << 10

	// window is gRPC's flow control window of a stream: a few frames, so that one large frame never waits for a round trip.
	// A fixed window also spares gRPC's bandwidth pings, which make no sense on a local socket.
	window = 4 << 20

	// buffer is how much goes by in one call of the system. A state of 60 MB is many, and gRPC's own is 32 KiB.
	buffer = 256 << 10
)

// ServerOptions is how a monitor's gRPC server must be made.
func ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(Codec{}),
		grpc.MaxRecvMsgSize(MaxMessage),
		grpc.MaxSendMsgSize(MaxMessage),
		grpc.InitialWindowSize(window),
		grpc.InitialConnWindowSize(2 * window),
		grpc.ReadBufferSize(buffer),
		grpc.WriteBufferSize(buffer),
	}
}

// DialOptions is how a host connects: plugin.ClientConfig.GRPCDialOptions.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessage), grpc.MaxCallSendMsgSize(MaxMessage)),
		grpc.WithInitialWindowSize(window),
		grpc.WithInitialConnWindowSize(2 * window),
		grpc.WithReadBufferSize(buffer),
		grpc.WithWriteBufferSize(buffer),
	}
}
