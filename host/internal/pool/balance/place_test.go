package balance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

func at(id int, provider string, groups ...Load) Connection {
	c := connection(id, groups...)
	c.Provider = provider
	return c
}

func TestFailover(t *testing.T) {
	full := at(2, "b")
	full.Room = 0
	one := at(2, "b")
	one.Room = 1
	gone := at(2, "b")
	gone.Alive = false
	high, medium, low := group(0, fold.High, 5), group(1, fold.Medium, 30), group(2, fold.Low, 20)
	for _, c := range []struct {
		name   string
		others []Connection
		dead   []Load
		want   string // group:target
	}{
		{"nobody lives", []Connection{gone}, []Load{high}, ""},
		{"nobody has room", []Connection{full}, []Load{high}, ""},
		{"room for the most important", []Connection{one}, []Load{low, high}, "0:2"},
		{"high shares when it must", []Connection{at(2, "b", medium, low)}, []Load{high}, "0:2"},
		{"high prefers a free one", []Connection{at(2, "b", medium), at(3, "b")}, []Load{high}, "0:3"},
		{"high prefers another provider", []Connection{at(2, "a"), at(3, "b", medium)}, []Load{high}, "0:3"},
		{"others keep off the high one", []Connection{at(2, "b", high), at(3, "a", group(5, fold.Low, 35))}, []Load{medium, low}, "1:3 2:3"},
		{"others join the high one when they must", []Connection{at(2, "b", high)}, []Load{medium, low}, "1:2 2:2"},
		{"others prefer another provider", []Connection{at(2, "a"), at(3, "b", group(5, fold.Low, 35))}, []Load{medium}, "1:3"},
		{"the load is divided", []Connection{at(2, "b"), at(3, "b", group(5, fold.Low, 10))}, []Load{low, medium}, "1:2 2:3"},
	} {
		dead := at(1, "a", c.dead...)
		dead.Alive = false
		w, b := newWorld(append([]Connection{dead}, c.others...)...), New(Config{})
		w.second(b)
		var got []string
		for _, d := range b.Failover(w.now, 1) {
			if d.From != 1 || d.Reason != "connection 1 is dead" {
				t.Errorf("%s: %+v", c.name, d)
			}
			got = append(got, fmt.Sprintf("%d:%d", d.Group, d.To))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
		if again := b.Failover(w.now, 1); len(c.dead) == len(got) && again != nil {
			t.Errorf("%s: moved twice: %v", c.name, again)
		}
		if unknown := b.Failover(w.now, 77); unknown != nil {
			t.Errorf("%s: %v", c.name, unknown)
		}
	}
}

// A connection dies and comes back: its high group goes to share at once, and has the connection for itself again later, once.
func TestHighComesBack(t *testing.T) {
	w := newWorld(at(1, "a", group(0, fold.High, 5)), at(2, "b", group(1, fold.Medium, 20)))
	b := New(Config{})
	for range 30 {
		w.second(b)
	}
	w.connections[0].Alive = false
	w.second(b)
	for _, d := range b.Failover(w.now, 1) {
		w.carry(d)
	}
	if w.placement() != "1 [] 2 [0 1]" {
		t.Fatal(w.placement())
	}
	failed := w.now
	w.connections[0].Alive = true
	var moves []time.Duration
	for range 1_200 {
		w.second(b)
		if d, ok := b.Decide(w.now); ok {
			moves = append(moves, w.now.Sub(failed))
			w.carry(d)
		}
	}
	if len(moves) != 1 || moves[0] < 5*time.Minute || w.placement() != "1 [0] 2 [1]" {
		t.Errorf("moves after %v, then %s", moves, w.placement())
	}
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

func TestAssign(t *testing.T) {
	high, high2 := group(0, fold.High, 1), group(1, fold.High, 2)
	medium, low, low2 := group(2, fold.Medium, 30), group(3, fold.Low, 20), group(4, fold.Low, 15)
	unknown := Load{Priority: fold.Low}
	for _, c := range []struct {
		name   string
		groups []Load
		n      int
		want   []int
	}{
		{"nothing", nil, 2, []int{}},
		{"one connection", []Load{medium, high}, 1, []int{0, 0}},
		{"as in the plan, on two", []Load{high, medium, low}, 2, []int{0, 1, 1}},
		{"as in the plan, on three", []Load{low, medium, high}, 3, []int{2, 1, 0}},
		{"two high ones on two", []Load{high, high2, low}, 2, []int{0, 0, 1}},
		{"two high ones on three", []Load{high, high2, low}, 3, []int{1, 0, 2}},
		{"high ones only", []Load{high, high2}, 2, []int{1, 0}},
		{"no high one", []Load{medium, low, low2}, 2, []int{0, 1, 1}},
		{"loads are not known", []Load{unknown, unknown, unknown, unknown}, 2, []int{0, 1, 0, 1}},
		{"more connections than groups", []Load{medium}, 3, []int{0}},
	} {
		if got := Assign(c.groups, c.n); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
