package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/config"
)

func TestStore(t *testing.T) {
	t.Setenv("WEIR_TEST_STORE", "postgres://weir:secret@db/weir")
	for _, c := range []struct{ text, url, problem string }{
		{"", "", ""},
		{"store: {url: sqlite}", "sqlite", ""},
		{"store: {url: 'sqlite:/var/lib/weir.db', retention: {trades: 48h, tokens: 0s}, instances: [trading]}", "sqlite:/var/lib/weir.db", ""},
		{"store: {url_env: WEIR_TEST_STORE}", "postgres://weir:secret@db/weir", ""},
		{"store: {url_env: WEIR_TEST_NOTHING}", "", "store: url_env names WEIR_TEST_NOTHING"},
		{"store: {url_file: /does/not/exist}", "", "store: url_file:"},
		{"store: {url: sqlite, url_env: WEIR_TEST_STORE}", "", "more than one of url"},
		{"store: {url: 'mysql://weir:secret@db'}", "", "store.url: begins neither"},
		{"store: {url: sqlite, retention: {trades: 1s}}", "", "store.retention.trades: 1s is too short"},
		{"store: {url: sqlite, retention: {trade: 1h}}", "", "store.retention.trade: unknown key"},
		{"store: {url: sqlite, instances: [nobody]}", "", `store.instances[0]: "nobody" is the name of no plugin`},
	} {
		cfg, err := config.Load(write(t, small+c.text+"\n"), nil, nil)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s gives %v, want a problem that says %q and no secret", c.text, err, c.problem)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if url, err := cfg.Store.ReadURL(); err != nil || url != c.url {
			t.Errorf("%s: the URL is %q, %v", c.text, url, err)
		}
		if strings.Contains(c.text, "48h") && (cfg.Store.Retention.Trades != 48*time.Hour || cfg.Store.Retention.Tokens != 0 || cfg.Store.Retention.Candles != 720*time.Hour) {
			t.Errorf("retention %+v", cfg.Store.Retention)
		}
	}
}
