package pool_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

const confirmed = geyserpb.CommitmentLevel_CONFIRMED

// Whatever providers do, and however groups move: no claim that is not true, nothing lost without a gap, nothing twice, never an open over
// the budget.
func TestClaimsAreTrueInTrouble(t *testing.T) {
	first, n := uint64(0), uint64(24)
	if testing.Short() { // under the race detector a seed takes ten times as long
		n = 8
	}
	if text := os.Getenv("WEIR_POOL_SEEDS"); text != "" { // first:number
		if _, err := fmt.Sscanf(text, "%d:%d", &first, &n); err != nil {
			t.Fatal(err)
		}
	}
	for seed := first; seed < first+n; seed++ {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 77))
			o := worldOptions{
				slots: 3500, servers: 1 + r.IntN(3), replay: []int{5000, 150, 40, -1}[r.IntN(4)], commitment: confirmed,
				connections: 1 + r.IntN(3), copies: 1 + r.IntN(2), opens: 20, seed: seed,
			}
			if seed%4 == 3 {
				o.commitment = geyserpb.CommitmentLevel_PROCESSED
			}
			w := newWorld(t, o)
			for range 50 {
				time.Sleep(time.Duration(r.IntN(20_000)) * time.Millisecond)
				switch r.IntN(6) {
				case 0:
					n := len(w.pool.Status().Connections)
					if err := w.pool.Move(worldGroups[r.IntN(3)].Name, r.IntN(n)); err != nil {
						t.Error(err)
					}
				default:
					trouble(r, w.servers[r.IntN(len(w.servers))])
				}
			}
			for _, s := range w.servers {
				s.ClearFaults()
			}
			time.Sleep(40 * time.Minute)
			w.stop()
			for g := range worldGroups {
				w.whole(g, true)
			}
			w.budgetHolds(20)
			if testing.Verbose() {
				t.Logf("seed %d: %d servers, replay %d, %d connections, %d copies, gaps %d moves %d%s", seed, o.servers, o.replay, o.connections, o.copies, len(w.gaps), w.pool.Status().Moves, w.describe())
			}
		})
	}
}

func TestFailoverWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldOptions{slots: 2000, servers: 2, connections: 2, commitment: confirmed, replay: 150})
		time.Sleep(30 * time.Second)
		if home := w.connection(0).Home; len(home) != 1 || home[0] != "curve" {
			t.Fatalf("home of connection 0: %v, want the group of priority high alone", home)
		}
		from := time.Now()
		w.servers[0].Refuse(codes.Unavailable, "gone")
		w.servers[0].DropStreams(geysersim.Now(), codes.Unavailable, "gone")
		took := w.within(time.Second, "the other connection brings the group", func() bool { return len(w.connection(1).Proven) == 3 })
		t.Logf("failover took %v", took)
		time.Sleep(time.Minute)
		w.servers[0].Accept()
		w.within(20*time.Second, "the group goes home", func() bool {
			return len(w.connection(1).Groups) == 2 && len(w.connection(0).Proven) == 1
		})
		time.Sleep(20 * time.Second)
		if pause := w.pause(0, from); pause > 1500*time.Millisecond {
			t.Errorf("the group paused for %v", pause)
		}
		if opens := w.connection(1).Opens; opens != 1 {
			t.Errorf("%d opens of the connection that stood in, want 1", opens)
		}
		time.Sleep(15 * time.Minute)
		w.stop()
		for g := range worldGroups {
			w.whole(g, false)
		}
	})
}

func TestMoveLosesAndDoublesNothing(t *testing.T) {
	for _, level := range []geyserpb.CommitmentLevel{confirmed, geyserpb.CommitmentLevel_PROCESSED} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, worldOptions{slots: 2000, servers: 2, connections: 3, commitment: level, replay: 150})
			time.Sleep(20 * time.Second)
			for i := range 60 {
				to := i % 3
				if err := w.pool.Move("swap", to); err != nil {
					t.Fatal(err)
				}
				w.within(10*time.Second, "the group is on its new connection alone", func() bool {
					on := 0
					for _, c := range w.pool.Status().Connections {
						for _, g := range c.Groups {
							if g == "swap" {
								on++
							}
						}
					}
					return on == 1 && contains(w.connection(to).Proven, "swap")
				})
				time.Sleep(time.Duration(137*i) * time.Millisecond)
			}
			time.Sleep(40 * time.Minute)
			for i, s := range w.servers {
				if opens := s.Opens(""); opens != 2-i {
					t.Errorf("node %d saw %d opens, want one a connection", i, opens)
				}
			}
			w.stop()
			for g := range worldGroups {
				w.whole(g, false)
			}
		})
	}
}

func contains(list []string, s string) bool {
	return slices.Contains(list, s)
}

func TestTwoCopiesSurviveADeadProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// No replay: what one provider does not bring can only come from the other.
		w := newWorld(t, worldOptions{slots: 1500, servers: 2, connections: 2, copies: 2, commitment: confirmed, replay: -1})
		time.Sleep(30 * time.Second)
		from := time.Now()
		for range 5 {
			w.servers[0].Refuse(codes.Unavailable, "gone")
			w.servers[0].ResetConnections()
			time.Sleep(20 * time.Second)
			w.servers[0].Accept()
			w.within(time.Minute, "both work", func() bool { return len(w.connection(0).Proven) == 3 && len(w.connection(1).Proven) == 3 })
			w.servers[1].Silence(50 * time.Second) // the stream is dead after 40 s
			time.Sleep(70 * time.Second)
			w.within(time.Minute, "both work", func() bool { return len(w.connection(0).Proven) == 3 && len(w.connection(1).Proven) == 3 })
		}
		for g := range worldGroups {
			if pause := w.pause(g, from); pause > 1500*time.Millisecond {
				t.Errorf("group %d paused for %v", g, pause)
			}
		}
		if a, b := w.connection(0), w.connection(1); a.WinRate+b.WinRate < 0.5 || a.Won+b.Won == 0 {
			t.Errorf("win rates %v, %v", a.WinRate, b.WinRate)
		}
		time.Sleep(15 * time.Minute)
		w.stop()
		for g := range worldGroups {
			w.whole(g, false)
		}
	})
}

func TestGroupsChangeInTheOpenStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldOptions{slots: 2000, servers: 1, connections: 1, commitment: confirmed, groups: worldGroups[:1]})
		time.Sleep(10 * time.Second)
		before := w.servers[0].Served().Requests
		for _, groups := range [][]pool.Group{worldGroups[:2], worldGroups[:3], worldGroups[:2], worldGroups[:3]} { // within one breath
			if err := w.pool.SetGroups(groups); err != nil {
				t.Fatal(err)
			}
		}
		w.within(3*time.Second, "all are proven", func() bool { return len(w.connection(0).Proven) == 3 })
		if requests := w.servers[0].Served().Requests - before; requests != 1 {
			t.Errorf("%d requests for changes in one breath, want 1", requests)
		}
		time.Sleep(10 * time.Second)
		if err := w.pool.SetGroups(worldGroups[1:]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if c := w.connection(0); len(c.Groups) != 2 || c.Opens != 1 || c.Requests != 2 {
			t.Errorf("status %+v", c)
		}
		time.Sleep(15 * time.Minute)
		w.stop()
		w.whole(1, false)
		w.whole(2, false)
	})
}

// A connection that bears too much gives a group away.
func TestBalancingMovesAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, worldOptions{slots: 1500, servers: 3, connections: 3, commitment: confirmed, groups: worldGroups[1:], change: func(c *pool.Config) {
			c.Groups = append([]pool.Group{{Name: "third", Priority: pool.Low, Programs: worldGroups[0].Programs}}, c.Groups...)
			c.Balance.TPS = 24
			c.Connections = 2
		}})
		time.Sleep(20 * time.Second)
		if err := w.pool.Move("third", 0); err != nil { // 7 transactions and some statuses each 0.4 s on one connection
			t.Fatal(err)
		}
		time.Sleep(4 * time.Minute)
		moves := w.pool.Status().Moves
		time.Sleep(15 * time.Minute)
		w.stop()
		if moves < 2 || moves > 5 {
			t.Errorf("%d moves within four minutes, want ours and one or a few more%s", moves, w.describe())
		}
		if opens := w.connection(0).Opens + w.connection(1).Opens; opens != 2 {
			t.Errorf("%d opens", opens)
		}
		for g := range worldGroups {
			w.whole(g, false)
		}
	})
}

func TestConnectionsStartStaggered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		begin := time.Now()
		w := newWorld(t, worldOptions{slots: 100, servers: 1, connections: 3, commitment: confirmed, change: func(c *pool.Config) { c.Stagger = time.Second }})
		w.servers[0].ControlOpen(func(uint64, string) error {
			at = append(at, time.Since(begin).Round(time.Millisecond))
			return nil
		})
		time.Sleep(5 * time.Second)
		w.stop()
		if len(at) < 2 || at[len(at)-1]-at[len(at)-2] != time.Second {
			t.Errorf("opens at %v, want one a second", at)
		}
	})
}
