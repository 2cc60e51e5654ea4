package geyser

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/experimental"
)

// MaxMessageBytes is the default limit of one received message. The largest that Weir asks for, a block meta with the rewards of an
// epoch boundary, stays far below; grpc's own default of 4 MiB does not.
const MaxMessageBytes = 64 << 20

// Endpoint is where and how to open a stream. The zero value of every field but URL is good.
type Endpoint struct {
	// Name is how logs and status call it; the host of URL when empty.
	Name string
	// URL is https://host[:port] (TLS, default port 443) or http://host[:port] (plain HTTP/2, default port 80).
	URL string
	// Token is sent as metadata; empty sends none. It is in no log line and no error.
	Token string
	// TokenHeader is the name of that metadata. Default x-token, which nearly all providers read.
	TokenHeader string
	// Zstd offers the server to compress what it sends.
	Zstd bool
	// MaxMessageBytes bounds a received message, uncompressed. Default 64 MiB.
	MaxMessageBytes int
	// OpenTimeout bounds connecting and sending the first request. Default 20 s.
	OpenTimeout time.Duration
	// PingEvery is how often a ping is sent without being asked; balancers cut streams on which the client is silent. Default 30 s.
	PingEvery time.Duration
	// Silence is after how long without any message a stream is dead. Servers ping every 10 to 15 s. Default 40 s.
	Silence time.Duration
	// TLS replaces the TLS settings for https; nil verifies the server with the system's roots.
	TLS *tls.Config
	// Dial replaces the network; nil uses it, through a proxy when the environment names one.
	Dial func(ctx context.Context, address string) (net.Conn, error)
}

// String hides the token.
func (e Endpoint) String() string { return e.Label() + " (" + e.URL + ")" }

// LogValue hides the token.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.String()) }

// Label returns Name, or the host of the URL when there is none.
func (e Endpoint) Label() string {
	if e.Name != "" {
		return e.Name
	}
	if u, err := url.Parse(e.URL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "endpoint"
}

func (e Endpoint) withDefaults() Endpoint {
	e.Name = e.Label()
	e.TokenHeader = cmp.Or(e.TokenHeader, "x-token")
	orDefault(&e.MaxMessageBytes, MaxMessageBytes)
	orDefault(&e.OpenTimeout, 20*time.Second)
	orDefault(&e.PingEvery, 30*time.Second)
	orDefault(&e.Silence, 40*time.Second)
	return e
}

func orDefault[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Check tells whether the URL can be used. The error names it and the remedy.
func (e Endpoint) Check() error {
	_, _, err := e.address()
	return err
}

// address splits the URL into host:port and whether it speaks TLS.
func (e Endpoint) address() (hostPort string, secure bool, err error) {
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", false, fmt.Errorf("url %q: want https://host[:port], or http://host[:port] for a server without TLS", e.URL)
	}
	if u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		// What is after the host may be a token: it must not get into a log.
		return "", false, fmt.Errorf("url %s://%s/…: want nothing after the host; a token belongs into token or token_file", u.Scheme, u.Host)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port), u.Scheme == "https", nil
}

// Windows of HTTP/2 flow control. A slot at confirmed comes as one burst of about 1 MB, a replay as hundreds of those.
const (
	streamWindow     = 8 << 20
	connectionWindow = 16 << 20
)

// connect makes the client side; the network is touched by the first call.
func (e Endpoint) connect() (*grpc.ClientConn, error) {
	address, secure, err := e.address()
	if err != nil {
		return nil, err
	}
	creds := insecure.NewCredentials()
	if secure {
		creds = credentials.NewTLS(e.TLS)
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithInitialWindowSize(streamWindow),
		grpc.WithInitialConnWindowSize(connectionWindow),
		grpc.WithReadBufferSize(128 << 10),
		grpc.WithDisableRetry(), // each open is counted, so none may happen unseen
		grpc.WithDisableServiceConfig(),
		grpc.WithUserAgent("weir"),
	}
	if e.Dial != nil {
		address = "passthrough:///" + address
		options = append(options, grpc.WithContextDialer(e.Dial))
	}
	conn, err := grpc.NewClient(address, options...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("url %s: cannot be dialled", e.URL), err)
	}
	return conn, nil
}

// callOptions are those of the Subscribe call.
func (e Endpoint) callOptions() []grpc.CallOption {
	offered := offerNothing
	if e.Zstd {
		offered = zstdName
	}
	return []grpc.CallOption{
		grpc.ForceCodecV2(newCodec()),
		grpc.MaxCallRecvMsgSize(e.MaxMessageBytes),
		experimental.AcceptCompressors(offered),
	}
}
