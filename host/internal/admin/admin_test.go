package admin_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/admin"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type source struct {
	status *adminv1.StatusResponse
	events func(ctx context.Context, visit func(uint64, []byte) error) error
}

func (s source) Status() *adminv1.StatusResponse { return s.status }

func (s source) Events(ctx context.Context, _ *adminv1.EventsRequest, _ func(from, to uint64), visit func(uint64, []byte) error) error {
	return s.events(ctx, visit)
}

func serve(t *testing.T, dir string, s source) *admin.Client {
	t.Helper()
	server, err := admin.NewServer(t.Context(), dir, s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	client, err := admin.Dial(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return client
}

func TestStatusAndEvents(t *testing.T) {
	for name, dir := range map[string]string{"short path": t.TempDir(), "path too long for a socket": filepath.Join(t.TempDir(), strings.Repeat("long", 30))} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			batch, err := proto.Marshal(&eventv1.OutputBatch{Instance: "trading", Outputs: []*eventv1.Output{{Cause: 4}}})
			if err != nil {
				t.Fatal(err)
			}
			client := serve(t, dir, source{
				status: &adminv1.StatusResponse{Version: "v9"},
				events: func(_ context.Context, visit func(uint64, []byte) error) error { return visit(12, batch) },
			})
			got, err := client.Status(t.Context(), &adminv1.StatusRequest{})
			if err != nil || got.GetVersion() != "v9" {
				t.Fatalf("status %v, %v", got, err)
			}
			stream, err := client.Events(t.Context(), &adminv1.EventsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			event, err := stream.Recv()
			if err != nil || event.GetPosition() != 12 || event.GetBatch().GetOutputs()[0].GetCause() != 4 {
				t.Fatalf("event %v, %v", event, err)
			}
			if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
				t.Fatalf("end of events: %v", err)
			}
		})
	}
}

func TestSocketIsPrivateAndReplacesAStaleOne(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "weir.sock")
	if err := os.WriteFile(stale, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	serve(t, dir, source{})
	info, err := os.Stat(stale)
	if err != nil || info.Mode().Type() != os.ModeSocket || info.Mode().Perm() != 0o600 {
		t.Fatalf("socket %v, %v", info.Mode(), err)
	}
}

func TestDialSaysWhenNoDaemonRuns(t *testing.T) {
	if _, err := admin.Dial(t.TempDir()); err == nil || !strings.Contains(err.Error(), "weir run") {
		t.Fatalf("got %v", err)
	}
}
