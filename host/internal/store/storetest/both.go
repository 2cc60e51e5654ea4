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

// Run is for TestMain: it runs the tests and ends what OnBoth started.
func Run(m *testing.M) int {
	code := m.Run()
	if shared.server == nil {
		return code
	}
	if err := shared.server.kill(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.RemoveAll(shared.server.dir)
	return code
}

// OnBoth runs a test on SQLite and, where it is installed, on PostgreSQL, each with a database of its own. Package tests call Run.
func OnBoth(t *testing.T, test func(t *testing.T, place sqldb.Place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Database(t)) })
}

// Database is an empty database of the server that all tests of a package share; it skips the test where there is none.
func Database(t testing.TB) sqldb.Place {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		shared.server = launch(t)
	}
	shared.databases++
	name := fmt.Sprintf("weir%d", shared.databases)
	if err := shared.server.makeDatabase(name); err != nil {
		t.Fatal(err)
	}
	return sqldb.Place{Postgres: true, URL: shared.server.url(name)}
}
