package conform

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/weir-run/weir/sdk/wire"
)

// goneLimit is how long a plugin may outlive its host.
const goneLimit = 2 * time.Second

// hostDeath starts the program by hand, so that its standard input can end while this process lives, as it does when a host is killed.
// The environment holds nothing but what the contract names.
func (k *kit) hostDeath(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, k.Path)
	cmd.Env = []string{
		wire.CookieKey + "=" + wire.CookieValue, wire.LivenessEnv + "=stdin", "PLUGIN_UNIX_SOCKET_DIR=" + k.sockets,
		"PLUGIN_PROTOCOL_VERSIONS=" + strings.ReplaceAll(wire.Versions(k.Dialects), " and ", ","), "PATH=" + os.Getenv("PATH"),
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("open standard input: %w", err)
	}
	said := &firstLine{seen: make(chan struct{})}
	cmd.Stdout, cmd.WaitDelay = said, time.Second
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start by hand: %w", err)
	}
	dead := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ends does not matter, when does
		close(dead)
	}()
	select {
	case <-said.seen:
	case <-dead:
		return errors.New("ended before the handshake in an environment that holds only what the contract names")
	case <-time.After(10 * time.Second):
		cancel()
		<-dead
		return errors.New("did not shake hands in an environment that holds only what the contract names")
	}
	if err := stdin.Close(); err != nil {
		return fmt.Errorf("close standard input: %w", err)
	}
	began := time.Now()
	select {
	case <-dead:
		k.note = fmt.Sprintf("gone after %s", time.Since(began).Round(time.Millisecond))
	case <-time.After(goneLimit):
		cancel()
		<-dead
		return fmt.Errorf("still runs %s after its standard input ended: %s=stdin asks it to exit then", goneLimit, wire.LivenessEnv)
	}
	if lines := strings.Count(said.text.String(), "\n"); lines != 1 {
		return fmt.Errorf("printed %d lines to standard output: only the handshake belongs there", lines)
	}
	return k.left()
}

// firstLine is a writer that says when a line came. Its text may be read once the process is gone.
type firstLine struct {
	text strings.Builder
	seen chan struct{}
	done bool
}

// Write implements io.Writer.
func (f *firstLine) Write(p []byte) (int, error) {
	if f.text.Len() < 64<<10 {
		f.text.Write(p)
	}
	if !f.done && strings.Contains(f.text.String(), "\n") {
		f.done = true
		close(f.seen)
	}
	return len(p), nil
}
