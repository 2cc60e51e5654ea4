package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGroupDir(t *testing.T) {
	const (
		unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
		hybrid  = "40 32 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n41 32 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		bound   = "50 40 0:26 /kube/pod7 /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
	)
	for _, c := range []struct{ name, mounts, groups, want string }{
		{"systemd", unified, "0::/system.slice/weir.service\n", "/sys/fs/cgroup/system.slice/weir.service"},
		{"already moved", unified, "0::/system.slice/weir.service/weir-host\n", "/sys/fs/cgroup/system.slice/weir.service"},
		{"hybrid", hybrid, "4:memory:/x\n0::/\n", "/sys/fs/cgroup/unified"},
		{"bind mount", bound, "0::/kube/pod7/app\n", "/sys/fs/cgroup/app"},
		{"outside of the mount", bound, "0::/kube/pod8\n", ""},
		{"version 1 only", hybrid, "4:memory:/x\n", ""},
		{"nothing", "", "", ""},
		{"garbage", "- cgroup2 \n\x00 - cgroup2 x\n", "0::\n0::/a\n:::", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := groupDir(c.mounts, c.groups)
			if got != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestGroupOffences(t *testing.T) {
	for _, c := range []struct {
		memory, pids string
		want         OffenceKind
	}{
		{"low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n", "max 3\n", Memory},
		{"low 0\nmax 12\noom_kill 0\n", "max 3\n", Tasks},
		{"low 0\nmax 12\noom_kill 0\n", "max 0\n", ""},
		{"", "", ""},
		{"oom_kill\n", "max x\n", ""},
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"memory.events": c.memory, "pids.events": c.pids} {
			if err := put(dir, name, text); err != nil {
				t.Fatal(err)
			}
		}
		g := &group{dir: dir, limits: Limits{Memory: 1 << 20, Tasks: 5}}
		var got OffenceKind
		if o := g.offence(); o != nil {
			got = o.Kind
		}
		if got != c.want {
			t.Errorf("%q and %q give %q; want %q", c.memory, c.pids, got, c.want)
		}
	}
}

// TestGroupOfItsOwn starts a program inside a control group and sees both gone at the end, also what left the process group. It needs
// no controllers, so it runs wherever the hierarchy may be written.
func TestGroupOfItsOwn(t *testing.T) {
	root, err := ownGroup()
	if err != nil {
		t.Skip(err)
	}
	if err := writable(root); err != nil {
		t.Skip(err)
	}
	groups := &Groups{root: root}
	text, exit := ran(t, Isolation{Level: L2, Groups: groups}, "exec >&2; grep 0:: /proc/self/cgroup; setsid sleep 64 & echo $!; sleep 0.1")
	if exit.Code != 0 {
		t.Fatalf("it %s: %s", exit, text)
	}
	mustContain(t, "its group", text, pluginGroup+itoa(os.Getpid())+"-1")
	if left, _ := filepath.Glob(filepath.Join(root, pluginGroup+itoa(os.Getpid())+"*")); len(left) != 0 {
		t.Errorf("groups are left: %v", left)
	}
	lines := strings.Split(strings.TrimSpace(text), "msg=")
	if pid := atoi(strings.TrimSpace(lines[len(lines)-1])); pid == 0 || !gone(pid) {
		t.Errorf("child %d that left the process group lives", pid)
	}
}

// TestKernelHoldsLimits needs delegated control groups, as under systemd-run --user --scope -p Delegate=yes.
func TestKernelHoldsLimits(t *testing.T) {
	groups := FindGroups()
	if missing := groups.Missing(); missing != "" {
		t.Skip(missing)
	}
	_, exit := ran(t, Isolation{Level: L2, Groups: groups, Limits: Limits{Memory: 32 << 20}}, "x=$(head -c 67108864 /dev/zero | tr '\\0' x); sleep 5")
	if exit.Offence == nil || exit.Offence.Kind != Memory {
		t.Errorf("it %s, %v; want it killed for memory", exit, exit.Offence)
	}
	_, exit = ran(t, Isolation{Level: L2, Groups: groups, Limits: Limits{Tasks: 6}}, "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done; wait")
	if exit.Offence == nil || exit.Offence.Kind != Tasks {
		t.Errorf("it %s, %v; want it killed for tasks", exit, exit.Offence)
	}
}

func TestNoGroups(t *testing.T) {
	var none *Groups
	if got := (Isolation{}).String(); got != "L1 (control groups are not used)" || none.Missing() == "" {
		t.Errorf("isolation without groups is %q", got)
	}
	if got := (Isolation{Groups: &Groups{}}).String(); got != "L2" {
		t.Errorf("isolation with groups is %q; want L2", got)
	}
}
