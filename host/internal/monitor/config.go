package monitor

import (
	"context"
	"log/slog"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/process"
)

// Config of an Instance. Zero values take the defaults named.
type Config struct {
	// Instance is the name under which checkpoints and outputs are kept. Required, unique in a journal.
	Instance string
	// Path of the plugin's program. Required.
	Path string
	// Choice is what was last kept; it goes before Path. Zero when nothing was.
	Choice Choice
	// Keep makes a choice durable: it is the Choice of the next host's Config. Default: nothing is kept.
	Keep func(ctx context.Context, c Choice) error
	// Config is handed to the plugin: a JSON object, empty for its defaults.
	Config []byte
	// SocketDir is a private folder made by PrepareSocketDir. Required; may be shared by all instances of one host.
	SocketDir string
	// Env names variables of the host's environment that are passed on beside PATH, HOME, TZ and the like.
	Env []string
	// Find returns the program's path before each start, for a Path that is only a name. Default: Path as it is.
	Find func(path string) (string, error)
	// Isolation says how far the plugin is kept apart. The zero value is L1 without limits.
	Isolation process.Isolation
	// Births keeps which record was an instance's first, so that one that has saved nothing is told what was dropped since. Nil keeps it
	// nowhere: such an instance counts as new.
	Births Births
	// Questions says where the plugin's questions are answered from; the zero value answers none.
	Questions Questions
	// Log gets the instance's events and the plugin's own lines. Default: discard.
	Log *slog.Logger

	// CheckpointEvery is how long the plugin's state may stay unsaved. Default 5 s; the first one comes earlier by a part.
	CheckpointEvery time.Duration
	// Rota is shared by the instances of a host, so that they do not save at the same moment. Default: the instance has its own.
	Rota *Rota
	// CheckpointRecords saves sooner, after so many records. Default 50,000.
	CheckpointRecords int
	// DrainTimeout bounds a graceful stop, from the end of Run's context to the death of the process. Default 10 s.
	DrainTimeout time.Duration

	// StartTimeout is from exec to a connection. Default 10 s.
	StartTimeout time.Duration
	// CallTimeout bounds Describe, Configure and Open. Default 5 s. Restore gets 60 s and 1 s per 10 MB.
	CallTimeout time.Duration
	// StallTimeout kills a plugin that owes answers and makes no progress. Default 30 s.
	StallTimeout time.Duration
	// HealthEvery is the time between Health calls, HealthTimeout the patience for one; three failures in a row kill.
	// Defaults 5 s and 1 s.
	HealthEvery, HealthTimeout time.Duration
	// Credit is how many frames may be unanswered. Default 16: with frames of 256 KiB at most 4 MiB are under way.
	Credit int
	// MaxState bounds what a plugin may send for one checkpoint, in bytes; a state in parts may have four times as much in all. Default
	// 256 MiB.
	MaxState int

	// MaxOutput bounds what a plugin may emit at once, in bytes. Each byte of its records allows 32 more, and each second a 256th part of it.
	// Default 256 MiB.
	MaxOutput int

	// BackoffMin and BackoffMax bound the doubling wait before a restart; the first is up to a tenth of BackoffMin. Defaults 250 ms and 60 s.
	BackoffMin, BackoffMax time.Duration
	// BackoffReset is how long a plugin must be live, with one durable checkpoint, to be trusted again. Default 5 min.
	BackoffReset time.Duration
	// CrashLimit crashes within CrashWindow quarantine a plugin; below 0 there is no limit. Defaults 5 and 10 min.
	CrashLimit  int
	CrashWindow time.Duration
	// ProbeEvery is how long a quarantined plugin waits for the one try that may end it. Default 30 min.
	ProbeEvery time.Duration
	// ParkLimit is how many records an hour may be parked before the plugin is quarantined. Default 10.
	ParkLimit int

	place float64 // in Rota

	// step is told of each step that a kill could come between, before it is taken. Tests of this room kill the process there; nobody
	// else sets it.
	step func(what, name string)
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = c.Log.With("instance", c.Instance)
	if c.Find == nil {
		c.Find = func(path string) (string, error) { return path, nil }
	}
	if c.Keep == nil {
		c.Keep = func(context.Context, Choice) error { return nil }
	}
	if c.step == nil {
		c.step = func(string, string) {}
	}
	or(&c.CheckpointEvery, 5*time.Second)
	if c.Rota == nil {
		c.Rota = NewRota()
	}
	or(&c.CheckpointRecords, 50_000)
	or(&c.DrainTimeout, 10*time.Second)
	or(&c.StartTimeout, 10*time.Second)
	or(&c.CallTimeout, 5*time.Second)
	or(&c.StallTimeout, 30*time.Second)
	or(&c.HealthEvery, 5*time.Second)
	or(&c.HealthTimeout, time.Second)
	or(&c.Credit, 16)
	or(&c.MaxState, 256<<20)
	or(&c.MaxOutput, 256<<20)
	or(&c.BackoffMin, 250*time.Millisecond)
	or(&c.BackoffMax, time.Minute)
	or(&c.BackoffReset, 5*time.Minute)
	or(&c.CrashLimit, 5)
	or(&c.CrashWindow, 10*time.Minute)
	or(&c.ProbeEvery, 30*time.Minute)
	or(&c.ParkLimit, 10)
	return c
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
