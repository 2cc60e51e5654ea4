package sdk_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
	"github.com/weir-run/weir/sdk/wire"
)

// spawned is a monitor in a process of its own, with the ends of its streams in our hands.
type spawned struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *lockedBuffer
	client *wire.Client
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func monitorCommand(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{serveEnv + "=1", "TMPDIR=" + t.TempDir()}, env...)
	return cmd
}

func spawn(t *testing.T, env ...string) *spawned {
	t.Helper()
	s := &spawned{cmd: monitorCommand(t, append(env, wire.CookieKey+"="+wire.CookieValue)...), stderr: &lockedBuffer{}}
	var err error
	s.stdin, err = s.cmd.StdinPipe()
	must(t, err)
	stdout, err := s.cmd.StdoutPipe()
	must(t, err)
	s.stdout, s.cmd.Stderr = bufio.NewReader(stdout), s.stderr
	must(t, s.cmd.Start())
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	line, err := s.stdout.ReadString('\n')
	must(t, err)
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) != 6 || parts[0] != "1" || parts[1] != "1" || parts[2] != "unix" || parts[4] != "grpc" {
		t.Fatalf("handshake is %q", line)
	}
	dial := append(wire.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", parts[3])
		}))
	conn, err := grpc.NewClient("passthrough:///monitor", dial...)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	s.client = wire.NewClient(conn)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run opens the data stream.
func (s *spawned) run(t *testing.T) grpc.BidiStreamingClient[pluginv1.HostFrame, pluginv1.PluginFrame] {
	t.Helper()
	return run(t, s.client)
}

func run(t *testing.T, client *wire.Client) grpc.BidiStreamingClient[pluginv1.HostFrame, pluginv1.PluginFrame] {
	t.Helper()
	_, err := client.Control.Configure(t.Context(), &pluginv1.ConfigureRequest{})
	must(t, err)
	_, err = client.Control.Open(t.Context(), &pluginv1.OpenRequest{Instance: "i", Epoch: 1})
	must(t, err)
	stream, err := client.Monitor.Run(t.Context())
	must(t, err)
	return stream
}

// tradeFrame is a batch of one trade.
func tradeFrame(t *testing.T, epoch, number uint64, symbol string) *pluginv1.HostFrame {
	t.Helper()
	record, err := proto.Marshal(weirtest.Trade(&sdk.Trade{Symbol: symbol}))
	must(t, err)
	e := &pluginv1.Envelope{Number: number, Kind: sdk.KindTrade, Venue: sdk.Pump, Record: record}
	return &pluginv1.HostFrame{Epoch: epoch, Frame: &pluginv1.HostFrame_Batch{Batch: &pluginv1.Batch{
		FirstNumber: number, LastNumber: number, Records: []*pluginv1.Envelope{e},
	}}}
}

func TestPrintingNeitherBreaksTheHandshakeNorBlocks(t *testing.T) {
	s := spawn(t)
	stream := s.run(t)
	for n := range uint64(3) {
		must(t, stream.Send(tradeFrame(t, 1, n+1, "PRINT")))
		frame, err := stream.Recv()
		must(t, err)
		if got := frame.GetOutputs(); got.GetThrough() != n+1 || len(got.GetOutputs()) != 1 {
			t.Fatalf("after %d came %v", n+1, got)
		}
	}
	must(t, s.cmd.Process.Kill())
	rest, _ := io.ReadAll(s.stdout) // the pipe breaks with the process
	if len(rest) != 0 {
		t.Errorf("standard output holds %d bytes after the handshake: %.80q", len(rest), rest)
	}
	_ = s.cmd.Wait()
	logs := s.stderr.String()
	if !strings.Contains(logs, "printed before the handshake") {
		t.Error("what init printed did not reach standard error")
	}
	if want := 3 * 100 * 4097; len(logs) < want {
		t.Errorf("standard error holds %d bytes, want at least the %d that were printed", len(logs), want)
	}
}

func TestLogLinesAreShortJSONOfStrings(t *testing.T) {
	s := spawn(t)
	stream := s.run(t)
	must(t, stream.Send(tradeFrame(t, 1, 1, "LOG")))
	_, err := stream.Recv()
	must(t, err)
	deadline := time.Now().Add(5 * time.Second)
	for !strings.Contains(s.stderr.String(), "world") && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	var found bool
	for line := range strings.Lines(s.stderr.String()) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		if len(line) > 4096 {
			t.Errorf("log line of %d bytes", len(line))
		}
		var fields map[string]string
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("log line %.200q: %v", line, err)
		}
		found = found || fields["message"] == "hello\nworld" && fields["level"] == "info" && fields["number"] == "7"
	}
	if !found {
		t.Errorf("the log line is missing in %.400q", s.stderr)
	}
}

func TestPanicEndsTheProcessWithItsStack(t *testing.T) {
	s := spawn(t)
	stream := s.run(t)
	must(t, stream.Send(tradeFrame(t, 1, 1, "PANIC")))
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream goes on after a panic")
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("process ended with %v, want exit status 2", err)
	}
	if logs := s.stderr.String(); !strings.Contains(logs, "panic: the handler broke") || !strings.Contains(logs, "main_test.go") {
		t.Errorf("standard error holds %q, want the panic and its stack", logs)
	}
}

func TestHealthSpeaksOfAHangingHandler(t *testing.T) {
	s := spawn(t)
	stream := s.run(t)
	must(t, stream.Send(tradeFrame(t, 1, 1, "HANG")))
	var trouble string
	for deadline := time.Now().Add(6 * time.Second); trouble == "" && time.Now().Before(deadline); {
		health, err := s.client.Control.Health(t.Context(), &pluginv1.HealthRequest{})
		must(t, err)
		trouble = health.GetTrouble()
		time.Sleep(50 * time.Millisecond)
	}
	if !strings.Contains(trouble, "record 1") {
		t.Errorf("health says %q of a handler that hangs at record 1", trouble)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.client.Control.Drain(ctx, &pluginv1.DrainRequest{}); err == nil {
		t.Error("drain went well while a handler hangs")
	}
}

func TestMonitorEndsWithItsHost(t *testing.T) {
	t.Run("pipe", func(t *testing.T) {
		s := spawn(t, wire.LivenessEnv+"=stdin")
		must(t, s.stdin.Close())
		var exit *exec.ExitError
		if err := s.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
			t.Errorf("process ended with %v, want exit status 3", err)
		}
	})
	t.Run("parent", func(t *testing.T) {
		monitor := startUnderShell(t)
		// The monitor prints its handshake, so that we know it is up when the shell dies.
		monitor.awaitLine(t, "|grpc|")
		monitor.loseParent(t)
	})
	// An author's own start may take as long as it likes: a host that dies before Serve is called is missed as any other.
	t.Run("parent before Serve", func(t *testing.T) {
		monitor := startUnderShell(t, slowStartEnv+"=1")
		monitor.awaitLine(t, "printed before the handshake")
		monitor.loseParent(t)
	})
}

// grandchild is a monitor whose parent is a shell that stands for the host.
type grandchild struct {
	shell  *exec.Cmd
	pid    int
	output *os.File // of both, standard error too: it ends with the last of them
	lines  *bufio.Reader
}

func startUnderShell(t *testing.T, env ...string) *grandchild {
	t.Helper()
	monitor := monitorCommand(t, append(env, wire.CookieKey+"="+wire.CookieValue)...)
	output, write, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { _ = output.Close() })
	must(t, output.SetReadDeadline(time.Now().Add(20*time.Second)))
	g := &grandchild{shell: exec.Command("sh", "-c", `"$0" & echo "child $!"; wait`, monitor.Path), output: output, lines: bufio.NewReader(output)}
	g.shell.Env, g.shell.Stdout, g.shell.Stderr = monitor.Env, write, write
	must(t, g.shell.Start())
	must(t, write.Close())
	t.Cleanup(func() {
		_ = g.shell.Process.Kill()
		_ = g.shell.Wait()
		if g.pid != 0 {
			_ = syscall.Kill(g.pid, syscall.SIGKILL)
		}
	})
	return g
}

// awaitLine reads until a line holds text, and takes the monitor's process id on its way.
func (g *grandchild) awaitLine(t *testing.T, text string) {
	t.Helper()
	for seen := false; !seen || g.pid == 0; {
		line, err := g.lines.ReadString('\n')
		must(t, err)
		seen = seen || strings.Contains(line, text)
		if pid, ok := strings.CutPrefix(strings.TrimSpace(line), "child "); ok {
			g.pid, err = strconv.Atoi(pid)
			must(t, err)
		}
	}
}

// loseParent kills the shell; the monitor must end by itself, and say why.
func (g *grandchild) loseParent(t *testing.T) {
	t.Helper()
	must(t, g.shell.Process.Kill())
	rest, err := io.ReadAll(g.lines) // to the end: the monitor holds the pipe for as long as it lives
	if err != nil {
		t.Fatalf("monitor %d lives on without its host: %v", g.pid, err)
	}
	g.pid = 0 // gone; the number may be another's by now
	if !strings.Contains(string(rest), "parent process ended") {
		t.Errorf("the monitor ended and said %q", rest)
	}
}

func TestStartedByHandExplainsItself(t *testing.T) {
	cmd := monitorCommand(t)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("process ended with %v, want exit status 1", err)
	}
	for _, want := range []string{`the Weir monitor "noisy"`, "weir.yaml", "plugins:", `config: {"greeting":"hello"}`, "weir run"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the explanation lacks %q:\n%s", want, &stderr)
		}
	}
}

// TestStockClient shows that go-plugin's own client, with nothing of ours around it, can start a monitor.
func TestStockClient(t *testing.T) {
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: wire.Handshake, VersionedPlugins: wire.HostPlugins(wire.Dialects()), Cmd: monitorCommand(t),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC}, GRPCDialOptions: wire.DialOptions(),
		Logger: hclog.NewNullLogger(), SkipHostEnv: true,
	})
	defer client.Kill()
	protocol, err := client.Client()
	must(t, err)
	raw, err := protocol.Dispense(wire.PluginName)
	must(t, err)
	monitor, ok := raw.(*wire.Client)
	if !ok {
		t.Fatalf("dispensed a %T", raw)
	}
	described, err := monitor.Control.Describe(t.Context(), &pluginv1.DescribeRequest{})
	must(t, err)
	if described.GetName() != "noisy" || client.NegotiatedVersion() != 1 {
		t.Errorf("described %v in version %d", described, client.NegotiatedVersion())
	}
	stream := run(t, monitor)
	must(t, stream.Send(tradeFrame(t, 1, 1, "X")))
	frame, err := stream.Recv()
	must(t, err)
	if outputs := frame.GetOutputs().GetOutputs(); len(outputs) != 1 || outputs[0].GetSignal().GetText() != "hello" {
		t.Errorf("outputs are %v", outputs)
	}
}

// TestTLSIsRefused: a host that asks for certificates is told so, instead of hanging in a handshake of another kind.
func TestTLSIsRefused(t *testing.T) {
	cmd := monitorCommand(t, wire.CookieKey+"="+wire.CookieValue, "PLUGIN_CLIENT_CERT=x", "PLUGIN_UNIX_SOCKET_DIR="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(stderr.String(), "the host asks for AutoMTLS, which monitors do not speak") {
		t.Errorf("process ended with %v and says %s", err, &stderr)
	}
}

// TestLateLoggerReachesTheHost: go-plugin puts pipes in the place of os.Stderr when it serves, and what a logger writes that is made after
// that vanishes. Here it goes where the host reads.
func TestLateLoggerReachesTheHost(t *testing.T) {
	s := spawn(t)
	stream := s.run(t)
	must(t, stream.Send(tradeFrame(t, 1, 1, "LATE")))
	_, err := stream.Recv()
	must(t, err)
	must(t, s.cmd.Process.Kill())
	_ = s.cmd.Wait()
	for _, want := range []string{"late on os.Stderr", "late on os.Stdout", "late in log"} {
		if !strings.Contains(s.stderr.String(), want) {
			t.Errorf("%q did not reach the host", want)
		}
	}
}
