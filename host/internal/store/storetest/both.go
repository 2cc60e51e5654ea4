package storetest

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/weir-run/weir/host/internal/store/sqldb"
)

// shared is the server of all tests of a package: to make one takes seconds.
var shared struct {
	mu        sync.Mutex
	server    *Postgres
	databases int
}

// Run is for TestMain: it runs the tests and ends what Both started.
func Run(m *testing.M) int {
	code := m.Run()
	if shared.server == nil {
		return code
	}
	if err := shared.server.kill(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	_ = os.RemoveAll(shared.server.dir) // a folder of the system's own for such
	return code
}

// Both are the two databases. New gives an empty one, and skips the test where PostgreSQL is not installed; package tests call Run.
var Both = []struct {
	Name string
	New  func(testing.TB) sqldb.Place
}{{"sqlite", SQLite}, {"postgres", Database}}

// Database is an empty database of the server that all tests of a package share; it skips the test where there is none.
func Database(tb testing.TB) sqldb.Place {
	tb.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		shared.server = launch(tb)
	}
	shared.databases++
	name := fmt.Sprintf("weir%d", shared.databases)
	if err := shared.server.makeDatabase(name); err != nil {
		tb.Fatal(err)
	}
	return sqldb.Place{Postgres: true, URL: shared.server.url(name)}
}
