// Package config turns weir.yaml, the environment and flags into one checked Config. Problems name the key, the line when it came
// from the file, and the remedy.
package config

import (
	"path/filepath"
	"time"
)

// Config is everything the daemon can be told. Load fills it; nothing changes it afterwards, so any goroutine may read it.
type Config struct {
	// DataDir holds the journal, the admin socket and the open counts; created with mode 0700 when it is absent.
	DataDir string `koanf:"data_dir"`
	// Commitment is processed, confirmed or finalized.
	Commitment string `koanf:"commitment"`
	// Programs are the names of the programs to watch; see Programs.
	Programs []string `koanf:"programs"`
	// IDLDir is a folder of Anchor IDLs, each of which makes its program's instructions and events records. Empty: none.
	IDLDir string `koanf:"idl_dir"`
	// Groups place programs; those that no group names go where they usually do.
	Groups []Group `koanf:"groups"`
	// Endpoints are the providers, the preferred one first.
	Endpoints []Endpoint `koanf:"endpoints"`
	// Connections is how many streams are kept, 1 to 3; never more than there are groups. At confirmed and finalized, records stand in the
	// order of the chain whatever their number.
	Connections int `koanf:"connections"`
	// Copies is on how many endpoints each group is read at once: 1, or 2, and then the first copy of a transaction wins.
	Copies int `koanf:"copies"`
	// SOLPrice says which pools tell what SOL is worth in dollars.
	SOLPrice SOLPrice `koanf:"sol_price"`
	// RPC fetches what no stream can give any more.
	RPC RPC `koanf:"rpc"`
	// Enrich says how records get what is known of their tokens.
	Enrich Enrich `koanf:"enrich"`
	// Journal says how records are kept.
	Journal Journal `koanf:"journal"`
	// NATS says where they are kept.
	NATS NATS `koanf:"nats"`
	// Plugins are the monitor instances.
	Plugins []Plugin `koanf:"plugins"`
	// PluginsDir is where plugins are installed: what comes, changes or goes there does so in a running daemon. Empty: the folder plugins in
	// DataDir.
	PluginsDir string `koanf:"plugins_dir"`
	// Alerts say when an operator is told of something, and where.
	Alerts Alerts `koanf:"alerts"`
	// Store says where outputs are kept in SQL tables.
	Store Store `koanf:"store"`
	// Traces say where OpenTelemetry traces go.
	Traces Traces `koanf:"traces"`
	// HTTP says where metrics are served.
	HTTP HTTP `koanf:"http"`
	// Log says how the daemon speaks.
	Log Log `koanf:"log"`
}

// Endpoint is one Yellowstone provider.
type Endpoint struct {
	// Name is how logs and status call it; the host of URL when empty.
	Name string `koanf:"name"`
	// URL is http://host:port (h2c) or https://host[:port].
	URL string `koanf:"url"`
	// Token is sent as x-token. TokenFile or TokenEnv keep it out of the file; at most one of the three.
	Token     string `koanf:"token"`
	TokenFile string `koanf:"token_file"`
	TokenEnv  string `koanf:"token_env"`
	// Compression is none or zstd; empty goes by the profile. With gzip a message costs more than the rest of the pipeline, so it is not
	// offered.
	Compression string `koanf:"compression"`
	// OpensPerWindow Subscribe opens are allowed by the provider in OpensWindow; Weir stays OpensHeadroom below. 0 goes by the profile,
	// and a fifth for the headroom.
	OpensPerWindow int           `koanf:"opens_per_window"`
	OpensWindow    time.Duration `koanf:"opens_window"`
	OpensHeadroom  int           `koanf:"opens_headroom"`
	// Profile names the provider's known limits; empty goes by the host name.
	Profile string `koanf:"profile"`
	// FiltersPerKind and KeysPerFilter are what the provider allows on one stream, where that is not what its profile says; 0 goes by it.
	FiltersPerKind int `koanf:"filters_per_kind"`
	KeysPerFilter  int `koanf:"keys_per_filter"`
	// ReplayMargin is how many slots before the last complete one a resumed stream asks for.
	ReplayMargin int `koanf:"replay_margin_slots"`
}

// SOLPrice is where the price of SOL in dollars comes from.
type SOLPrice struct {
	// Pools are SOL/USDC pools on the watched programs, printed addresses. The price is the median of the newest trades in them. Empty: it
	// is never known.
	Pools []string `koanf:"pools"`
	// MaxAgeSlots is after how many slots without such a trade the price is no longer known.
	MaxAgeSlots int `koanf:"max_age_slots"`
}

// Traces follow single transactions through the rooms.
type Traces struct {
	// Endpoint is an OTLP receiver over HTTP, for example http://127.0.0.1:4318; empty sends nothing.
	Endpoint string `koanf:"endpoint"`
	// Every is the least time between two transactions that are followed.
	Every time.Duration `koanf:"every"`
}

// HTTP is what the daemon serves over HTTP: /metrics for Prometheus, /healthz and /readyz.
type HTTP struct {
	// Listen is host:port; empty serves nothing. Metrics and health have no access control, the API has Tokens.
	Listen string `koanf:"listen"`
	// Tokens let readers and admins of the API in. Without any, everybody on this machine may read; on an address that is not loopback
	// the API is then not served.
	Tokens []HTTPToken `koanf:"tokens"`
	// Origins are the web pages, as scheme://host[:port], that may use the API from a browser. Its own need no entry.
	Origins []string `koanf:"origins"`
	// Hosts are names by which the API may be called beside its address and localhost.
	Hosts []string `koanf:"hosts"`
	// RequestsPerSecond bounds one client address.
	RequestsPerSecond float64 `koanf:"requests_per_second"`
	// Streams bounds the live streams.
	Streams int `koanf:"streams"`
}

// HTTPToken lets somebody into the API.
type HTTPToken struct {
	// Name stands for the token where it must be named.
	Name string `koanf:"name"`
	// Token is what the client shows; TokenFile or TokenEnv keep it out of the file. Exactly one of the three, at least 16 characters.
	Token     string `koanf:"token"`
	TokenFile string `koanf:"token_file"`
	TokenEnv  string `koanf:"token_env"`
	// Scope is read or admin. Default read.
	Scope string `koanf:"scope"`
}

// RPC is a Solana JSON-RPC endpoint for gaps. Without a URL nothing is fetched and gaps stay.
type RPC struct {
	// URL is http or https; a token may be part of it, so it is never logged.
	URL string `koanf:"url"`
	// RequestsPerSecond is the provider's limit. Default 5.
	RequestsPerSecond float64 `koanf:"requests_per_second"`
}

// Enrich says how records get what is known of their tokens.
type Enrich struct {
	// Memory bounds the caches; what they do not hold is read from disk. Default 64 MiB.
	Memory Bytes `koanf:"memory"`
	// MetadataPerSecond is how many requests a second ask the RPC node for the names of tokens whose creation was not seen, up to 33 tokens
	// in each; beside rpc.requests_per_second, and 0 asks for none. Default 1.
	MetadataPerSecond float64 `koanf:"metadata_requests_per_second"`
}

// Journal says how records and outputs are kept.
type Journal struct {
	// Sync is default (survives kill -9; after a power cut the tail is read again from the provider) or always (each frame is synced).
	Sync string `koanf:"sync"`
	// MaxBytes and MaxAge bound records and outputs, each for itself; the oldest go first.
	MaxBytes Bytes         `koanf:"max_bytes"`
	MaxAge   time.Duration `koanf:"max_age"`
	// Listen opens the embedded NATS server on host:port for readers; empty keeps it inside the process.
	Listen string `koanf:"listen"`
}

// NATS says which server keeps the journal.
type NATS struct {
	// URL of an external server or cluster; empty runs one inside the process.
	URL string `koanf:"url"`
}

// Plugin is one monitor instance.
type Plugin struct {
	// Name of the instance: lower case letters, digits and dashes, unique.
	Name string `koanf:"name"`
	// Path of the binary. Without a slash it is looked for beside the weir binary, then on PATH.
	Path string `koanf:"path"`
	// Config is handed to the plugin as JSON.
	Config map[string]any `koanf:"config"`
	// CheckpointEvery and CheckpointRecords say when its state is saved: whichever comes first.
	CheckpointEvery   time.Duration `koanf:"checkpoint_every"`
	CheckpointRecords int           `koanf:"checkpoint_records"`
	// Priority raises the groups that the plugin wants: high, medium or low; empty leaves them.
	Priority Priority `koanf:"priority"`
	// DrainTimeout bounds a graceful stop.
	DrainTimeout time.Duration `koanf:"drain_timeout"`
	// CrashLimit crashes within CrashWindow quarantine the plugin; -1 sets no limit.
	CrashLimit  int           `koanf:"crash_limit"`
	CrashWindow time.Duration `koanf:"crash_window"`
	// StallTimeout ends a plugin that owes answers and makes no progress for so long.
	StallTimeout time.Duration `koanf:"stall_timeout"`
	// Isolation is auto, L0, L1 or L2: see docs/operating.md.
	Isolation string `koanf:"isolation"`
	// Env names variables of the host's environment that the plugin gets beside a few harmless ones.
	Env []string `koanf:"env"`
	// Limits of the plugin with its children.
	Limits Limits `koanf:"limits"`
}

// Log says how the daemon speaks.
type Log struct {
	// Level is debug, info, warn or error.
	Level string `koanf:"level"`
	// Format is text or json.
	Format string `koanf:"format"`
}

// Default returns the configuration that an empty file gives. It has no endpoint and no plugin.
func Default() Config {
	return Config{
		DataDir:     "data",
		Commitment:  "confirmed",
		Connections: 2,
		SOLPrice:    SOLPrice{Pools: []string{"58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2"}, MaxAgeSlots: 1500}, // Raydium v4 SOL/USDC
		Copies:      1,
		RPC:         RPC{RequestsPerSecond: 5},
		Enrich:      Enrich{Memory: 64 << 20, MetadataPerSecond: 1},
		Programs:    []string{"pump", "pumpswap", "raydium_v4", "raydium_cpmm", "raydium_clmm", "raydium_launchlab"},
		Journal:     Journal{Sync: "default", MaxBytes: 10 << 30, MaxAge: 7 * 24 * time.Hour},
		Traces:      Traces{Every: time.Second},
		HTTP:        HTTP{RequestsPerSecond: 50, Streams: 2000},
		Store:       defaultStore(),
		Log:         Log{Level: "info", Format: "text"},
	}
}

// fill sets what an endpoint or plugin leaves open. What goes by the provider's profile stays open here.
func (c *Config) fill() {
	c.fillGroups()
	orValue(&c.PluginsDir, filepath.Join(c.DataDir, "plugins"))
	c.fillAlerts()
	for i := range c.HTTP.Tokens {
		orValue(&c.HTTP.Tokens[i].Scope, "read")
	}
	for i := range c.Endpoints {
		e := &c.Endpoints[i]
		orValue(&e.Name, hostOf(e.URL))
		orValue(&e.ReplayMargin, 32)
	}
	for i := range c.Plugins {
		p := &c.Plugins[i]
		orValue(&p.Path, "weir-"+p.Name)
		orValue(&p.CheckpointEvery, 5*time.Second)
		orValue(&p.CheckpointRecords, 50_000)
		orValue(&p.CrashLimit, 5)
		orValue(&p.CrashWindow, 10*time.Minute)
		orValue(&p.DrainTimeout, 10*time.Second)
		orValue(&p.StallTimeout, 30*time.Second)
		p.fillIsolation(c.Journal.MaxBytes)
	}
}

func orValue[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
