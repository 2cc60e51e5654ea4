package sdk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// askPatience is how long a question is repeated that the host cannot answer yet: less than the host's patience with a monitor that makes no
// progress.
const askPatience = 20 * time.Second

// ErrNoHost means that the host answers no questions: it is older than they are, or the monitor runs without one.
var ErrNoHost = errors.New("the host answers no questions")

// questions asks the host. Only the work loop uses it.
type questions struct {
	host  func() (pluginv1.HostClient, error) // dials the first time
	epoch uint64
	// failed is a question without an answer. What a handler makes of it would differ in a replay, so the record does not count and the
	// monitor ends.
	failed error
}

// asks returns questions to a host; nil means the one of hostSocket.
func asks(host pluginv1.HostClient) *questions {
	if host != nil {
		return &questions{host: func() (pluginv1.HostClient, error) { return host, nil }}
	}
	return &questions{host: sync.OnceValues(dialHost)}
}

func dialHost() (pluginv1.HostClient, error) {
	path := hostSocket()
	if path == "" {
		return nil, ErrNoHost
	}
	conn, err := grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials())) // closes with the process
	if err != nil {
		return nil, fmt.Errorf("connect to the host's socket: %w", err)
	}
	return pluginv1.NewHostClient(conn), nil
}

// hostSocket is where the host answers: what WEIR_HOST_SOCKET names, or for a monitor under a debugger where the host that is attached does.
// It is empty where there is none.
func hostSocket() string {
	if path := os.Getenv(wire.HostSocketEnv); path != "" {
		return path
	}
	if socket := os.Getenv(wire.DebugEnv); socket != "" {
		path := wire.DebugHostSocket(socket)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// ask makes a call until the host answers. An answer that does not come marks the questions as failed.
func ask[T any](h *Host, call func(ctx context.Context, host pluginv1.HostClient, at *pluginv1.Moment) (T, error)) (out T, err error) {
	if h.out.cause == 0 {
		panic("sdk: a question outside of a record handler: answers are as of the record at hand")
	}
	host, err := h.questions.host()
	if err != nil {
		return out, err // so it is in every replay
	}
	at := &pluginv1.Moment{Epoch: h.questions.epoch, Number: h.out.cause}
	ctx, cancel := context.WithTimeout(context.Background(), askPatience)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		out, err = call(ctx, host, at)
		if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded || ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	if err != nil {
		err = fmt.Errorf("ask the host as of record %d: %w", at.GetNumber(), err)
		if status.Code(errors.Unwrap(err)) != codes.InvalidArgument { // which is the author's, and the same in every replay
			h.questions.failed = err
		}
	}
	return out, err
}

// Token returns what the host knows of a mint as of the record at hand; nil while nothing is known. Symbol and decimals stand in trades too.
//
// Answers depend only on the journal up to the record at hand, so a replay gets them again. When the host cannot answer, the error ends the
// monitor, whatever the handler makes of it: it starts again from its last checkpoint. Token panics outside of a handler.
func (h *Host) Token(mint []byte) (*TokenMetadata, error) {
	out, err := ask(h, func(ctx context.Context, host pluginv1.HostClient, at *pluginv1.Moment) (*pluginv1.GetTokenResponse, error) {
		return host.GetToken(ctx, &pluginv1.GetTokenRequest{At: at, Mint: mint})
	})
	return out.GetToken(), err
}

// Pool returns the newest state of a pool, or of a curve, as of the record at hand; nil when none of the last 250,000 records tells of it.
// Its Slot says how old it is. For errors see Token.
func (h *Host) Pool(pool []byte) (*PoolState, error) {
	out, err := ask(h, func(ctx context.Context, host pluginv1.HostClient, at *pluginv1.Moment) (*pluginv1.GetPoolResponse, error) {
		return host.GetPool(ctx, &pluginv1.GetPoolRequest{At: at, Pool: pool})
	})
	return out.GetPool(), err
}

// Price returns the newest price of a mint, and what a lamport is worth, as of the record at hand; nil where none of the last 250,000
// records tells. For errors see Token.
func (h *Host) Price(mint []byte) (price *MintPrice, lamport *DollarPrice, err error) {
	out, err := ask(h, func(ctx context.Context, host pluginv1.HostClient, at *pluginv1.Moment) (*pluginv1.GetPriceResponse, error) {
		return host.GetPrice(ctx, &pluginv1.GetPriceRequest{At: at, Mint: mint})
	})
	return out.GetPrice(), out.GetSolUsd(), err
}
