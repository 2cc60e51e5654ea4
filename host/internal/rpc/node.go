// Package rpc asks a Solana JSON-RPC node: at a pace, again where that can help, and with errors that do not hold the node's URL, since
// that often holds a key.
package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/gagliardetto/solana-go/rpc"
	"github.com/gagliardetto/solana-go/rpc/jsonrpc"
)

// Config of a Node.
type Config struct {
	// URL is http or https. It may hold a key, and is never logged.
	URL string
	// Headers are sent with each request.
	Headers map[string]string
	// RequestsPerSecond is the pace. Default 5.
	RequestsPerSecond float64
	// Tries is how often a request is made before it has failed. Default 6.
	Tries int
	// Transport makes the connections. Default http.DefaultTransport.
	Transport http.RoundTripper
}

// Node is an RPC node. Any number of goroutines; requests take turns.
type Node struct {
	// Client makes requests without trying again; wrap them in Try.
	Client *rpc.Client

	secret, shown string // URL and host
	again         retrypolicy.RetryPolicy[any]
}

// Times of one request, and of pauses between tries, each twice as long as the one before.
const (
	requestTimeout = 30 * time.Second
	firstRetry     = time.Second
	lastRetry      = 20 * time.Second
)

// New returns a Node; nothing is asked yet.
func New(c Config) (*Node, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("rpc.url is not an http or https URL")
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	every := time.Duration(float64(time.Second) / cmp.Or(max(c.RequestsPerSecond, 0), 5))
	client := &http.Client{
		Timeout:   0, // a request may wait for its turn; the time is set for each call
		Transport: &pacer{every: every, next: c.Transport},
	}
	c.Tries = cmp.Or(c.Tries, 6)
	return &Node{
		Client: rpc.NewWithCustomRPCClient(jsonrpc.NewClientWithOpts(c.URL, &jsonrpc.RPCClientOpts{HTTPClient: client, CustomHeaders: c.Headers})),
		secret: c.URL, shown: u.Host,
		again: retrypolicy.NewBuilder[any]().HandleIf(func(_ any, err error) bool { return passes(err) }).
			WithMaxAttempts(c.Tries).WithBackoff(firstRetry, lastRetry).WithJitterFactor(0.25).ReturnLastFailure().Build(),
	}, nil
}

// Host is how the node is called in messages.
func (n *Node) Host() string { return n.shown }

// Try makes a call until it works, cannot work, or was tried often enough. what says in errors what it was for.
func (n *Node) Try(ctx context.Context, what string, call func(ctx context.Context) error) error {
	err := failsafe.With(n.again).WithContext(ctx).Run(func() error { return once(ctx, call) })
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		return fmt.Errorf("%s from %s: %w", what, n.shown, n.plain(err))
	}
}

func once(ctx context.Context, call func(ctx context.Context) error) error {
	// The wait for a turn is within: with a pace slower than this nothing could work anyway.
	ctx, cancel := context.WithTimeout(ctx, requestTimeout+mostRetryAfter)
	defer cancel()
	return call(ctx)
}
