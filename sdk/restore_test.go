package sdk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
)

// pieces is a Divided that says what comes.
type pieces struct {
	came chan string
	bad  string // a part that it cannot read
}

func (p *pieces) AppendPart(b []byte, _ bool) ([]byte, int, error) { return b, 1, nil }

func (p *pieces) LoadParts(parts sdk.Parts) error {
	for part, err := range parts {
		if err != nil {
			return err
		}
		p.came <- string(part)
		if p.bad != "" && string(part) == p.bad {
			return errors.New("it is bad")
		}
	}
	return nil
}

func restoring(t *testing.T, state *pieces) *wire.Client {
	t.Helper()
	server := grpc.NewServer(wire.ServerOptions()...)
	stop, err := sdk.Register(server, func(*sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "pieces", State: state, OnTrade: func(*sdk.Record, *sdk.Trade) error { return nil }}
	}, sdk.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, stop()) })
	c := dialed(t, server)
	_, err = c.Control.Configure(t.Context(), &pluginv1.ConfigureRequest{})
	must(t, err)
	return c
}

// A state is read while the rest of it comes, whether the host says how large the parts are or not; what is wrong with it is told by its
// own code, and after that only a new Open helps.
func TestStateIsReadWhileItComes(t *testing.T) {
	state := &pieces{came: make(chan string, 10)}
	c := restoring(t, state)
	epoch := uint64(0)
	open := func() grpc.ClientStreamingClient[pluginv1.RestoreRequest, pluginv1.RestoreResponse] {
		t.Helper()
		epoch++
		_, err := c.Control.Open(t.Context(), &pluginv1.OpenRequest{Epoch: epoch, HasCheckpoint: true, StateVersion: 1, Checkpoint: 7})
		must(t, err)
		stream, err := c.Control.Restore(t.Context())
		must(t, err)
		return stream
	}
	come := func(want string) {
		t.Helper()
		select {
		case got := <-state.came:
			if got != want {
				t.Errorf("%q came, want %q", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%q does not come", want)
		}
	}
	stream := open()
	must(t, stream.Send(&pluginv1.RestoreRequest{Data: []byte("on"), PartSize: 3}))
	must(t, stream.Send(&pluginv1.RestoreRequest{Data: []byte("e")}))
	must(t, stream.Send(&pluginv1.RestoreRequest{Part: 1}))
	come("one") // the others are not complete, or not sent
	must(t, stream.Send(&pluginv1.RestoreRequest{Part: 2, Data: []byte("three")}))
	come("")
	_, err := stream.CloseAndRecv()
	must(t, err)
	come("three")

	for name, test := range map[string]struct {
		bad   string
		parts []uint32
		code  codes.Code
		words string
	}{
		"a part is missing": {"", []uint32{0, 2}, codes.InvalidArgument, "part 2 of a state follows part 0"},
		"it begins late":    {"", []uint32{1}, codes.InvalidArgument, "part 1 of a state follows part -1"},
		"a bad part":        {"x", []uint32{0, 1, 2, 3}, codes.DataLoss, "it is bad"},
	} {
		state.bad = test.bad
		state.came = make(chan string, 10)
		fresh := restoring(t, state)
		c, epoch = fresh, 0
		stream := open()
		for _, part := range test.parts {
			_ = stream.Send(&pluginv1.RestoreRequest{Part: part, Data: []byte("x")}) // the answer says why it ended
		}
		_, err := stream.CloseAndRecv()
		if status.Code(err) != test.code || !strings.Contains(status.Convert(err).Message(), test.words) {
			t.Errorf("%s: %v", name, err)
		}
		again, err := c.Control.Restore(t.Context())
		must(t, err)
		if _, err := again.CloseAndRecv(); status.Code(err) != codes.FailedPrecondition {
			t.Errorf("%s: then %v", name, err)
		}
		state.bad = ""
		state.came = make(chan string, 10)
		stream = open()
		must(t, stream.Send(&pluginv1.RestoreRequest{Data: []byte("good")}))
		_, err = stream.CloseAndRecv()
		must(t, err)
		come("good")
	}
}

// FuzzRestore: whatever a host sends as pieces, there is an answer.
func FuzzRestore(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{0, 0, 1})
	f.Fuzz(func(t *testing.T, data, parts []byte) {
		state := &pieces{came: make(chan string, len(parts)+1)}
		c := restoring(t, state)
		_, err := c.Control.Open(t.Context(), &pluginv1.OpenRequest{Epoch: 1, HasCheckpoint: true, StateVersion: 1})
		must(t, err)
		stream, err := c.Restore(t.Context())
		must(t, err)
		for _, part := range parts {
			raw := &wire.Raw{}
			raw.Append(slices.Concat([]byte{2 << 3, part & 0x7f}, data))
			_ = stream.SendMsg(raw)
		}
		must(t, stream.CloseSend())
		switch err := stream.RecvMsg(&pluginv1.RestoreResponse{}); status.Code(err) {
		case codes.OK, codes.InvalidArgument, codes.DataLoss:
		default:
			t.Errorf("%v", err)
		}
	})
}
