package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/monitor"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// machine looks at what all plugins share.
func (c doctorCommand) machine(ctx context.Context, d *doctor) error {
	data, plugins, err := c.Folders()
	if err != nil {
		return err
	}
	if c.PluginsDir != "" {
		plugins = c.PluginsDir
	}
	d.folder("data", data)
	d.folder("plugins", plugins)
	abs, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	sockets := admin.RuntimeDir(abs)
	if err := monitor.FitsSocketDir(sockets); err != nil {
		d.say(fail, "sockets", err.Error(), "set TMPDIR or XDG_RUNTIME_DIR to a shorter folder, or move the data folder to one")
	} else {
		d.say(good, "sockets", sockets, "")
	}
	running := c.daemon(ctx, d)
	if stale, _ := filepath.Glob(filepath.Join(sockets, "plugin-dir*")); len(stale) > 0 && !running {
		d.say(warn, "leftovers", fmt.Sprintf("%d socket folders of a daemon that was killed lie in %s", len(stale), sockets), "the next start of weir run removes them")
	}
	d.orphans(ctx, sockets, running)
	return nil
}

// folder looks who may write where programs and states lie.
func (d *doctor) folder(what, path string) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.say(good, what, path+" does not exist yet", "")
	case err != nil:
		d.say(fail, what, err.Error(), "give this user the folder, or name another one")
	case !info.IsDir():
		d.say(fail, what, path+" is no folder", "name another one in weir.yaml")
	case info.Mode().Perm()&0o022 != 0:
		d.say(fail, what, fmt.Sprintf("%s may be written by others (mode %o)", path, info.Mode().Perm()), "chmod go-w "+path)
	case ownedByAnother(info):
		d.say(fail, what, path+" belongs to another user", "run weir as that user, or chown the folder")
	default:
		d.say(good, what, path, "")
	}
}

func ownedByAnother(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) != os.Getuid() && os.Getuid() != 0
}

// daemon tells whether one runs on the data folder.
func (c doctorCommand) daemon(ctx context.Context, d *doctor) (running bool) {
	err := c.Ask(ctx, func(ctx context.Context, client *admin.Client) error {
		status, err := client.Status(ctx, &adminv1.StatusRequest{})
		if err == nil {
			d.say(good, "daemon", "runs, version "+status.GetVersion(), "")
		}
		return err
	})
	if err != nil {
		d.say(good, "daemon", "does not run", "")
	}
	return err == nil
}

// orphanEnd is how long a monitor may take to end after its host; one that is there longer does not watch its standard input.
const orphanEnd = 2 * time.Second

// orphans looks for monitors of this data folder whose host is gone, sockets being where such a host had theirs; running says that there is one now.
// Other data folders' are not ours to judge, and one that is ending by itself is none.
func (d *doctor) orphans(ctx context.Context, sockets string, running bool) {
	left := orphansOf(sockets, running)
	for end := time.Now().Add(orphanEnd); len(left) > 0 && time.Now().Before(end) && ctx.Err() == nil; left = orphansOf(sockets, running) {
		time.Sleep(50 * time.Millisecond)
	}
	for pid, name := range left {
		d.say(fail, "orphan", fmt.Sprintf("process %s (%s) is a monitor whose host is gone", pid, name), "kill "+pid+"; it ignores the end of its standard input, see docs/contract.md")
	}
}

// orphansOf are the names by process id of what a host with these sockets started and nobody waits for any more.
// While no host runs, that is all of them: a session's own reaper may have taken them in place of process 1.
func orphansOf(sockets string, running bool) map[string]string {
	left := make(map[string]string)
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	cookie := []byte(wire.CookieKey + "=" + wire.CookieValue + "\x00")
	mark := []byte("PLUGIN_UNIX_SOCKET_DIR=" + sockets + "/")
	for _, path := range environments {
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(append(text, 0), cookie) || !bytes.Contains(text, mark) {
			continue
		}
		dir := filepath.Dir(path)
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue // it ended meanwhile
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		if len(fields) < 2 || string(fields[0]) == "Z" || running && string(fields[1]) != "1" {
			continue
		}
		name, _ := os.ReadFile(filepath.Join(dir, "comm"))
		left[filepath.Base(dir)] = strings.TrimSpace(string(name))
	}
	return left
}

// machineLimits are the memory of this machine in bytes and the open files that this user may have; 0 for what is not known.
func machineLimits() (memory, files uint64) {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			_, _ = fmt.Sscan(rest, &memory) // 0 when it is not a number
			memory <<= 10
		}
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		files = limit.Max
	}
	return memory, files
}
