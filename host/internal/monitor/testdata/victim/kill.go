package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/encoding/protowire"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
)

// killer kills this process, hard, where it is told to: each entry of VICTIM_KILL is "which what name n", for the n-th time that this
// version (old or next) has got, did, send or sent a message of that name.
type killer struct {
	mu    sync.Mutex
	seen  map[string]int
	plan  map[string]bool
	which string
}

func newKiller() *killer {
	k := &killer{seen: map[string]int{}, plan: map[string]bool{}, which: "old"}
	if version != "1.2.3" {
		k.which = "next"
	}
	done, _ := os.ReadFile(os.Getenv("VICTIM_HITS"))
	for entry := range strings.SplitSeq(os.Getenv("VICTIM_KILL"), ",") {
		k.plan[entry] = !strings.Contains(string(done), entry+"\n")
	}
	return k
}

func (k *killer) at(what, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	point := fmt.Sprintf("%s %s %s", k.which, what, name)
	k.seen[point]++
	entry := fmt.Sprintf("%s %d", point, k.seen[point])
	if !k.plan[entry] {
		return
	}
	hits, err := os.OpenFile(os.Getenv("VICTIM_HITS"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = hits.WriteString(entry + "\n")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(9)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// serve does what sdk.Serve does, on a server that sees each message go by.
func (k *killer) serve() error {
	server := grpc.NewServer(append(wire.ServerOptions(), grpc.UnaryInterceptor(k.call), grpc.StreamInterceptor(k.stream))...)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if _, err := sdk.Register(server, victim, sdk.Options{Log: log}); err != nil {
		return err
	}
	up := health.NewServer()
	up.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, up)
	listener, err := net.Listen("unix", filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "victim"))
	if err != nil {
		return err
	}
	out, err := stdout()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "1|1|unix|%s|grpc|\n", listener.Addr())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(3) }() // the host is gone
	return server.Serve(listener)
}

// stdout finds what standard output was before the SDK took it: the first pipe that is not standard input or error. Later ones are
// what the host was started with.
func stdout() (*os.File, error) {
	in, _ := os.Readlink("/proc/self/fd/0")
	logs, _ := os.Readlink("/proc/self/fd/2")
	for fd := 3; fd < 100; fd++ {
		path := fmt.Sprint("/proc/self/fd/", fd)
		if to, _ := os.Readlink(path); strings.HasPrefix(to, "pipe:") && to != in && to != logs {
			return os.OpenFile(path, os.O_WRONLY, 0)
		}
	}
	return nil, fmt.Errorf("there is no pipe for the handshake")
}

func ours(method string) bool { return strings.HasPrefix(method, "/weir.plugin.v1.") }

func (k *killer) call(ctx context.Context, in any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if !ours(info.FullMethod) {
		return next(ctx, in)
	}
	name := path.Base(info.FullMethod)
	k.at("got", name)
	defer k.at("did", name)
	return next(ctx, in)
}

func (k *killer) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if !ours(info.FullMethod) {
		return next(srv, s)
	}
	w := &watched{ServerStream: s, killer: k, restores: path.Base(info.FullMethod) == "Restore"}
	defer w.done()
	return next(srv, w)
}

// watched is a stream that the killer looks at.
type watched struct {
	grpc.ServerStream

	killer   *killer
	restores bool   // it brings a state, not frames
	name     string // of the message at hand
}

func (w *watched) done() {
	if w.name != "" {
		w.killer.at("did", w.name)
		w.name = ""
	}
}

// RecvMsg implements grpc.ServerStream. The message before is done when the next one is asked for.
func (w *watched) RecvMsg(m any) error {
	w.done()
	if err := w.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if w.name = "restore"; !w.restores {
		w.name = frameName(m.(*wire.Raw).Bytes())
	}
	w.killer.at("got", w.name)
	return nil
}

// SendMsg implements grpc.ServerStream.
func (w *watched) SendMsg(m any) error {
	name := "outputs"
	switch m := m.(type) {
	case *pluginv1.RestoreResponse:
		name = "restored"
	case *pluginv1.PluginFrame:
		name = "error"
		if m.GetState() != nil {
			name = "state"
		}
	}
	w.killer.at("send", name)
	err := w.ServerStream.SendMsg(m)
	w.killer.at("sent", name)
	return err
}

var frameNames = map[protowire.Number]string{2: "batch", 3: "barrier", 4: "durable", 5: "gap", 6: "retract", 7: "cut_over"}

func frameName(b []byte) string {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeField(b)
		if n < 0 {
			break
		}
		if name := frameNames[number]; name != "" && kind == protowire.BytesType {
			return name
		}
		b = b[n:]
	}
	return "unknown"
}
