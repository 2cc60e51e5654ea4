package config

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Store says where outputs are kept in SQL tables.
type Store struct {
	// URL is sqlite (a file in data_dir), sqlite:PATH, or postgres://user:password@host:5432/database; empty keeps none. URLFile and URLEnv
	// keep a password out of the file; at most one of the three.
	URL     string `koanf:"url"`
	URLFile string `koanf:"url_file"`
	URLEnv  string `koanf:"url_env"`
	// Instances are the monitors whose outputs are stored; empty means all.
	Instances []string `koanf:"instances"`
	// Adopt goes on in a database that another journal has filled.
	Adopt bool `koanf:"adopt"`
	// Retention says how long rows stay after they were stored.
	Retention StoreRetention `koanf:"retention"`
}

// StoreRetention says how long rows stay; 0 keeps them for ever.
type StoreRetention struct {
	Trades    time.Duration `koanf:"trades"`
	Candles   time.Duration `koanf:"candles"`
	Liquidity time.Duration `koanf:"liquidity"`
	Signals   time.Duration `koanf:"signals"`
	Alerts    time.Duration `koanf:"alerts"`
	// Tokens is for coins, their windows and pools, since something was last heard of them.
	Tokens time.Duration `koanf:"tokens"`
}

const day = 24 * time.Hour

func defaultStore() Store {
	return Store{Retention: StoreRetention{Trades: 7 * day, Candles: 30 * day, Liquidity: 90 * day, Signals: 90 * day, Alerts: 90 * day, Tokens: 90 * day}}
}

// ReadURL returns the URL from wherever the file says it is; empty when none is set. It may hold a password and is never logged.
func (s *Store) ReadURL() (string, error) {
	switch {
	case s.URLFile != "":
		text, err := os.ReadFile(s.URLFile)
		if err != nil {
			return "", fmt.Errorf("url_file: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	case s.URLEnv != "":
		text, ok := os.LookupEnv(s.URLEnv)
		if !ok {
			return "", fmt.Errorf("url_env names %s, which is not set in the environment", s.URLEnv)
		}
		return text, nil
	}
	return s.URL, nil
}

func (c *Config) validateStore(bad func(key, format string, args ...any)) {
	s := &c.Store
	if given(s.URL, s.URLFile, s.URLEnv) > 1 {
		bad("store", "has more than one of url, url_file and url_env: keep one")
	}
	url, err := s.ReadURL()
	if err != nil {
		bad("store", "%v", err)
	}
	scheme, _, _ := strings.Cut(url, ":")
	switch scheme {
	case "", "sqlite", "postgres", "postgresql":
	default: // the text may hold a password
		bad("store.url", "begins neither with sqlite nor with postgres://: write sqlite (a file in data_dir), sqlite:/path/weir.db, or postgres://user:password@host:5432/database")
	}
	for i, name := range s.Instances {
		if !slices.ContainsFunc(c.Plugins, func(p Plugin) bool { return p.Name == name }) {
			bad(fmt.Sprintf("store.instances[%d]", i), "%q is the name of no plugin", name)
		}
	}
	r := s.Retention
	for _, keep := range []struct {
		key string
		d   time.Duration
	}{{"trades", r.Trades}, {"candles", r.Candles}, {"liquidity", r.Liquidity}, {"signals", r.Signals}, {"alerts", r.Alerts}, {"tokens", r.Tokens}} {
		if keep.d < 0 || keep.d > 0 && keep.d < time.Minute {
			bad("store.retention."+keep.key, "%s is too short: use a minute or more, or 0 to keep rows for ever", keep.d)
		}
	}
}
