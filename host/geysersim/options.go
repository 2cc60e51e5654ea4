package geysersim

import (
	"crypto/tls"
	"io"
	"log/slog"
	"math"
	"time"
)

// Options says what a server plays and how it behaves. The zero value of each field is its default; only Source is required.
type Options struct {
	// Source gives the blocks. Required, except for a mirror.
	Source Source
	// StartAtOnce begins to play at once. By default nothing is played before a stream has subscribed to anything, so that a finite
	// source is seen whole.
	StartAtOnce bool
	// EndStreams ends every stream cleanly once all of a finite source is sent; by default streams stay open with pings.
	EndStreams bool

	// SlotDuration is the time from slot to slot, default 400 ms. The transactions of a slot are spread evenly over it.
	SlotDuration time.Duration
	// Rate, in transactions a second, paces transactions evenly instead; a slot then lasts as long as its transactions. A Source that
	// is Sized gets told how many make up SlotDuration.
	Rate float64
	// Burst plays each slot's transactions at its beginning all at once.
	Burst bool
	// Unpaced plays as fast as the slowest stream takes it, and waits while there is none. No stream is ever cut for lagging.
	Unpaced bool
	// ConfirmAfter and FinalizeAfter are the numbers of blocks after which a block reaches the level, default 1 and 31. Negative: as
	// soon as it is processed. What is left at the end of a finite source goes on slot by slot.
	ConfirmAfter, FinalizeAfter int

	// DeadSlots lets a block die in front of every block that does not follow the one before it directly: at processed, half of its
	// transactions are seen there first, and SLOT_DEAD follows instead of a BlockMeta. Nothing of it is replayed, confirmed or true.
	DeadSlots bool

	// ReplaySlots is how many blocks are kept for from_slot, default 150, the default of real servers. Negative: from_slot is refused.
	ReplaySlots int
	// ReplayBytes bounds what they take in memory, default 256 MiB; the last 10 blocks are kept in any case.
	ReplayBytes int

	// Tokens are the accepted values of the x-token header; empty accepts everybody.
	Tokens []string
	// Dialect is the family of servers that this one belongs to, by default Yellowstone.
	Dialect Dialect
	// Compression lists what updates are compressed with ("zstd", "gzip"), best first, for clients that advertise it. By default
	// nothing is compressed. A client made with grpc-go advertises all that its process has registered, and this package registers both.
	Compression []string
	// OpensPerWindow bounds Subscribe opens per token in any Window (default 60 s); 0 is no bound.
	OpensPerWindow int
	Window         time.Duration
	// MaxStreams bounds the streams that a token has open; 0 is no bound.
	MaxStreams int
	// RequestsPerSecond bounds the requests within one stream, pings not counted; 0 is no bound.
	RequestsPerSecond int
	// Limits on requests.
	Limits Limits
	// QueueLimit is how many updates may wait for a stream before it is cut for lagging, default 250,000.
	QueueLimit int
	// PingEvery is the interval of the server's pings; the default is the dialect's, 10 s or 15 s.
	PingEvery time.Duration

	// TLS serves with it; nil serves plain HTTP/2 (h2c).
	TLS *tls.Config
	// Truth, when set, gets one Truth a line in JSON, those of a block in one Write when the block is complete, with the block's Patterns
	// behind them.
	Truth io.Writer
	// KeepTruth keeps all of it in memory for TruthSoFar.
	KeepTruth bool
	// Log says when streams open and end; nil is silent.
	Log *slog.Logger
}

// Limits are a provider's bounds on requests; 0 is no bound, except for NameLength.
type Limits struct {
	// FiltersPerKind bounds the number of named filters of one kind.
	FiltersPerKind int
	// Pubkeys bounds each list of keys.
	Pubkeys int
	// RefuseAny refuses transaction filters without any criterion. As on real servers a signature is none.
	RefuseAny bool
	// NameLength bounds filter names, default 128 bytes.
	NameLength int
}

// ensureDefaults fills in what was left at zero.
func (o *Options) ensureDefaults() {
	set(&o.SlotDuration, 400*time.Millisecond)
	set(&o.ConfirmAfter, 1)
	set(&o.FinalizeAfter, 31) // a block is rooted when 31 others were voted on top of it
	set(&o.ReplaySlots, 150)
	set(&o.ReplayBytes, 256<<20)
	set(&o.Window, time.Minute)
	set(&o.QueueLimit, 250_000)
	set(&o.PingEvery, o.Dialect.pingEvery())
	set(&o.Limits.NameLength, 128)
	if o.Unpaced {
		o.QueueLimit = math.MaxInt
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.ConfirmAfter = max(o.ConfirmAfter, 0)
	o.FinalizeAfter = max(o.FinalizeAfter, o.ConfirmAfter)
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
