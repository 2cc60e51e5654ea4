package balance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// world is a set of connections whose loads are the sum of their groups' loads.
type world struct {
	connections []Connection
	now         time.Time
	jitter      func() float64 // factor of each measurement; nil for exact ones
}

func newWorld(connections ...Connection) *world {
	return &world{connections: connections, now: time.Unix(1_000_000, 0)}
}

// second lets a second pass and measures.
func (w *world) second(b *Balancer) {
	w.now = w.now.Add(time.Second)
	measured := slices.Clone(w.connections)
	for i := range measured {
		c := &measured[i]
		for _, g := range c.Groups {
			f := 1.0
			if w.jitter != nil {
				f = w.jitter()
			}
			c.Sample.TPS += f * g.TPS
			c.Sample.BytesPerSecond += f * g.BytesPerSecond
		}
	}
	b.Observe(w.now, measured)
}

// carry moves the group.
func (w *world) carry(d Decision) {
	var moved Load
	for i := range w.connections {
		c := &w.connections[i]
		if c.ID == d.From {
			at := slices.IndexFunc(c.Groups, func(g Load) bool { return g.Group == d.Group })
			moved = c.Groups[at]
			c.Groups = slices.Delete(slices.Clone(c.Groups), at, at+1)
		}
	}
	for i := range w.connections {
		if c := &w.connections[i]; c.ID == d.To {
			c.Groups = append(slices.Clone(c.Groups), moved)
		}
	}
}

func (w *world) placement() string {
	var lines []string
	for _, c := range w.connections {
		groups := make([]int, 0, len(c.Groups))
		for _, g := range c.Groups {
			groups = append(groups, g.Group)
		}
		slices.Sort(groups)
		lines = append(lines, fmt.Sprint(c.ID, groups))
	}
	return strings.Join(lines, " ")
}

func connection(id int, groups ...Load) Connection {
	return Connection{ID: id, Alive: true, Room: -1, Groups: groups}
}

// group is a load in parts of a hundred of the default capacity.
func group(n int, p fold.Priority, percent float64) Load {
	return Load{Group: n, Priority: p, TPS: 50 * percent}
}

func TestMoves(t *testing.T) {
	dead := connection(9)
	dead.Alive = false
	full := connection(2)
	full.Room = 0
	room := connection(2)
	room.Room = 1
	for _, c := range []struct {
		name        string
		connections []Connection
		want        string // after 10 minutes
	}{
		{"one a second beside an idle one", []Connection{connection(1, group(0, fold.Medium, 0.02), group(1, fold.Low, 0.01)), connection(2)}, "1 [0 1] 2 []"},
		{"warm", []Connection{connection(1, group(0, fold.Medium, 40), group(1, fold.Low, 25)), connection(2)}, "1 [0 1] 2 []"},
		{"hot: the move that leaves most room", []Connection{connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 30), group(2, fold.Low, 10)), connection(2)}, "1 [1 2] 2 [0]"},
		{"hot, both equal: the low one", []Connection{connection(1, group(0, fold.Medium, 45), group(1, fold.Low, 45)), connection(2)}, "1 [0] 2 [1]"},
		{"hot, one group only", []Connection{connection(1, group(0, fold.Medium, 90)), connection(2)}, "1 [0] 2 []"},
		{"hot, too little gained", []Connection{connection(1, group(0, fold.Medium, 70), group(1, fold.Low, 5)), connection(2, group(2, fold.Low, 10))}, "1 [0 1] 2 [2]"},
		{"hot, the other one is not cool", []Connection{connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), connection(2, group(2, fold.Low, 45))}, "1 [0 1] 2 [2]"},
		{"hot, but high stays alone", []Connection{connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), connection(2, group(2, fold.High, 5))}, "1 [0 1] 2 [2]"},
		{"high does not move to others", []Connection{connection(1, group(0, fold.High, 50), group(1, fold.High, 40)), connection(2, group(2, fold.Low, 5))}, "1 [0 1] 2 [2]"},
		{"high moves to a free one", []Connection{connection(1, group(0, fold.High, 50), group(1, fold.High, 40)), connection(2)}, "1 [1] 2 [0]"},
		{"a sharing high one moves to a free one", []Connection{connection(1, group(0, fold.High, 5), group(1, fold.Low, 5)), connection(2)}, "1 [1] 2 [0]"},
		{"dead ones take nothing", []Connection{connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), dead}, "1 [0 1] 9 []"},
		{"full ones take nothing", []Connection{connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), full}, "1 [0 1] 2 []"},
		{"room for one", []Connection{connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), room}, "1 [0] 2 [1]"},
		{"the coolest of three", []Connection{connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), connection(2, group(2, fold.Low, 30)), connection(3, group(3, fold.Low, 20))}, "1 [0] 2 [2] 3 [1 3]"},
	} {
		w, b := newWorld(c.connections...), New(Config{})
		for range 600 {
			w.second(b)
			if d, ok := b.Decide(w.now); ok {
				if d.Reason == "" {
					t.Errorf("%s: %+v has no reason", c.name, d)
				}
				w.carry(d)
				for i := range w.connections {
					if w.connections[i].Room > 0 {
						w.connections[i].Room-- // one connection has room only here
					}
				}
			}
		}
		if got := w.placement(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestHotMustLast(t *testing.T) {
	w := newWorld(connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), connection(2))
	b := New(Config{})
	moves := 0
	for s := range 600 {
		busy := group(0, fold.Medium, 5)
		if s%60 >= 50 { // bursts shorter than Hold
			busy = group(0, fold.Medium, 60)
		}
		w.connections[0].Groups[0] = busy
		w.second(b)
		if d, ok := b.Decide(w.now); ok {
			moves++
			t.Logf("after %d s: %s", s, d.Reason)
			w.carry(d)
		}
	}
	if moves != 0 {
		t.Errorf("%d moves for bursts", moves)
	}
}

func TestRisingLoadIsForeseen(t *testing.T) {
	rising := func(c Config) (atLoad float64) {
		w, b := newWorld(connection(1, group(0, fold.Medium, 30), group(1, fold.Low, 10)), connection(2)), New(c)
		for range 600 {
			w.connections[0].Groups[0].TPS += 10 // 0.2 points a second
			w.second(b)
			now, _, _ := b.Score(1)
			if _, ok := b.Decide(w.now); ok {
				return now
			}
		}
		return -1
	}
	foresighted, blind := rising(Config{}), rising(Config{Horizon: time.Nanosecond})
	if foresighted < 55 || foresighted > 70 || blind < 70 || blind > 76 {
		t.Errorf("moved at a load of %.1f with, %.1f without foresight", foresighted, blind)
	}
}

func TestPauses(t *testing.T) {
	// So many groups that each move leaves the connection hot.
	var groups []Load
	for n := range 12 {
		groups = append(groups, group(n, fold.Low, 12))
	}
	w, b := newWorld(connection(1, groups...), connection(2), connection(3), connection(4)), New(Config{})
	var last time.Time
	moves := 0
	for range 1_200 {
		w.second(b)
		d, ok := b.Decide(w.now)
		if !ok {
			continue
		}
		if !last.IsZero() && w.now.Sub(last) < time.Minute {
			t.Errorf("a move %v after the last", w.now.Sub(last))
		}
		last = w.now
		moves++
		w.carry(d)
	}
	if moves != 7 || len(w.connections[0].Groups) != 5 {
		t.Errorf("%d moves, then %s", moves, w.placement())
	}
}

func TestAGroupCoolsDown(t *testing.T) {
	w, b := newWorld(connection(1, group(0, fold.Low, 45), group(1, fold.Low, 44)), connection(2)), New(Config{})
	var moved []time.Duration
	start := w.now
	for range 1_200 {
		w.second(b)
		if d, ok := b.Decide(w.now); ok {
			moved = append(moved, w.now.Sub(start))
			w.carry(d)
			// The load follows the group that moved: the worst that can happen.
			for i := range w.connections {
				for k, g := range w.connections[i].Groups {
					w.connections[i].Groups[k] = group(g.Group, fold.Low, 1)
					if w.connections[i].ID == d.To {
						w.connections[i].Groups[k] = group(g.Group, fold.Low, 80)
					}
				}
			}
			w.connections[d.To-1].Groups = append(w.connections[d.To-1].Groups, group(100+len(moved), fold.High, 1))
		}
	}
	for i := 1; i < len(moved); i++ {
		if moved[i]-moved[i-1] < time.Minute {
			t.Errorf("moves at %v", moved)
		}
	}
	if len(moved) == 0 {
		t.Error("nothing moved")
	}
}

func TestReasonsNameBothConnections(t *testing.T) {
	from, to := connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), connection(2)
	from.Provider = "shyft"
	w, b := newWorld(from, to), New(Config{})
	for range 60 {
		w.second(b)
		if d, ok := b.Decide(w.now); ok {
			want := "connection 1 (shyft) bears 90 % of what it can, 90 % foreseen; with connection 2, after the move, both bear at most 50 %"
			if d.Reason != want {
				t.Errorf("reason %q", d.Reason)
			}
			return
		}
	}
	t.Error("nothing moved")
}

func TestDeadConnectionsHaveNoScore(t *testing.T) {
	w, b := newWorld(connection(1, group(0, fold.Low, 50)), connection(2)), New(Config{})
	w.second(b)
	if now, _, ok := b.Score(1); !ok || now != 50 {
		t.Errorf("score %v, %v", now, ok)
	}
	w.connections[0].Alive = false
	w.second(b)
	if _, _, ok := b.Score(1); ok {
		t.Error("a dead connection has a score")
	}
	if _, _, ok := b.Score(9); ok {
		t.Error("an unknown connection has a score")
	}
}

// A connection that comes back is not judged by what it bore before, and takes nothing before it has lived for a while.
func TestConnectionsMustProveThemselves(t *testing.T) {
	w, b := newWorld(connection(1, group(0, fold.Medium, 50), group(1, fold.Low, 40)), connection(2)), New(Config{})
	w.connections[1].Alive = false
	for range 60 {
		w.second(b)
	}
	if d, ok := b.Decide(w.now); ok {
		t.Fatalf("moved to a dead connection: %+v", d)
	}
	w.connections[1].Alive = true
	back := w.now
	for range 60 {
		w.second(b)
		if _, ok := b.Decide(w.now); ok {
			if lived := w.now.Sub(back); lived < 15*time.Second || lived > 17*time.Second {
				t.Errorf("moved after a life of %v", lived)
			}
			return
		}
	}
	t.Error("nothing moved")
}

// Under loads that do not change, whatever they are and however they are measured, the moves end: no placement comes twice, no two
// moves lie within the interval, and a high group stays alone.
func TestNoOscillation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 4).Draw(t, "connections")
		w := newWorld()
		for id := range n {
			w.connections = append(w.connections, connection(id))
		}
		groups := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Load {
			return Load{
				Priority:       fold.Priority(rapid.IntRange(0, 2).Draw(t, "priority")),
				TPS:            rapid.Float64Range(0, 4_000).Draw(t, "tps"),
				BytesPerSecond: rapid.Float64Range(0, 30<<20).Draw(t, "bytes"),
			}
		}), 1, 9).Draw(t, "groups")
		for i := range groups {
			groups[i].Group = i
		}
		for i, g := range groups { // high ones on the first connection
			c := 0
			if g.Priority != fold.High {
				c = 1 + i%(n-1)
			}
			w.connections[c].Groups = append(w.connections[c].Groups, g)
		}
		if rapid.Bool().Draw(t, "piled up") { // all that is not high on one
			for i := range w.connections[:n-1] {
				c := &w.connections[i]
				if !c.holdsHigh() {
					w.connections[n-1].Groups = append(w.connections[n-1].Groups, c.Groups...)
					c.Groups = nil
				}
			}
		}
		spread := rapid.SampledFrom([]float64{0, 0.02}).Draw(t, "noise")
		sign := 1.0
		w.jitter = func() float64 { sign = -sign; return 1 + sign*spread }

		b := New(Config{})
		seen := map[string]bool{w.placement(): true}
		var moves []time.Time
		start := w.now
		for range 40 * 60 {
			w.second(b)
			d, ok := b.Decide(w.now)
			if !ok {
				continue
			}
			w.carry(d)
			if now := w.placement(); seen[now] {
				t.Fatalf("back at %s: %+v", now, d)
			}
			seen[w.placement()] = true
			if len(moves) > 0 && w.now.Sub(moves[len(moves)-1]) < time.Minute {
				t.Fatalf("two moves within %v", w.now.Sub(moves[len(moves)-1]))
			}
			moves = append(moves, w.now)
			for _, c := range w.connections {
				if c.shares() {
					t.Fatalf("a high group shares: %s after %+v", w.placement(), d)
				}
			}
		}
		if len(moves) > 0 && moves[len(moves)-1].Sub(start) > 33*time.Minute {
			t.Fatalf("moves do not end: %d, the last after %v", len(moves), moves[len(moves)-1].Sub(start))
		}
	})
}
