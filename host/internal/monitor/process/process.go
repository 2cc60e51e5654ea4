package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// pipeGrace is how long the pipes of a dead process are read on. They stay open when a child of it lives and left its group.
	pipeGrace = 250 * time.Millisecond
	// reapLimit bounds the wait for a killed process. Only one that hangs inside the kernel takes longer.
	reapLimit = 3 * time.Second
	// maxHello bounds the first line of standard output, which must be the go-plugin handshake.
	maxHello = 4 << 10
)

// process is a plugin's process: runner.Runner for go-plugin, which only sees the first line of standard output, and no
// standard error at all. It differs from go-plugin's own runner in that it
//
//   - runs the file that was hashed, by its descriptor, so that nobody can swap it in between;
//   - puts the plugin into a process group of its own, which is killed as a whole;
//   - has the kernel kill the plugin when the host dies;
//   - sees the plugin's death when it happens and not when all its pipes are closed, which a child of it can put off for ever;
//   - goes on reading standard output, so that a plugin which prints is not blocked.
type process struct {
	program   *program
	isolation Isolation
	env       []string // set before Start
	dir       string   // of its socket, set before Start
	group     *group   // nil below L2

	log     *slog.Logger
	panics  *panicText
	lines   *lineLog // standard error
	strays  *lineLog // what Go code prints after the handshake
	hello   *io.PipeReader
	helloIn *io.PipeWriter

	dead   chan struct{}    // closed when the process is reaped
	exited chan struct{}    // closed when its pipes are read too
	state  *os.ProcessState // valid after dead

	mu    sync.Mutex // guards all below
	pid   int        // 0 before start and after reaping
	last  int        // pid, kept for messages
	stdin *os.File   // closes with the host: the plugin ends itself then
	first string     // line of standard output

	address string   // of its socket
	offence *Offence // why it was killed, or nil
}

func newProcess(p *program, logger *slog.Logger, isolation Isolation) *process {
	out := &process{program: p, isolation: isolation, panics: &panicText{}, dead: make(chan struct{}), exited: make(chan struct{})}
	out.log = logger
	pluginLog := logger.WithGroup("plugin")
	out.lines = &lineLog{log: pluginLog, fallback: slog.LevelInfo, panics: out.panics}
	out.strays = &lineLog{log: pluginLog, fallback: slog.LevelWarn}
	out.hello, out.helloIn = io.Pipe()
	return out
}

// Start implements runner.Runner.
func (p *process) Start(context.Context) error {
	started := make(chan error, 1)
	go p.live(started) //nolint:contextcheck // the process outlives Start
	return <-started
}

// live is the process's whole life on one thread: the kernel ties the death signal to the thread that forked, not to the
// host, so that thread must stay until the end (golang/go#27505). It is never unlocked: the thread ends with the goroutine.
func (p *process) live(started chan<- error) {
	runtime.LockOSThread()
	cmd, ends, err := p.spawn()
	if err != nil {
		started <- errors.Join(err, p.group.end())
		return
	}
	p.mu.Lock()
	p.pid, p.last, p.stdin = cmd.Process.Pid, cmd.Process.Pid, ends.stdin
	p.mu.Unlock()
	started <- nil

	var helpers sync.WaitGroup
	helpers.Go(func() { p.readStdout(ends.stdout) })
	helpers.Go(func() { _, _ = io.Copy(p.lines, ends.stderr); _ = p.lines.Close() })
	helpers.Go(p.watch)
	p.reap(cmd, awaitExit(cmd.Process))
	ends.expire(time.Now().Add(pipeGrace))
	helpers.Wait()
	ends.closeHost()
	if err := p.group.end(); err != nil {
		p.log.Warn("control group of a plugin is left", "error", err)
	}
	close(p.exited)
}

// spawn starts the program on this thread, with the limits that do not need a control group.
func (p *process) spawn() (*exec.Cmd, *pipeEnds, error) {
	l0 := p.isolation.effective() == L0
	if !l0 {
		if err := renouncePrivileges(); err != nil {
			return nil, nil, err
		}
	}
	cmd, ends, err := p.command()
	if err != nil {
		return nil, nil, err
	}
	err = cmd.Start()
	ends.closeChild()
	if err != nil {
		ends.closeHost()
		return nil, nil, &StartError{p.program.path, "cannot be run (" + rootText(err) + ")", "check that it was built for this system and that its loader and libraries are here"}
	}
	if l0 {
		return cmd, ends, nil
	}
	if err := bound(cmd.Process.Pid, p.isolation.Limits); err != nil && !errors.Is(err, syscall.ESRCH) && !errors.Is(err, os.ErrNotExist) {
		p.log.Warn("a limit of a plugin cannot be set", "error", err)
	}
	return cmd, ends, nil
}

// reap sweeps the group while the dead leader still holds its number, which no other process can have got by then.
func (p *process) reap(cmd *exec.Cmd, state *os.ProcessState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	if state == nil {
		state, _ = cmd.Process.Wait()
	}
	p.state, p.pid = state, 0
	if p.offence == nil {
		p.offence = p.group.offence()
	}
	close(p.dead)
}

func (p *process) command() (*exec.Cmd, *pipeEnds, error) {
	if p.isolation.effective() == L2 {
		var err error
		if p.group, err = p.isolation.Groups.make(p.isolation.Limits); err != nil {
			return nil, nil, fmt.Errorf("isolate plugin %s at L2: %w", p.program.path, err)
		}
	}
	ends, err := newPipeEnds()
	if err != nil {
		return nil, nil, fmt.Errorf("make pipes for plugin %s: %w", p.program.path, err)
	}
	// The program is passed as descriptor 3, not opened by the child: Go's fork moves descriptors about, and a script's
	// interpreter opens the path once more after exec.
	cmd := &exec.Cmd{
		Path: p.program.exec(), Args: []string{p.program.path}, Env: p.env, Dir: p.workDir(),
		Stdin: ends.childIn, Stdout: ends.childOut, Stderr: ends.childErr,
		ExtraFiles: []*os.File{p.program.file}, SysProcAttr: groupOfItsOwn(p.group),
	}
	return cmd, ends, nil
}

// workDir is the folder of the socket, which is private and goes with the process.
func (p *process) workDir() string {
	if p.isolation.effective() == L0 {
		return ""
	}
	return p.dir
}

// readStdout hands the first line to go-plugin and throws the rest away.
func (p *process) readStdout(stdout *os.File) {
	reader := bufio.NewReaderSize(stdout, maxHello)
	line, err := reader.ReadSlice('\n')
	if err != nil && len(line) == 0 {
		// It is most likely exiting. Kill, which comes once go-plugin sees the end, would hide its exit code.
		select {
		case <-p.dead:
		case <-time.After(pipeGrace):
		}
		_ = p.helloIn.Close()
		return
	}
	p.mu.Lock()
	p.first = strings.TrimSpace(string(line))
	p.mu.Unlock()
	_, _ = p.helloIn.Write(line)
	_ = p.helloIn.Close()
	_, _ = io.Copy(io.Discard, reader)
}

// signal sends to the whole group, and does nothing when the process is gone.
func (p *process) signal(s syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid == 0 {
		return nil
	}
	return syscall.Kill(-p.pid, s)
}

// Kill implements runner.AttachedRunner: SIGKILL to the group. It returns when the process is gone, or an error after
// reapLimit.
func (p *process) Kill(context.Context) error {
	_ = p.hello.Close()
	if p.lastPID() == 0 {
		return nil
	}
	if err := p.signal(syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill plugin %s: %w", p.program.path, err)
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(reapLimit):
		return fmt.Errorf("plugin %s (pid %d) does not die: it hangs inside the kernel", p.program.path, p.lastPID())
	}
}

func (p *process) lastPID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func (p *process) firstLine() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

// running returns the process id, 0 when it is gone.
func (p *process) running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}
