package journal

import (
	"cmp"
	"log/slog"
	"time"
)

// Config configures Open. Either Dir or URL is needed.
type Config struct {
	// Dir is the journal folder of the embedded server; it is made with mode 0700. One process at a time holds it.
	Dir string
	// URL is an external NATS server or cluster with JetStream, for example nats://user:password@host:4222. When set, no server is
	// embedded and Dir, Listen, SyncAlways, MaxStore and ReserveBytes do nothing.
	URL string
	// Credentials is a NATS credentials file for URL. Optional.
	Credentials string
	// Replicas of streams and buckets on a cluster. Default 1.
	Replicas int
	// Listen opens the embedded server on host:port for readers of events; port -1 takes a free one. Default: no listener.
	Listen string
	// SyncAlways fsyncs each frame before it counts as durable. Default: durable against kill -9 at once, against a power cut after
	// five seconds.
	SyncAlways bool

	// MaxBytes bounds the stored frames; the oldest go first. Default 10 GiB.
	MaxBytes int64
	// MaxAge bounds their age. 0: no bound.
	MaxAge time.Duration
	// EventsMaxBytes and EventsMaxAge bound the stored outputs likewise. Default 1 GiB, no bound on age.
	EventsMaxBytes int64
	EventsMaxAge   time.Duration
	// MaxStore bounds all that the embedded server stores. 0: only the disk does.
	MaxStore int64
	// ReserveBytes of the disk stay free: below it nothing is stored until there is more. Default 64 MiB.
	ReserveBytes int64

	// TailBytes of the newest frames are kept in memory for readers. Default 64 MiB.
	TailBytes int64
	// StateBytes of the newest checkpoints are kept in memory for plugins that crash; negative keeps none. Default 128 MiB.
	StateBytes int64
	// MaxPendingBytes may be appended and not durable yet; then Append blocks. Default 32 MiB.
	MaxPendingBytes int64
	// FlushInterval is the least time between two frames that are not full. Default 500 us.
	FlushInterval time.Duration
	// AckTimeout is how long the server may be silent on a frame until the frame is sent again. Default 5 s.
	AckTimeout time.Duration
	// StartTimeout bounds start and recovery of the server. Default one minute: 1 GiB takes up to 2 s after a kill.
	StartTimeout time.Duration
	// CloseTimeout bounds Close. Default 10 s.
	CloseTimeout time.Duration

	// Step is told of each step of an epoch's begin and of a checkpoint, once it is taken. Tests kill the process there. Default: nobody.
	Step func(name string)
	// Log takes what the journal and its server say. Default: nothing.
	Log *slog.Logger
}

const (
	// maxFrame bounds a frame's payload: JetStream handles such messages well, and lanes hand them on without cutting.
	maxFrame = 256 << 10
	// maxTransaction bounds the records of one transaction, which never straddle two frames: NATS takes 1 MiB a message.
	maxTransaction = 900 << 10
)

func (c Config) withDefaults() Config {
	c.Replicas = cmp.Or(c.Replicas, 1)
	c.MaxBytes = cmp.Or(c.MaxBytes, 10<<30)
	c.EventsMaxBytes = cmp.Or(c.EventsMaxBytes, 1<<30)
	c.ReserveBytes = cmp.Or(c.ReserveBytes, 64<<20)
	c.TailBytes = cmp.Or(c.TailBytes, 64<<20)
	c.StateBytes = cmp.Or(c.StateBytes, 128<<20)
	c.MaxPendingBytes = cmp.Or(c.MaxPendingBytes, 32<<20)
	c.FlushInterval = cmp.Or(c.FlushInterval, 500*time.Microsecond)
	c.AckTimeout = cmp.Or(c.AckTimeout, 5*time.Second)
	c.StartTimeout = cmp.Or(c.StartTimeout, time.Minute)
	c.CloseTimeout = cmp.Or(c.CloseTimeout, 10*time.Second)
	if c.Step == nil {
		c.Step = func(string) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
