package daemon

import (
	"slices"
	"testing"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// The lock program belongs to the pools whose LP tokens it keeps: once, and only where they are watched.
func TestLocksAreWatchedWithTheirPools(t *testing.T) {
	groups := []config.Group{
		{Name: "curve", Programs: []string{"pump"}}, {Name: "one", Programs: []string{"raydium_v4", "raydium_cpmm"}}, {Name: "two", Programs: []string{"raydium_clmm"}},
	}
	lock := dex.RaydiumLock.String()
	for name, c := range map[string]struct {
		wants []want
		in    []string // groups with the program
	}{
		"everything":        {nil, []string{"one"}},
		"CLMM alone":        {[]want{{venues: []eventv1.Venue{eventv1.Venue_VENUE_RAYDIUM_CLMM}}}, []string{"two"}},
		"neither":           {[]want{{venues: []eventv1.Venue{eventv1.Venue_VENUE_PUMP, eventv1.Venue_VENUE_RAYDIUM_V4}}}, nil},
		"every venue, said": {[]want{{}}, []string{"one"}},
	} {
		var in []string
		for _, g := range groupsFor(groups, c.wants) {
			if slices.Contains(g.Programs, lock) {
				in = append(in, g.Name)
			}
		}
		if !slices.Equal(in, c.in) {
			t.Errorf("%s: locks are in %q, want %q", name, in, c.in)
		}
	}
}
