package process

import (
	"bufio"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// elfOf is the probe with the machine of its header replaced.
func elfOf(t *testing.T, machine byte) string {
	t.Helper()
	data, err := os.ReadFile(probePath)
	if err != nil {
		t.Fatal(err)
	}
	data[18], data[19] = machine, 0
	return write(t, "foreign", string(data), 0o755)
}

func TestWhatIsNotAPluginIsNamed(t *testing.T) {
	damaged := write(t, "damaged", "\x7fELF and then something else that is long enough to be looked at as a header", 0o755)
	for _, c := range []struct {
		name, path string
		env        string
		want       []string
	}{
		{"missing", "/nonexistent/weir-x", "", []string{"/nonexistent/weir-x", "does not exist", "correct the plugin's path"}},
		{"folder", t.TempDir(), "", []string{"is a folder"}},
		{"text", write(t, "notes.txt", "Dear diary,\nnothing", 0o755), "", []string{"notes.txt", "is not a program", `"Dear diary,"`}},
		{"not executable", write(t, "plain", "x", 0o644), "", []string{"is not executable", "chmod +x"}},
		{"windows", write(t, "x.exe", "MZ\x90\x00", 0o755), "", []string{"is a Windows program", "GOARCH=" + runtime.GOARCH}},
		{"damaged", damaged, "", []string{"is a damaged program"}},
		{"other machine", elfOf(t, 0xf3), "", []string{"is a program for EM_RISCV", "GOARCH=" + runtime.GOARCH}},
		{"no interpreter", write(t, "x.py", "#!/nonexistent/python\n", 0o755), "", []string{"cannot be run", "no such file"}},
		{"garbage", write(t, "chatty", "#!/bin/sh\necho hello, I am a plugin\necho why not >&2\nexec sleep 60\n", 0o755), "", []string{
			`printed "hello, I am a plugin" instead of the handshake`, "sdk.Serve",
		}},
		{"long line", write(t, "endless", "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x\nexec sleep 60\n", 0o755), "", []string{"instead of the handshake"}},
		{"exits", probePath, "exit", []string{"exited with code 3 before the handshake", `"cannot find my licence"`}},
		{"killed", write(t, "suicide", "#!/bin/sh\nkill -9 $$\n", 0o755), "", []string{"killed by signal 9", "before the handshake"}},
		{"silent", probePath, "silent", []string{"did not shake hands within 700ms"}},
		{"elsewhere", write(t, "tcp", "#!/bin/sh\necho '1|1|tcp|127.0.0.1:9|grpc|'\nexec sleep 60\n", 0o755), "", []string{"listens on tcp 127.0.0.1:9 instead of a socket in"}},
		{"new protocol", write(t, "new", "#!/bin/sh\necho \"1|7|unix|$PLUGIN_UNIX_SOCKET_DIR/x|grpc|\"\nexec sleep 60\n", 0o755), "", []string{
			"speaks protocol 7 of the contract, and this host 1", "it is too new: install a newer weir",
		}},
		{"nobody listens", write(t, "liar", "#!/bin/sh\necho \"1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/x|grpc|\"\nexec sleep 60\n", 0o755), "", []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PROBE_START", c.env)
			dir := t.TempDir()
			cfg := Config{Path: c.path, SocketDir: dir, StartTimeout: 5 * time.Second, Env: []string{"PROBE_START"}, Log: slog.New(slog.DiscardHandler)}
			if c.env == "silent" {
				cfg.StartTimeout = 700 * time.Millisecond
			}
			began := time.Now()
			p, err := Launch(t.Context(), cfg)
			if err == nil && c.name == "nobody listens" {
				// go-plugin connects when it likes; the first call fails.
				if err := p.Kill(t.Context()); err != nil {
					t.Error(err)
				}
				return
			}
			if _, ok := errors.AsType[*StartError](err); !ok {
				t.Fatalf("launch gave %v; want a StartError", err)
			}
			mustContain(t, "error", err.Error(), append(c.want, c.path)...)
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %s", took)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
				t.Errorf("files are left: %v", left)
			}
		})
	}
}

// TestStdoutFlood shows that a plugin whose C code or child prints after the handshake is never blocked by it.
func TestStdoutFlood(t *testing.T) {
	path := write(t, "flood", "#!/bin/sh\necho first line\nhead -c 700000 /dev/zero | tr '\\0' x\necho done >&2\n", 0o755)
	program, err := openProgram(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer program.file.Close()
	p := newProcess(program, slog.New(slog.DiscardHandler), Isolation{})
	p.env = []string{"PATH=" + os.Getenv("PATH")}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 100)
	n, _ := p.Stdout().Read(head)
	if got := string(head[:n]); got != "first line\n" {
		t.Errorf("Stdout gave %q; want the first line", got)
	}
	select {
	case <-p.exited:
	case <-time.After(5 * time.Second):
		t.Error("it hangs on its standard output")
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Error(err)
	}
	if got := p.lines.newest(); got != "done" {
		t.Errorf("its last word is %q; want done", got)
	}
	if got := p.exit().String(); got != "exited with code 0" {
		t.Errorf("it %s; want code 0", got)
	}
}

// TestKillTakesTheGroup shows that children die with the plugin, and that one which left the group does not hold us up.
func TestKillTakesTheGroup(t *testing.T) {
	script := "#!/bin/sh\nsleep 61 & echo $! >&2\nsetsid sleep 62 & echo $! >&2\necho ready\nwait\n"
	program, err := openProgram(write(t, "parent", script, 0o755), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer program.file.Close()
	buffer := &logBuffer{}
	p := newProcess(program, slog.New(slog.NewTextHandler(buffer, nil)), Isolation{})
	p.env = []string{"PATH=" + os.Getenv("PATH")}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _ = p.Stdout().Read(make([]byte, 10))
	began := time.Now()
	if err := p.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("Kill took %s", took)
	}
	var pids []int
	for line := range strings.Lines(buffer.String()) {
		_, text, _ := strings.Cut(line, "msg=")
		pids = append(pids, atoi(strings.TrimSpace(text)))
	}
	if len(pids) != 2 {
		t.Fatalf("log is %q; want two pids", buffer.String())
	}
	if !gone(pids[0]) {
		t.Errorf("the child %d in the group lives", pids[0])
	}
	if syscall.Kill(pids[1], syscall.SIGKILL) != nil {
		t.Errorf("the child %d that left the group is gone: the test shows nothing", pids[1])
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(text string) (n int) {
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	return n
}

// gone waits for a process that is not ours to be dead, or a zombie.
func gone(pid int) bool {
	for range 500 {
		state, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
		if err != nil {
			return true
		}
		if _, rest, ok := strings.Cut(string(state), ") "); ok && rest[0] == 'Z' {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func TestPluginDiesWithItsHost(t *testing.T) {
	for name, script := range map[string]string{
		"sleeps":  "exec sleep 63",
		"logs on": "trap '' PIPE\nwhile :; do echo still here >&2; done", // into a pipe that nobody reads any more
	} {
		t.Run(name, func(t *testing.T) {
			pid := hostThatDies(t, write(t, "careless", "#!/bin/sh\n"+script+"\n", 0o755))
			if !gone(pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				t.Errorf("process %d outlives its host", pid)
			}
		})
	}
}

// hostThatDies has another process run a program, kills that process, and returns the program's.
func hostThatDies(t *testing.T, program string) (pid int) {
	t.Helper()
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), "WEIR_TEST_PROGRAM="+program)
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid = atoi(strings.TrimSpace(line))
	if err != nil || pid == 0 || syscall.Kill(pid, 0) != nil {
		t.Fatalf("host says %q, %v; want the number of a process", line, err)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	return pid
}
