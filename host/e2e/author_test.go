package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authorCommands reads the lines that docs/writing-a-plugin.md tells a new author to type.
func authorCommands(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/writing-a-plugin.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "<!-- the end-to-end tests run these lines -->\n```sh\n")
	block, _, ended := strings.Cut(after, "\n```")
	if !found || !ended {
		t.Fatal("docs/writing-a-plugin.md has no block of commands")
	}
	return strings.Split(block, "\n")
}

// authorSteps are what the path of a new author must lead through, in this order, as the documentation prints them.
var authorSteps = []string{"weir plugin new ", "cd ", "weir plugin test ", "weir plugin install ", "weir demo"}

// TestNewAuthor types what the documentation prints, edits one function on the way, and waits for the monitor's first output. It prints how
// long each step takes.
func TestNewAuthor(t *testing.T) {
	commands := authorCommands(t)
	last, at := len(commands)-1, 0
	for _, step := range authorSteps {
		for at <= last && !strings.HasPrefix(commands[at], step) {
			at++
		}
	}
	if at != last {
		t.Fatalf("docs/writing-a-plugin.md tells to type %q; want in this order, and %q at the end: %q", commands, authorSteps[4], authorSteps)
	}
	dir, began := t.TempDir(), time.Now()
	for _, line := range commands[:last] {
		step := time.Now()
		if to, ok := strings.CutPrefix(line, "cd "); ok {
			dir = filepath.Join(dir, to)
			edit(t, filepath.Join(dir, "monitor.go"))
			t.Logf("%6.1fs  %s, edit one function", time.Since(step).Seconds(), line)
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		cmd := exec.CommandContext(ctx, "sh", "-c", line)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		t.Logf("%6.1fs  %s", time.Since(step).Seconds(), line)
	}
	t.Chdir(dir)
	step := time.Now()
	demo := start(t, "demo", "--transactions-per-slot", "20")
	eventually(t, time.Minute, "an output of the new monitor", func() bool { return strings.Contains(demo.out.String(), "enormous buy") })
	t.Logf("%6.1fs  %s, to the first output", time.Since(step).Seconds(), commands[last])
	t.Logf("%6.1fs from the first command to the first output", time.Since(began).Seconds())
	if code := demo.interrupt(t, 20*time.Second); code != 0 {
		t.Errorf("weir demo exits with %d", code)
	}
	if code, out, _ := run(t, "plugin", "list"); code != 0 || !strings.Contains(out, "whale-watch  0.1.0") {
		t.Errorf("weir plugin list exits with %d and says %s", code, out)
	}
}

// edit changes what the monitor says.
func edit(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "large buy no.", "enormous buy no.", 1)
	if changed == string(text) {
		t.Fatal("nothing to edit")
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestChangedProgramIsRefused: a program that is not the one of weir.lock is not started.
func TestChangedProgramIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, _, stderr := run(t, "plugin", "install", filepath.Join(bin, "weir-liquidity")); code != 0 {
		t.Fatal(stderr)
	}
	if code, out, _ := run(t, "plugin", "verify", "liquidity"); code != 0 || !strings.Contains(out, "good") {
		t.Fatalf("verify exits with %d and says %s", code, out)
	}
	programs, err := filepath.Glob(filepath.Join("data", "plugins", "liquidity", "*", "weir-liquidity"))
	if err != nil || len(programs) != 1 {
		t.Fatalf("%v, %v", programs, err)
	}
	program := programs[0]
	file, err := os.OpenFile(program, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	file.WriteString("x")
	file.Close()
	for _, args := range [][]string{{"plugin", "verify", "liquidity"}, {"demo", "--for", "1s"}} {
		if code, _, stderr := run(t, args...); code != 1 || !strings.Contains(stderr, "is not the program that was installed") {
			t.Errorf("%v exits with %d and says %s", args, code, stderr)
		}
	}
}
