package daemon

import (
	"slices"
	"testing"
)

// TestMemoryLimitsOfAllGroupsAbove looks where systemd and containers put a limit: on the group of the service, which is below the root,
// or on one above it.
func TestMemoryLimitsOfAllGroupsAbove(t *testing.T) {
	for _, c := range []struct {
		name, groups string
		want         []string
	}{
		{"version 2", "0::/system.slice/weir.service/weir-host\n", []string{
			"/cg/system.slice/weir.service/weir-host/memory.max", "/cg/system.slice/weir.service/memory.max", "/cg/system.slice/memory.max", "/cg/memory.max",
		}},
		{"a namespace", "0::/\n", []string{"/cg/memory.max"}},
		{"version 1", "5:cpu,memory:/docker/1\n4:pids:/docker/1\n", []string{
			"/cg/memory/docker/1/memory.limit_in_bytes", "/cg/memory/docker/memory.limit_in_bytes", "/cg/memory/memory.limit_in_bytes",
		}},
		{"nothing", "what is this\n", nil},
	} {
		if got := memoryLimits("/cg", c.groups); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
