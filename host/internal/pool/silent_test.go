package pool_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The chain is played to its end: after that no group brings anything.
func TestSilentGroupsRaiseAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldOptions{slots: 100, servers: 2, connections: 2, commitment: confirmed, groups: worldGroups[:2]})
		time.Sleep(5 * time.Second)
		groups := slices.Clone(worldGroups) // one comes later, with a time of its own
		groups[2].Quiet = 12 * time.Second
		if err := w.pool.SetGroups(groups); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if alarms := w.pool.Status().Alarms; len(alarms) > 0 {
			t.Errorf("alarms %v while all groups bring something", alarms)
		}
		time.Sleep(25 * time.Second)
		if alarms := w.pool.Status().Alarms; !slices.Equal(alarms, []string{"curve", "amm"}) {
			t.Errorf("alarms %v some 20 s after the end, want those of the high group and of the one that came later", alarms)
		}
		c := w.connection(1)
		if c.ParseRate != 1 || c.WinRate < 0.5 || c.Filters != 2 || !c.LagKnown || c.OpensUsed != 1 || c.OpensLimit != 80 {
			t.Errorf("status %+v", c)
		}
	})
}

// A transaction of several groups comes by the connections of all of them: one that comes by another's does not hide that a group's own
// brings nothing.
func TestWhatOthersBringOfAGroupHidesNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		groups := slices.Clone(worldGroups)
		groups[1].Quiet = 8 * time.Second
		w := newWorld(t, worldOptions{slots: 200, servers: 2, connections: 2, commitment: confirmed, groups: groups})
		time.Sleep(10 * time.Second)
		w.servers[1].Silence(20 * time.Second)
		time.Sleep(12 * time.Second)
		if alarms := w.pool.Status().Alarms; !slices.Equal(alarms, []string{"swap"}) {
			t.Errorf("alarms %v after 12 s without the connection of swap", alarms)
		}
		time.Sleep(12 * time.Second)
		if alarms := w.pool.Status().Alarms; len(alarms) > 0 {
			t.Errorf("alarms %v when it goes on", alarms)
		}
	})
}
