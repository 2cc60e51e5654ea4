package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/config"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weir.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const small = `
endpoints:
  - url: https://grpc.example
    token: secret
plugins:
  - name: trading
    config: {max_tokens: 5}
`

func TestLoadFillsDefaultsAndKeepsWhatIsSaid(t *testing.T) {
	cfg, err := config.Load(write(t, small), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, p := cfg.Endpoints[0], cfg.Plugins[0]
	if e.Name != "grpc.example" || e.Compression != "" || e.OpensPerWindow != 0 || e.OpensWindow != 0 || e.OpensHeadroom != 0 || e.ReplayMargin != 32 {
		t.Errorf("endpoint %+v", e)
	}
	if p.Path != "weir-trading" || p.CheckpointEvery != 5*time.Second || p.Config["max_tokens"] != 5 {
		t.Errorf("plugin %+v", p)
	}
	if cfg.Groups[0].Name != "curve" || cfg.Groups[0].Priority != config.High || len(cfg.Groups) != 3 {
		t.Errorf("groups %+v", cfg.Groups)
	}
	if cfg.Commitment != "confirmed" || cfg.Journal.MaxBytes != 10<<30 || len(cfg.Programs) != 6 {
		t.Errorf("config %+v", cfg)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	path := write(t, small+"log: {level: warn}\njournal: {max_bytes: 1GiB, max_age: 2h}\nprograms: [pump]\n")
	cfg, err := config.Load(path, []string{"WEIR_LOG__LEVEL=debug", "WEIR_DATA_DIR=/env", "WEIR_CORPUS=/elsewhere", "OTHER=1"}, map[string]any{"data_dir": "/flag"})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Log.Level != "debug" || cfg.DataDir != "/flag" || cfg.Journal.MaxBytes != 1<<30 || cfg.Journal.MaxAge != 2*time.Hour || len(cfg.Programs) != 1 {
		t.Errorf("config %+v", cfg)
	}
}

func TestProblemsNameKeyLineAndRemedy(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":           {"", []string{"endpoints: is empty", "weir demo"}},
		"unknown key":       {small + "comitment: confirmed\n", []string{"weir.yaml:8: comitment: unknown key", "commitment"}},
		"unknown deep key":  {"endpoints:\n  - url: http://a:1\n    tokn: x\n", []string{"weir.yaml:3: endpoints[0].tokn: unknown key", "token_file"}},
		"bad url":           {"endpoints:\n  - url: grpc.example:443\n", []string{"weir.yaml:2: endpoints[0].url", "https://host"}},
		"bad value":         {small + "commitment: sure\n", []string{"weir.yaml:8: commitment: \"sure\" is not known", "confirmed"}},
		"bad size":          {small + "journal:\n  max_bytes: 10 apples\n", []string{"weir.yaml:9: journal.max_bytes", "10GiB"}},
		"bad duration":      {small + "journal:\n  max_age: soon\n", []string{"weir.yaml:9: journal.max_age", "soon"}},
		"two tokens":        {"endpoints:\n  - url: http://a:1\n    token: x\n    token_env: Y_NOT_SET\n", []string{"endpoints[0]: has more than one", "Y_NOT_SET"}},
		"missing tokenfile": {"endpoints:\n  - url: http://a:1\n    token_file: /nowhere/token\n", []string{"token_file", "/nowhere/token"}},
		"same name twice":   {small + "  - name: trading\n", []string{"weir.yaml:8: plugins[1].name: \"trading\" is used twice"}},
		"bad name":          {small + "  - name: Trading Bot\n", []string{"plugins[1].name", "lower case"}},
		"program":           {small + "programs: [pump, serum]\n", []string{"programs[1]", "raydium_v4"}},
		"same host twice":   {"endpoints:\n  - url: http://a:1\n  - url: http://a:2\n", []string{"weir.yaml:3: endpoints[1].name: \"a\" is used twice"}},
		"too many copies":   {small + "copies: 2\n", []string{"weir.yaml:8: copies: 2 needs as many endpoints"}},
		"http.listen":       {small + "http: {listen: nonsense}\n", []string{`http.listen: "nonsense" is not host:port`}},
		"headroom":          {"endpoints:\n  - {url: http://a:1, opens_per_window: 5, opens_headroom: 5}\n", []string{"weir.yaml:2: endpoints[0].opens_headroom: 5 leaves no opens of 5"}},
		"negative":          {"endpoints:\n  - {url: http://a:1, keys_per_filter: -1, opens_window: -1s}\n", []string{"endpoints[0].keys_per_filter: is negative", "endpoints[0].opens_window: is negative"}},
		"connections":       {small + "connections: 9\n", []string{"connections: 9 is out of range"}},
		"program twice":     {small + "groups:\n  - {name: a, priority: low, programs: [pump]}\n  - {name: b, priority: top, programs: [pump, serum]}\n", []string{"groups[1].priority: \"top\"", "groups[1].programs[0]: \"pump\" is in group a too", "groups[1].programs[1]: \"serum\" is not among programs"}},
		"url with a path":   {"endpoints:\n  - url: https://a/hunter2/\n", []string{"weir.yaml:2: endpoints[0].url: has a path", "token_env"}},
		"url with a query":  {"endpoints:\n  - url: https://a/?key=hunter2\n", []string{"weir.yaml:2: endpoints[0].url: has a query"}},
		"url with a user":   {"endpoints:\n  - url: https://u:hunter2@a\n", []string{"weir.yaml:2: endpoints[0].url: has a user"}},
		"empty token":       {"endpoints:\n  - url: http://a:1\n    token_env: EMPTY_TOKEN\n", []string{"weir.yaml:2: endpoints[0]: token_env names EMPTY_TOKEN, which is empty"}},
		"negative timeout":  {small + "    drain_timeout: -1s\n", []string{"weir.yaml:8: plugins[0].drain_timeout: is negative"}},
		"http port":         {small + "http: {listen: '127.0.0.1:99999'}\n", []string{`http.listen: "127.0.0.1:99999" is not host:port`}},
		"http host":         {small + "http: {hosts: ['http://desk.example']}\n", []string{"http.hosts[0]", "without scheme"}},
		"one token for two": {small + "http: {tokens: [{name: a, token: hunter2hunter2hunter2}, {name: b, token: hunter2hunter2hunter2, scope: admin}]}\n", []string{"weir.yaml:8: http.tokens[1]: has the token of http.tokens[0]"}},
		"rpc":               {small + "rpc: {url: somewhere}\n", []string{"weir.yaml:8: rpc.url", "https"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EMPTY_TOKEN", "")
			_, err := config.Load(write(t, c.text), nil, nil)
			if _, ok := errors.AsType[config.Problems](err); !ok {
				t.Fatalf("got %v, want problems", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q tells a secret", err)
			}
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.yaml")
	for path, want := range map[string]string{
		absent:                        "absent.yaml does not exist: create it",
		write(t, "endpoints: ["):      "weir.yaml is not YAML",
		write(t, "- a\n- b\n"):        "weir.yaml:1: the top of the file must be keys",
		write(t, "endpoints: {a: b}"): "weir.yaml:1: endpoints",
	} {
		_, err := config.Load(path, nil, nil)
		if problems, ok := errors.AsType[config.Problems](err); !ok || !strings.Contains(problems.Error(), want) {
			t.Errorf("got %v, want a problem with %q", err, want)
		}
	}
}

func TestVariablesThatOnlyLookLikeKeys(t *testing.T) {
	path := write(t, small)
	for variable, want := range map[string]string{
		"WEIR_LOG_LEVEL=debug":                    "WEIR_LOG_LEVEL: is no key: write WEIR_LOG__LEVEL",
		"WEIR_LOG__LEVELS=debug":                  "WEIR_LOG__LEVELS: is no key",
		"WEIR_ENRICH_MEMORY=1GiB":                 "WEIR_ENRICH_MEMORY: is no key: write WEIR_ENRICH__MEMORY",
		"WEIR_LOG__LEVEL=debug":                   "",
		"WEIR_DATA_DIR=/x":                        "",
		"WEIR_PROGRAMS=pump":                      "",
		"WEIR_ALERTS__RULES__NO_STREAM__OFF=true": "",
		"WEIR_DESK_TOKEN=x":                       "",
		"WEIR_PORT=tcp://10.0.0.1:80":             "",
		"WEIR_CONFIG=x":                           "",
	} {
		_, err := config.Load(path, []string{"HOME=/", variable}, nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", variable, err, want)
		}
	}
}

// A key that no document names is one that nobody finds.
func TestEveryKeyIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{} // of each key that has one; keys of a row share the parent of the first
	for row := range strings.SplitSeq(string(text), "\n") {
		cells := strings.SplitN(row, "|", 3)
		if len(cells) < 3 {
			continue
		}
		parent := ""
		for i, m := range regexp.MustCompile("`([a-z_.\\[\\]]+)`").FindAllStringSubmatch(cells[1], -1) {
			if i == 0 || strings.Contains(m[1], ".") {
				parent = m[1][:strings.LastIndex(m[1], ".")+1]
			}
			rows[parent+strings.TrimPrefix(m[1], parent)] = row
		}
	}
	var look func(parent string, typ reflect.Type)
	look = func(parent string, typ reflect.Type) {
		for field := range typ.Fields() {
			leaf := field.Tag.Get("koanf")
			key, below := parent+leaf, field.Type
			if below.Kind() == reflect.Slice && below.Elem().Kind() == reflect.Struct {
				key, below = key+"[]", below.Elem()
			}
			if below.Kind() == reflect.Struct {
				look(key+".", below)
				continue
			}
			inRowOfParent := strings.Contains(rows[strings.TrimRight(parent, ".[]")]+rows[strings.TrimRight(parent, ".")], "`"+leaf+"`")
			inExample := strings.HasPrefix(key, "alerts.") && regexp.MustCompile(`\b`+leaf+`: `).Match(text)
			if rows[key] == "" && !inRowOfParent && !inExample {
				t.Errorf("docs/operating.md does not name %s", key)
			}
		}
	}
	look("", reflect.TypeFor[config.Config]())
}

func TestTokenComesFromWhereItIsSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("A_TOKEN", "from-env")
	for want, e := range map[string]config.Endpoint{"plain": {Token: "plain"}, "from-file": {TokenFile: file}, "from-env": {TokenEnv: "A_TOKEN"}, "": {}} {
		if got, err := e.ReadToken(); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestFoldersOfABrokenFile(t *testing.T) {
	for name, c := range map[string]struct {
		text          string
		env           []string
		flags         map[string]any
		data, plugins string
	}{
		"both":                 {text: "data_dir: /somewhere\nplugins_dir: /elsewhere\nnonsense: 1\n", data: "/somewhere", plugins: "/elsewhere"},
		"plugins in data":      {text: "data_dir: /somewhere\nnonsense: 1\n", data: "/somewhere", plugins: "/somewhere/plugins"},
		"nothing":              {text: "nonsense: 1\n", data: "data", plugins: "data/plugins"},
		"the environment wins": {text: "plugins_dir: /elsewhere\n", env: []string{"WEIR_PLUGINS_DIR=/env"}, data: "data", plugins: "/env"},
		"flags win":            {text: "data_dir: /somewhere\n", flags: map[string]any{"data_dir": "/flag"}, data: "/flag", plugins: "/flag/plugins"},
	} {
		t.Run(name, func(t *testing.T) {
			data, plugins, err := config.Folders(write(t, c.text), c.env, c.flags)
			if data != c.data || plugins != c.plugins || err != nil {
				t.Errorf("got %q and %q, %v; want %q and %q", data, plugins, err, c.data, c.plugins)
			}
		})
	}
}

func TestBytesText(t *testing.T) {
	for text, want := range map[string]config.Bytes{"0": 0, "17": 17, "3KiB": 3072, "1 GiB": 1 << 30, "2TiB": 2 << 40, "5B": 5} {
		var b config.Bytes
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want {
			t.Errorf("%q: %d, %v", text, b, err)
		}
	}
	for _, text := range []string{"", "-1", "1.5GiB", "9999999TiB", "GiB"} {
		var b config.Bytes
		if err := b.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken as %d", text, b)
		}
	}
	if got := config.Bytes(10<<30).String() + " " + config.Bytes(1000).String(); got != "10GiB 1000B" {
		t.Errorf("printed %q", got)
	}
}

func TestAlertsAreLaidOverTheDefaults(t *testing.T) {
	t.Setenv("OPS_WEBHOOK", "https://hooks.example/secret")
	cfg, err := config.Load(write(t, small+`
alerts:
  rules:
    stream_lag: {threshold: 2}
    gap: {off: true}
    no_stream: {for: 0s, cooldown: 0s}
  webhooks:
    - {name: ops, url_env: OPS_WEBHOOK}
  events:
    - {name: big, kind: trade, field: quote_amount, at_least: 10}
`), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Alerts
	if lag := a.Rules["stream_lag"]; lag.Threshold != 2 || lag.For != 30*time.Second || lag.Severity != "warning" || !a.Rules["gap"].Off || a.Rules["no_stream"].Off {
		t.Errorf("rules %+v", a.Rules)
	}
	if now := a.Rules["no_stream"]; now != (config.AlertRule{Severity: "critical"}) {
		t.Errorf("a rule that is to be told at once is %+v", now)
	}
	if w := a.Webhooks[0]; w.Format != "json" || w.Timeout != 5*time.Second || w.Severity != "warning" || a.Events[0].Severity != "info" || a.Retention != 168*time.Hour {
		t.Errorf("alerts %+v", a)
	}
}

func TestAlertsThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"rules: {nothing: {off: true}}":                            "there is no such rule: use breaker_open",
		"rules: {gap: {thresh: 1}}":                                "alerts.rules.gap.thresh: unknown key",
		"rules: {gap: {severity: bad}}":                            `"bad" is not known: use info, warning, critical`,
		"retention: 1s":                                            "too short",
		"webhooks: [{name: a}]":                                    "give exactly one of url and url_env",
		"webhooks: [{name: a, url_env: WEBHOOK_THAT_IS_NOT}]":      "which is not set",
		"webhooks: [{name: a, url: 'ftp://secret@x'}]":             "the address is not one of http:// or https://",
		"webhooks: [{name: a, url: 'http://x', format: telex}]":    `"telex" is not known`,
		"events: [{name: a, kind: Trade}]":                         "is no kind of event",
		"events: [{name: a, kind: trade, at_least: 5}]":            "say which field",
		"events: [{name: a, kind: trade, mint: x}]":                "alerts.events[0].mint",
		"events: [{name: a, kind: trade, field: x, at_least: -1}]": "at_least: \"-1\" cannot be read (is negative)",
	} {
		_, err := config.Load(write(t, small+"alerts: {"+text+"}\n"), nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret@x") {
			t.Errorf("%s: the address is in the message: %v", text, err)
		}
	}
}
