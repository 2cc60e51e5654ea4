package weirtest

import (
	"context"

	"google.golang.org/grpc"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
)

// Answers stand for the host that a monitor asks. number is that of the record at hand. A nil function knows nothing. To be like a host, a
// function must give the same answer each time.
type Answers struct {
	// Token answers Host.Token.
	Token func(number uint64, mint []byte) *sdk.TokenMetadata
	// Pool answers Host.Pool.
	Pool func(number uint64, pool []byte) *sdk.PoolState
	// Price answers Host.Price.
	Price func(number uint64, mint []byte) (*sdk.MintPrice, *sdk.DollarPrice)
	// Fail is the error of each question, when it gives one: status.Error(codes.Unavailable, "") is tried again.
	Fail func(number uint64) error
}

// Answer sets who answers the monitor's questions. Without it all answers are that nothing is known.
func Answer(a Answers) Option { return func(o *options) { o.answers = a } }

// host is a pluginv1.HostClient in this process.
type host struct{ Answers }

func (h host) fail(at *pluginv1.Moment) error {
	if h.Fail == nil {
		return nil
	}
	return h.Fail(at.GetNumber())
}

// GetToken implements pluginv1.HostClient.
func (h host) GetToken(_ context.Context, in *pluginv1.GetTokenRequest, _ ...grpc.CallOption) (*pluginv1.GetTokenResponse, error) {
	out := &pluginv1.GetTokenResponse{}
	if h.Token != nil {
		out.Token = h.Token(in.GetAt().GetNumber(), in.GetMint())
	}
	return out, h.fail(in.GetAt())
}

// GetPool implements pluginv1.HostClient.
func (h host) GetPool(_ context.Context, in *pluginv1.GetPoolRequest, _ ...grpc.CallOption) (*pluginv1.GetPoolResponse, error) {
	out := &pluginv1.GetPoolResponse{}
	if h.Pool != nil {
		out.Pool = h.Pool(in.GetAt().GetNumber(), in.GetPool())
	}
	return out, h.fail(in.GetAt())
}

// GetPrice implements pluginv1.HostClient.
func (h host) GetPrice(_ context.Context, in *pluginv1.GetPriceRequest, _ ...grpc.CallOption) (*pluginv1.GetPriceResponse, error) {
	out := &pluginv1.GetPriceResponse{}
	if h.Price != nil {
		out.Price, out.SolUsd = h.Price(in.GetAt().GetNumber(), in.GetMint())
	}
	return out, h.fail(in.GetAt())
}

// Log implements pluginv1.HostClient.
func (host) Log(context.Context, *pluginv1.LogRequest, ...grpc.CallOption) (*pluginv1.LogResponse, error) {
	return &pluginv1.LogResponse{}, nil
}

// ReportMetrics implements pluginv1.HostClient.
func (host) ReportMetrics(context.Context, *pluginv1.ReportMetricsRequest, ...grpc.CallOption) (*pluginv1.ReportMetricsResponse, error) {
	return &pluginv1.ReportMetricsResponse{}, nil
}
