package monitor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Bounds of one round. More kills of a plugin with the same record in hand would be taken for a record that kills it.
const (
	pluginKills = 3
	hostKills   = 5
	roundTime   = 2 * time.Minute
)

// TestKillMatrix kills plugin and host by SIGKILL at each message of the contract and each step of a checkpoint, an upgrade and a
// rollback, and compares what is stored with an undisturbed run. WEIR_KILLS says how many rounds there are beside those that reach each
// point once; WEIR_SEED repeats them.
func TestKillMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("starts some hundred processes")
	}
	m := newMatrix(t, uint64(intOf(t, "WEIR_SEED", int(time.Now().UnixNano()&0xffffff))))
	began := time.Now()
	first := m.missing()
	for i, k := range first {
		if k.often() {
			first[i].N += m.random.IntN(5)
		}
	}
	m.play(m.deal(first))
	for range 3 { // some shut others out: a program that is killed in its Close is not started again
		var alone [][]kill
		for _, k := range m.missing() {
			alone = append(alone, []kill{k})
		}
		m.play(alone)
	}
	for _, k := range m.missing() {
		t.Errorf("point never reached: %s", k.point())
	}
	m.say("each point", began)
	rounds := intOf(t, "WEIR_KILLS", 0)
	for done := 0; done < rounds && !t.Failed(); done += 50 {
		var plans [][]kill
		for range min(50, rounds-done) {
			plans = append(plans, m.shuffle())
		}
		m.play(plans)
		m.say(fmt.Sprintf("%d of %d rounds", done+len(plans), rounds), began)
	}
	for _, line := range m.table() {
		t.Log(line)
	}
}

// TestKillMatrixSees shows that the matrix would notice: with each flaw built in, a round must differ.
func TestKillMatrixSees(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	m := newMatrix(t, 1)
	for flaw, k := range map[string]kill{
		"dedup": {Where: "host", Point: "appended outputs", Victim: "host", N: 40},
		"flush": {Where: "host", Point: "checkpoint stored", Victim: "host", N: 3},
	} {
		if err := m.round(stage{Kills: []kill{k}, Flaw: flaw}); err == nil || !strings.Contains(err.Error(), "outputs differ") {
			t.Errorf("without %s the round gave %v; want outputs that differ", flaw, err)
		}
	}
}

// matrix is all rounds of a test. Its methods but round belong to the test's goroutine.
type matrix struct {
	t         *testing.T
	seed      uint64
	random    *rand.Rand
	old, next string
	want      string // outputs of the undisturbed run

	mu    sync.Mutex
	hits  map[string]int // by point
	kills int
	done  int
}

func newMatrix(t *testing.T, seed uint64) *matrix {
	t.Helper()
	t.Logf("seed %d (WEIR_SEED=%d repeats it)", seed, seed)
	m := &matrix{
		t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 2)), hits: map[string]int{},
		old: link(t, "./testdata/victim", "-s -w"), next: link(t, "./testdata/victim", "-s -w -X main.version=1.3.0"),
	}
	dir, want, err := m.perform(stage{Calm: true})
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		t.Fatal(err)
	}
	m.want = want
	if n := strings.Count(m.want, "\n"); n < stageAll || !strings.Contains(m.want, "retracted") {
		t.Fatalf("the undisturbed run gave only %d outputs", n)
	}
	return m
}

// missing lists the points that were not reached.
func (m *matrix) missing() []kill {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(killPoints(), func(k kill) bool { return m.hits[k.point()] > 0 })
}

// deal makes plans of kills in any order, each of which fits into a round.
func (m *matrix) deal(kills []kill) (plans [][]kill) {
	m.random.Shuffle(len(kills), func(a, b int) { kills[a], kills[b] = kills[b], kills[a] })
	for _, k := range kills {
		at := slices.IndexFunc(plans, func(p []kill) bool { return fits(p, k) })
		if at < 0 {
			plans, at = append(plans, nil), len(plans)
		}
		plans[at] = append(plans[at], k)
	}
	return plans
}

func fits(plan []kill, k kill) bool {
	limit := pluginKills
	if k.Victim == "host" {
		limit = hostKills
	}
	for _, other := range plan {
		if (other.Victim == "host") == (k.Victim == "host") {
			limit--
		}
	}
	return limit > 0
}

// shuffle makes a plan of some points, at any of their first times.
func (m *matrix) shuffle() (plan []kill) {
	points := killPoints()
	for range 1 + m.random.IntN(4) {
		k := points[m.random.IntN(len(points))]
		if k.N = 1; k.often() {
			k.N += m.random.IntN(1 + m.random.IntN(40))
		}
		if fits(plan, k) {
			plan = append(plan, k)
		}
	}
	return plan
}

func (m *matrix) say(what string, since time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t.Logf("%s: %d rounds, %d kills at %d of %d points, %s", what, m.done, m.kills, len(m.hits), len(killPoints()), time.Since(since).Round(time.Millisecond))
}

// table counts the kills of each point.
func (m *matrix) table() (out []string) {
	for _, k := range killPoints() {
		out = append(out, fmt.Sprintf("%4d %s", m.hits[k.point()], strings.Replace(k.point(), " 0", "", 1)))
	}
	slices.Sort(out)
	return out
}

func intOf(t *testing.T, name string, standard int) int {
	t.Helper()
	text, ok := os.LookupEnv(name)
	if !ok {
		return standard
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s: %q is not a number", name, text)
	}
	return n
}
