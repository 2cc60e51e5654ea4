package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// children ends the program in the ways that there are and looks for processes that stay. They are known by the socket folder in their
// environment, which children inherit.
func (k *kit) children(ctx context.Context) error {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		return skip("this system does not tell the environment of processes")
	}
	ends := []struct {
		name string
		end  func(*run) error
	}{
		{"SIGTERM", func(r *run) error {
			err := r.Terminate()
			select {
			case <-r.Exited():
			case <-time.After(10 * time.Second):
			}
			return err
		}},
		{"SIGKILL", func(r *run) error { return r.Kill(ctx) }},
	}
	for _, way := range ends {
		if err := k.with(ctx, func(r *run) error { return errors.Join(r.feed(k.last/2, 64), way.end(r)) }); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		if err := k.left(); err != nil {
			return fmt.Errorf("after %s: %w", way.name, err)
		}
	}
	return nil
}

// left ends what a program left behind, and names it.
func (k *kit) left() error {
	var names []string
	for wait := time.Now().Add(time.Second); ; time.Sleep(50 * time.Millisecond) {
		names = names[:0]
		for pid, name := range k.descendants() {
			names = append(names, fmt.Sprintf("%s (process %d)", name, pid))
			if time.Now().After(wait) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		if len(names) == 0 {
			return nil
		}
		if time.Now().After(wait) {
			slices.Sort(names)
			if len(names) > 3 {
				names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
			}
			return fmt.Errorf("it left %s behind: end your children before you end, and start them in your own process group", strings.Join(names, ", "))
		}
	}
}

// descendants are the processes with a socket folder of this kit, by number.
func (k *kit) descendants() map[int]string {
	out := map[int]string{}
	mark := []byte("PLUGIN_UNIX_SOCKET_DIR=" + k.sockets)
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, mark) {
			continue // it ended meanwhile, is another user's, or has nothing to do with it
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		name, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "comm"))
		out[pid] = strings.TrimSpace(string(name))
	}
	return out
}
