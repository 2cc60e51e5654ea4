package sdk_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
	"github.com/weir-run/weir/sdk/wire"
)

// asker tells what the host knows of each trade's mint and pool.
func asker(h *sdk.Host) sdk.Monitor {
	return sdk.Monitor{Name: "asker", OnTrade: func(r *sdk.Record, t *sdk.Trade) error {
		token, err := h.Token(t.GetMint())
		if err != nil {
			return err
		}
		pool, err := h.Pool(t.GetPool())
		if err != nil {
			return err
		}
		price, lamport, err := h.Price(t.GetMint())
		if err != nil {
			return err
		}
		h.Count("asked_total", 3)
		h.Gauge("last_record", float64(r.GetNumber()))
		h.Gauge("NOT A NAME", 1)
		h.Signal("known", token.GetSymbol(), "", map[string]string{"price": price.GetPrice().String(), "lamport": lamport.String(), "pool": pool.String()})
		return nil
	}}
}

// known knows a token from record 2 on, and the price and pool of every record.
func known() weirtest.Answers {
	return weirtest.Answers{
		Token: func(n uint64, _ []byte) *sdk.TokenMetadata {
			if n < 2 {
				return nil
			}
			return &sdk.TokenMetadata{Symbol: "WEIR"}
		},
		Pool: func(n uint64, pool []byte) *sdk.PoolState { return &sdk.PoolState{Pool: pool, Number: n} },
		Price: func(n uint64, _ []byte) (*sdk.MintPrice, *sdk.DollarPrice) {
			return &sdk.MintPrice{Price: &sdk.Price{Quote: n, Base: 2}}, &sdk.DollarPrice{UsdMicros: n}
		},
	}
}

func keys(outputs []*sdk.Output) (out []string) {
	for _, o := range outputs {
		out = append(out, o.GetKey())
	}
	return out
}

// Answers are as of the record at hand, also when it comes again after a crash: the harness compares.
func TestQuestions(t *testing.T) {
	h := weirtest.Start(t, asker, weirtest.Answer(known()))
	if got := keys(h.Send(weirtest.Trade(nil), weirtest.Trade(nil), weirtest.Trade(nil))); !slices.Equal(got, []string{"", "WEIR", "WEIR"}) {
		t.Errorf("%q", got)
	}
	h.Crash()
	h.Send(weirtest.Trade(nil))
	got, err := h.Client().Control.CollectMetrics(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# TYPE weir_monitor_asked_total counter\nweir_monitor_asked_total 12\n", "# TYPE weir_monitor_last_record gauge\nweir_monitor_last_record 4\n"} {
		if !strings.Contains(got.GetText(), want) {
			t.Errorf("metrics lack %q:\n%s", want, got.GetText())
		}
	}
	if strings.Contains(got.GetText(), "NOT") {
		t.Error("a wrong name is shown")
	}
}

// A question that the host cannot answer for a moment is asked again, and nobody notices.
func TestQuestionIsAskedAgain(t *testing.T) {
	a, failures := known(), 2
	a.Fail = func(uint64) error {
		if failures--; failures >= 0 {
			return status.Error(codes.Unavailable, "busy")
		}
		return nil
	}
	h := weirtest.Start(t, asker, weirtest.Answer(a))
	if got := h.Send(weirtest.Trade(nil)); len(got) != 1 || len(h.Errors()) != 0 {
		t.Errorf("%v, errors %v", got, h.Errors())
	}
}

// A question without an answer ends the epoch, whatever the handler makes of it: the record must not count.
func TestQuestionWithoutAnswerEndsTheEpoch(t *testing.T) {
	for name, swallow := range map[string]bool{"the handler returns it": false, "the handler swallows it": true} {
		t.Run(name, func(t *testing.T) {
			a := known()
			a.Fail = func(uint64) error { return status.Error(codes.FailedPrecondition, "records are gone") }
			h := weirtest.Start(t, func(h *sdk.Host) sdk.Monitor {
				return sdk.Monitor{Name: "asker", OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
					_, err := h.Token(t.GetMint())
					h.Signal("done", "", "", nil)
					if swallow {
						return nil
					}
					return err
				}}
			}, weirtest.Answer(a))
			stream := run2(t, h)
			must(t, stream.Send(tradeFrame(t, 2, 1, "A")))
			frame, err := stream.Recv()
			if err == nil || !strings.Contains(err.Error(), "records are gone") || !strings.Contains(err.Error(), "record 1") {
				t.Errorf("got %v, %v; want the end of the stream and why", frame, err)
			}
		})
	}
}

// A question with a wrong address is the author's mistake: the record fails like by any error.
func TestWrongQuestion(t *testing.T) {
	a := known()
	a.Fail = func(uint64) error { return status.Error(codes.InvalidArgument, "an address has 32 bytes") }
	h := weirtest.Start(t, asker, weirtest.Answer(a))
	if h.Send(weirtest.Trade(nil)); len(h.Errors()) != 1 || !strings.Contains(h.Errors()[0].GetMessage(), "32 bytes") {
		t.Errorf("%v", h.Errors())
	}
}

func TestQuestionOutsideOfAHandlerPanics(t *testing.T) {
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "outside of a record handler") {
			t.Errorf("panic %q", text)
		}
	}()
	weirtest.Start(t, func(h *sdk.Host) sdk.Monitor {
		_, _ = h.Token(make([]byte, 32))
		return sdk.Monitor{}
	})
}

// Without a socket there is nobody to ask, and the author is told.
func TestNoHost(t *testing.T) {
	t.Setenv(wire.HostSocketEnv, "")
	server := grpc.NewServer(wire.ServerOptions()...)
	got := make(chan error, 1)
	stop, err := sdk.Register(server, func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "asker", OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			_, err := h.Token(t.GetMint())
			got <- err
			return nil
		}}
	}, sdk.Options{})
	must(t, err)
	defer func() { must(t, stop()) }()
	client := dialed(t, server)
	_, err = client.Control.Configure(t.Context(), &pluginv1.ConfigureRequest{})
	must(t, err)
	_, err = client.Control.Open(t.Context(), &pluginv1.OpenRequest{Epoch: 1})
	must(t, err)
	stream, err := client.Monitor.Run(t.Context())
	must(t, err)
	must(t, stream.Send(tradeFrame(t, 1, 1, "A")))
	if err := <-got; !errors.Is(err, sdk.ErrNoHost) {
		t.Errorf("%v", err)
	}
	must(t, stream.CloseSend())
}

// dialed serves on a connection in memory.
func dialed(t *testing.T, server *grpc.Server) *wire.Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///test", append(wire.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))...)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(); server.Stop(); <-done })
	return wire.NewClient(conn)
}
