package config

import (
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/dex"
)

// Programs are the programs that can be watched, by the name used in the file.
var Programs = map[string]dex.Key{
	"pump":              dex.Pump,
	"pumpswap":          dex.PumpSwap,
	"raydium_v4":        dex.RaydiumV4,
	"raydium_cpmm":      dex.RaydiumCPMM,
	"raydium_clmm":      dex.RaydiumCLMM,
	"raydium_launchlab": dex.LaunchLab,
	"orca_whirlpool":    dex.Whirlpool,
	"meteora_dbc":       dex.MeteoraDBC,
	"meteora_damm_v2":   dex.MeteoraDAMM,
}

var instanceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func (c *Config) validate() (out Problems) {
	bad := func(key, format string, args ...any) {
		out = append(out, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
	}
	oneOf(bad, "commitment", c.Commitment, "processed", "confirmed", "finalized")
	oneOf(bad, "journal.sync", c.Journal.Sync, "default", "always")
	oneOf(bad, "log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf(bad, "log.format", c.Log.Format, "text", "json")
	if c.DataDir == "" {
		bad("data_dir", "is empty: name a folder for the journal, for example ./data")
	}
	if c.Journal.MaxBytes < 64<<20 {
		bad("journal.max_bytes", "%s is less than 64MiB, which would drop records before monitors read them", c.Journal.MaxBytes)
	}
	for i, pool := range c.SOLPrice.Pools {
		if _, err := dex.ParseKey(pool); err != nil {
			bad(fmt.Sprintf("sol_price.pools[%d]", i), "%v", err)
		}
	}
	if c.SOLPrice.MaxAgeSlots < 1 {
		bad("sol_price.max_age_slots", "%d is out of range: use 1 or more; to know no price, empty sol_price.pools", c.SOLPrice.MaxAgeSlots)
	}
	c.validateHTTP(bad)
	if u, err := url.Parse(c.Traces.Endpoint); c.Traces.Endpoint != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "") {
		bad("traces.endpoint", "%q is no OTLP receiver: use for example http://127.0.0.1:4318", c.Traces.Endpoint)
	}
	if c.Traces.Every <= 0 {
		bad("traces.every", "%s is out of range: use for example 1s", c.Traces.Every)
	}
	if len(c.Programs) == 0 {
		bad("programs", "is empty: name at least one of %s", list(programNames()))
	}
	for i, name := range c.Programs {
		oneOf(bad, fmt.Sprintf("programs[%d]", i), name, programNames()...)
	}
	c.validateEndpoints(bad)
	c.validateGroups(bad)
	c.validatePlugins(bad)
	c.validateAlerts(bad)
	c.validateStore(bad)
	return out
}

func (c *Config) validateEndpoints(bad func(key, format string, args ...any)) {
	if len(c.Endpoints) == 0 {
		bad("endpoints", "is empty: add a provider, for example\n  endpoints:\n    - url: https://your-provider.example\n      token_env: PROVIDER_TOKEN\nor try `weir demo`, which needs none")
	}
	if len(c.Endpoints) > 8 {
		bad("endpoints", "has %d entries: at most 8 are used", len(c.Endpoints))
	}
	names := map[string]bool{}
	for i, e := range c.Endpoints {
		key := fmt.Sprintf("endpoints[%d]", i)
		if u, err := url.Parse(e.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			bad(key+".url", "%q is not an endpoint: write http://host:port or https://host[:port]", e.URL)
		} else if more := beyondHost(u); more != "" { // the address itself may hold a token: it is not repeated
			bad(key+".url", "has %s, which gRPC has no place for: keep scheme, host and port; a token goes into token, token_file or token_env", more)
		}
		if names[e.Name] {
			bad(key+".name", "%q is used twice: give each endpoint its own name", e.Name)
		}
		names[e.Name] = true
		if e.Compression != "" {
			oneOf(bad, key+".compression", e.Compression, "none", "zstd")
		}
		if given(e.Token, e.TokenFile, e.TokenEnv) > 1 {
			bad(key, "has more than one of token, token_file and token_env: keep one")
		}
		if _, err := e.ReadToken(); err != nil {
			bad(key, "%v", err)
		}
		if e.OpensHeadroom > 0 && e.OpensPerWindow > 0 && e.OpensHeadroom >= e.OpensPerWindow {
			bad(key+".opens_headroom", "%d leaves no opens of %d: choose less", e.OpensHeadroom, e.OpensPerWindow)
		}
		for name, value := range map[string]int{
			"opens_per_window": e.OpensPerWindow, "opens_window": int(e.OpensWindow), "opens_headroom": e.OpensHeadroom,
			"filters_per_kind": e.FiltersPerKind, "keys_per_filter": e.KeysPerFilter, "replay_margin_slots": e.ReplayMargin,
		} {
			if value < 0 {
				bad(key+"."+name, "is negative")
			}
		}
	}
}

func (c *Config) validatePlugins(bad func(key, format string, args ...any)) {
	seen := map[string]bool{}
	for i, p := range c.Plugins {
		key := fmt.Sprintf("plugins[%d]", i)
		if !instanceName.MatchString(p.Name) {
			bad(key+".name", "%q is not a name: use up to 32 lower case letters, digits and dashes", p.Name)
		}
		if seen[p.Name] {
			bad(key+".name", "%q is used twice: an instance name owns its state, give each its own", p.Name)
		}
		seen[p.Name] = true
		if p.Priority != "" {
			oneOf(bad, key+".priority", string(p.Priority), string(High), string(Medium), string(Low))
		}
		if p.CrashLimit < -1 {
			bad(key+".crash_limit", "%d is no number of crashes: use -1 for no limit", p.CrashLimit)
		}
		for name, value := range map[string]time.Duration{
			"checkpoint_every": p.CheckpointEvery, "crash_window": p.CrashWindow, "drain_timeout": p.DrainTimeout, "stall_timeout": p.StallTimeout,
		} {
			if value < 0 {
				bad(key+"."+name, "is negative")
			}
		}
		p.validateIsolation(key, bad)
		if p.CheckpointRecords < 1 {
			bad(key+".checkpoint_records", "%d is not positive", p.CheckpointRecords)
		}
	}
}

// beyondHost names what an address has that is not sent to a gRPC server; empty when there is nothing.
func beyondHost(u *url.URL) string {
	switch {
	case u.User != nil:
		return "a user"
	case u.RawQuery != "" || u.ForceQuery:
		return "a query"
	case strings.Trim(u.Path, "/") != "":
		return "a path"
	case u.Fragment != "":
		return "a fragment"
	}
	return ""
}

// ReadToken returns the token from wherever the file says it is; empty when none is set. It is never logged.
func (e *Endpoint) ReadToken() (string, error) { return readToken(e.Token, e.TokenFile, e.TokenEnv) }

func readToken(token, file, variable string) (string, error) {
	switch {
	case file != "":
		text, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("token_file: %w", err)
		}
		if token = strings.TrimSpace(string(text)); token == "" {
			return "", fmt.Errorf("token_file: %s is empty", file)
		}
	case variable != "":
		var ok bool
		if token, ok = os.LookupEnv(variable); !ok {
			return "", fmt.Errorf("token_env names %s, which is not set in the environment", variable)
		}
		if token == "" {
			return "", fmt.Errorf("token_env names %s, which is empty in the environment", variable)
		}
	}
	return token, nil
}

func oneOf(bad func(key, format string, args ...any), key, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		bad(key, "%q is not known: use %s", value, list(allowed))
	}
}

func list(names []string) string { return strings.Join(names, ", ") }

func given(values ...string) (n int) {
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}

func programNames() []string {
	names := make([]string, 0, len(Programs))
	for name := range Programs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
