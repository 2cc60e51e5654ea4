package e2e_test

import (
	"net/http/httptest"
	"path/filepath"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/rpcsim"
	"github.com/weir-run/weir/host/internal/store/sqldb"
)

// storeScene is of what is lost to those who are away for too long: the host, the database, a monitor. The provider replays two seconds; the
// monitor saves nothing; and when the host comes back, its journal keeps four seconds. What is missing is fetched half a minute later.
var storeScene = scene{
	name: "store",
	stage: func(s *scene) {
		history := rpcsim.New()
		s.serve(geysersim.Options{SlotDuration: 50 * time.Millisecond, ReplaySlots: 40}, history)
		node := httptest.NewServer(history)
		s.t.Cleanup(node.Close)
		s.configure(`
endpoints: [{name: sim, url: %q}]
rpc: {url: %q, requests_per_second: 500}
plugins: [{name: trading, checkpoint_every: 1h}]
store: {url: sqlite}
alerts:
  rules:
    store_behind: {threshold: 2, for: 0s}  # it must be told before the lock counts as trouble, after 5 s
    store_trouble: {for: 1s}
    store_missed: {cooldown: 5s}
    records_lost: {cooldown: 5s}
`, s.chain.url, node.URL)
	},
	also: []string{"slow_output"},
	faults: []fault{
		{name: "the database takes its time", rule: "store_behind", cause: lockDatabase, mend: unlockDatabase},
		{name: "the database takes nothing", rule: "store_trouble", cause: lockDatabase},
		{name: "the host is away for longer than the provider replays", rule: "gap", cause: stayAway, mend: unlockDatabase},
		{name: "meanwhile the journal dropped what a monitor had not saved", rule: "records_lost", subject: "trading"},
		{name: "and what the database had not taken", rule: "store_missed"},
	},
}

// place is the database of the daemon.
func (s *scene) place() sqldb.Place {
	return sqldb.Place{Path: filepath.Join(s.data, sqldb.DefaultFile)}
}

// lockDatabase takes the lock of the one who writes, as a program does that works in the file by hand.
func lockDatabase(s *scene) {
	db, err := sqldb.OpenWriter(s.place())
	if err != nil {
		s.t.Fatal(err)
	}
	conn, err := db.Connect(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := conn.ExecContext(s.t.Context(), "BEGIN IMMEDIATE"); err != nil {
		s.t.Fatal(err)
	}
	s.unlock = func() {
		if _, err := conn.ExecContext(s.t.Context(), "ROLLBACK"); err != nil {
			s.t.Error(err)
		}
		if err := conn.Close(); err != nil {
			s.t.Error(err)
		}
		if err := db.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

func unlockDatabase(s *scene) { s.unlock() }

// stayAway lets the daemon be away until nobody can replay what it missed, and has it come back with a journal that keeps little.
func stayAway(s *scene) {
	s.p.kill9()
	away := s.chain.played()
	appendTo(s.t, s.file, "journal: {max_age: 4s}\n")
	eventually(s.t, 30*time.Second, "what it missed is not replayed any more", func() bool { return s.chain.played() > away+100 })
	s.p = start(s.t, "run", "--config", s.file)
}
