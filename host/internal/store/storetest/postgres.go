// Package storetest starts real databases for tests.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weir-run/weir/host/internal/store/sqldb"
)

// Postgres is a PostgreSQL server of a test's own, reachable over a socket in its folder.
type Postgres struct {
	// URL leads to it, as store.url wants it.
	URL string

	bin, dir string
	cmd      *exec.Cmd
	log      bytes.Buffer
	done     chan struct{}
}

// SQLite is a place for a database in a file of the test's own.
func SQLite(tb testing.TB) sqldb.Place {
	tb.Helper()
	return sqldb.Place{Path: filepath.Join(tb.TempDir(), sqldb.DefaultFile)}
}

// StartPostgres starts a server with an empty database, and skips the test where PostgreSQL is not installed. It ends with the test.
func StartPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	p := launch(tb)
	tb.Cleanup(func() {
		p.Kill(tb)
		_ = os.RemoveAll(p.dir) // a folder of the system's own for such
		if tb.Failed() {
			tb.Logf("PostgreSQL:\n%s", p.log.String())
		}
	})
	return p
}

// launch makes a server that nobody ends.
func launch(tb testing.TB) *Postgres {
	tb.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		tb.Skip("PostgreSQL is not installed (no /usr/lib/postgresql/*/bin/initdb): apt-get install postgresql runs this test")
	}
	dir, err := os.MkdirTemp("", "weir-pg-") //nolint:usetesting // only its owner may enter a TempDir, and the server runs as another user
	if err != nil {
		tb.Fatal(err)
	}
	p := &Postgres{bin: filepath.Dir(found[len(found)-1]), dir: dir}
	p.URL = p.url("weir")
	if who := p.credential(tb); who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
	out, err := p.command(tb, "initdb", "-D", dir+"/data", "-U", "weir", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		tb.Fatalf("initdb: %v\n%s", err, out)
	}
	p.Start(tb)
	return p
}

// Place is the database as the store opens it.
func (p *Postgres) Place() sqldb.Place { return sqldb.Place{Postgres: true, URL: p.URL} }

// credential is the user as which the server runs; nil where that is us. PostgreSQL refuses to run as root.
func (p *Postgres) credential(tb testing.TB) *syscall.Credential {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID == nil && errGID == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	tb.Skip("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
	return nil
}

func (p *Postgres) command(tb testing.TB, name string, args ...string) *exec.Cmd {
	tb.Helper()
	cmd := exec.CommandContext(context.Background(), filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential(tb)}
	return cmd
}

// Start starts the server and waits until it answers.
func (p *Postgres) Start(tb testing.TB) {
	tb.Helper()
	p.cmd = p.command(tb, "postgres", "-D", p.dir+"/data", "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=64MB")
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	cmd, done := p.cmd, make(chan struct{})
	p.done = done
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = p.makeDatabase("weir"); err == nil {
			return
		}
	}
	tb.Fatalf("PostgreSQL does not answer: %v\n%s", err, p.log.String())
}

// makeDatabase makes an empty database, unless it is there.
func (p *Postgres) makeDatabase(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }() // what counts was done
	var there bool
	if err := c.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_database WHERE datname = $1", name).Scan(&there); err != nil || there {
		return err
	}
	_, err = c.Exec(ctx, "CREATE DATABASE "+name)
	return err
}

func (p *Postgres) url(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {p.dir}, "user": {"weir"}}.Encode()
}

// Kill ends the server at once, as a crash would. Killing twice is safe.
func (p *Postgres) Kill(tb testing.TB) {
	tb.Helper()
	if err := p.kill(); err != nil {
		tb.Error(err)
	}
}

func (p *Postgres) kill() error {
	// SIGQUIT is its immediate shutdown: no checkpoint, but its children end too.
	if err := p.cmd.Process.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill PostgreSQL: %w", err)
	}
	<-p.done
	return nil
}
