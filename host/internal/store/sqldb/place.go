package sqldb

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// Place says where a database is.
type Place struct {
	// Postgres is true for PostgreSQL, else it is SQLite.
	Postgres bool
	// Path of the SQLite file.
	Path string
	// URL of PostgreSQL, with its password: never print it.
	URL string
}

// DefaultFile is the name of the SQLite file in the data folder.
const DefaultFile = "weir.db"

// ParsePlace reads store.url: sqlite (a file in dir), sqlite:PATH or postgres://user:password@host:port/database. Its errors hold no
// secrets.
func ParsePlace(text, dir string) (Place, error) {
	scheme, rest, _ := strings.Cut(text, ":")
	switch scheme {
	case "sqlite":
		path := strings.TrimPrefix(rest, "//")
		if path == "" {
			path = filepath.Join(dir, DefaultFile)
		}
		if strings.ContainsAny(path, "?#%") {
			return Place{}, fmt.Errorf("file %q has one of ? # %% in its name: choose another", path)
		}
		return Place{Path: path}, nil
	case "postgres", "postgresql":
		u, err := url.Parse(text)
		if err != nil || u.Host == "" && u.Query().Get("host") == "" {
			return Place{}, errors.New("not an address of PostgreSQL: write postgres://user:password@host:5432/database, special characters in a password as %XX")
		}
		return Place{Postgres: true, URL: text}, nil
	default:
		return Place{}, errors.New("begins neither with sqlite nor with postgres://: write sqlite (a file in data_dir), sqlite:/path/weir.db, or postgres://user:password@host:5432/database")
	}
}

// String names the place without secrets.
func (p Place) String() string {
	if !p.Postgres {
		return "SQLite " + p.Path
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		return "PostgreSQL"
	}
	host := u.Host
	if host == "" {
		host = u.Query().Get("host")
	}
	return "PostgreSQL " + host + u.Path
}
