package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/weir-run/weir/sdk/wire"
)

// passedEnv are the variables of the host that every plugin gets. The rest, tokens among them, stay here.
//
// GOMAXPROCS and GOMEMLIMIT are the host's own unless the plugin has limits, which come after and win.
var passedEnv = []string{"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "GOTRACEBACK", "GOMAXPROCS", "GOMEMLIMIT"}

// Config says what to launch.
type Config struct {
	// Path of the program.
	Path string
	// Digests are those known from earlier starts; nil hashes the program.
	Digests *Digests
	// SocketDir is a private folder in which the plugin's socket gets a folder of its own.
	SocketDir string
	// Env names variables of the host's environment that are passed on beside PATH, HOME, TZ and the like.
	Env []string
	// StartTimeout is from exec to a connection.
	StartTimeout time.Duration
	// Isolation says how far it is kept apart.
	Isolation Isolation
	// Listen opens the socket on which the host answers the plugin, in the private folder of the plugin's own, and returns its path; nil
	// opens none.
	Listen func(dir string) (path string, err error)
	// Dialects are the versions of the contract that may be spoken. Default: wire.Dialects.
	Dialects []wire.Dialect
	// Log gets the plugin's lines, in the group "plugin".
	Log *slog.Logger
}

// Plugin is a running plugin with a connection, or what is left of it. All methods may be called at the same time.
type Plugin struct {
	*wire.Client

	process  *process
	client   *plugin.Client
	dialects []wire.Dialect
}

// Launch starts the program and shakes hands. Errors are *StartError where the program is at fault.
func Launch(ctx context.Context, cfg Config) (*Plugin, error) {
	program, err := openProgram(cfg.Path, cfg.Digests)
	if err != nil {
		return nil, err
	}
	defer closeAll(program.file)

	process := newProcess(program, cfg.Log, cfg.Isolation)
	p := &Plugin{process: process, dialects: cfg.Dialects}
	if p.dialects == nil {
		p.dialects = wire.Dialects()
	}
	p.client = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake,
		VersionedPlugins: wire.HostPlugins(p.dialects),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     cfg.StartTimeout,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: cfg.SocketDir},
		GRPCDialOptions:  append(wire.DialOptions(), grpc.WithContextDialer(process.dial)),
		// Off also turns go-plugin's parser of log lines off, which panics on JSON that it does not expect.
		Logger:     hclog.New(&hclog.LoggerOptions{Level: hclog.Off}),
		SyncStdout: process.strays,
		SyncStderr: process.strays,
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, dir string) (runner.Runner, error) {
			process.env, process.dir = append(cmd.Env, environment(ctx, &cfg)...), dir
			if cfg.Listen == nil {
				return process, nil
			}
			path, err := cfg.Listen(dir)
			if err != nil {
				return nil, err
			}
			process.env = append(process.env, wire.HostSocketEnv+"="+path)
			return process, nil
		},
	})
	if err := p.connect(ctx, cfg.StartTimeout); err != nil {
		return nil, errors.Join(err, p.Kill(ctx))
	}
	return p, nil
}

// connect has its own deadline: go-plugin bounds the wait for the first line, but not what follows.
func (p *Plugin) connect(ctx context.Context, timeout time.Duration) error {
	var late atomic.Bool
	timer := time.AfterFunc(timeout, func() { late.Store(true); _ = p.process.signal(syscall.SIGKILL) })
	defer timer.Stop()
	stop := context.AfterFunc(ctx, func() { _ = p.process.signal(syscall.SIGKILL) })
	defer stop()

	protocol, err := p.client.Client()
	if err != nil {
		return p.explain(err, late.Load(), timeout)
	}
	raw, err := protocol.Dispense(wire.PluginName)
	if err != nil {
		return p.explain(err, late.Load(), timeout)
	}
	p.Client = raw.(*wire.Client)
	return ctx.Err()
}

// explain says what the program did instead of shaking hands.
func (p *Plugin) explain(err error, late bool, timeout time.Duration) error {
	if start, ok := errors.AsType[*StartError](err); ok {
		return start
	}
	const serve = "a monitor must call sdk.Serve, and print nothing to standard output before"
	line, path := p.process.firstLine(), p.process.program.path
	said := ""
	if text := p.process.lines.newest(); text != "" {
		said = fmt.Sprintf("; its error output ends with %q", text)
	}
	switch offered, parsed := protocolOf(line); {
	case parsed && !wire.Speaks(p.dialects, offered):
		return p.foreign(offered)
	case line != "" && strings.Count(line, "|") < 3:
		return &StartError{path, fmt.Sprintf("printed %q instead of the handshake", shorten(line, 120)) + said, serve}
	case late || strings.HasPrefix(err.Error(), "timeout while"):
		return &StartError{path, fmt.Sprintf("did not shake hands within %s", timeout) + said, serve}
	case line == "" && p.process.running() == 0:
		return &StartError{path, p.process.exit().String() + " before the handshake" + said, "run it by hand: it should say that it is a plugin"}
	default:
		return &StartError{path, "failed to connect (" + strings.Join(strings.Fields(err.Error()), " ") + ")" + said, "build it with the SDK of this host's version"}
	}
}

// protocolOf reads the version of the contract from a handshake.
func protocolOf(line string) (version int, ok bool) {
	fields := strings.Split(line, "|")
	if len(fields) < 4 {
		return 0, false
	}
	version, err := strconv.Atoi(fields[1])
	return version, err == nil
}

// foreign says that there is no common version of the contract. A monitor that finds none names the lowest that it speaks.
func (p *Plugin) foreign(offered int) error {
	seen := fmt.Sprintf("speaks protocol %d of the contract, and this host %s", offered, wire.Versions(p.dialects))
	if offered > p.dialects[0].Version {
		return &StartError{p.process.program.path, seen, "it is too new: install a newer weir, or a version of the plugin for this one"}
	}
	return &StartError{p.process.program.path, seen, "it is too old: install a newer version of the plugin, or build it with a newer SDK"}
}

// Protocol is the version of the contract that both ends speak.
func (p *Plugin) Protocol() int { return p.client.NegotiatedVersion() }

// Kill ends the process and its group with SIGKILL, if it still runs, and frees what the connection holds. It returns within a
// few seconds, whatever state the process is in. Twice is safe.
func (p *Plugin) Kill(ctx context.Context) error {
	if err := p.process.Kill(context.WithoutCancel(ctx)); err != nil {
		return err // and leave go-plugin's goroutines: its Kill waits for the process without a limit
	}
	p.client.Kill()
	if p.process.dir == "" {
		return nil
	}
	return os.RemoveAll(p.process.dir)
}

// Terminate sends SIGTERM to the process and its group.
func (p *Plugin) Terminate() error { return p.process.signal(syscall.SIGTERM) }

// Admits refuses a connection that does not come from the process.
func (p *Plugin) Admits(conn net.Conn) error {
	if p.process.isolation.effective() == L0 {
		return nil
	}
	return checkPeer(conn, p.PID(), "asks on")
}

// PID of the process, 0 when it is gone.
func (p *Plugin) PID() int { return p.process.running() }

// Path of the program that runs.
func (p *Plugin) Path() string { return p.process.program.path }

// Digest of the program that runs: "sha256:" and hexadecimal.
func (p *Plugin) Digest() string { return p.process.program.digest }

// Isolation says which level was reached, and why it is not a higher one.
func (p *Plugin) Isolation() string { return p.process.isolation.String() }

// Offence is what the process was, or is being, killed for; nil for nothing.
func (p *Plugin) Offence() *Offence { return p.process.exit().Offence }

// LinesDropped counts log lines over the limit.
func (p *Plugin) LinesDropped() uint64 { return p.process.lines.dropped.Load() }

// Exited is closed when the process is gone and its last words are read.
func (p *Plugin) Exited() <-chan struct{} { return p.process.exited }

// Exit says how the process ended. It is valid once Exited is closed.
func (p *Plugin) Exit() Exit { return p.process.exit() }

func environment(ctx context.Context, cfg *Config) (env []string) {
	for _, name := range slices.Concat(passedEnv, cfg.Env) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	if cfg.Isolation.effective() == L0 {
		env = os.Environ()
	}
	env = append(env, cfg.Isolation.environment()...)
	level := "info"
	if cfg.Log.Enabled(ctx, slog.LevelDebug) {
		level = "debug"
	}
	return append(env, wire.LivenessEnv+"=stdin", wire.LogLevelEnv+"="+level)
}

func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "..."
}
