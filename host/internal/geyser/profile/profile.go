// Package profile holds what is known of each provider of Yellowstone streams, as data, and learns from what a server says when it
// refuses something. What is not known is absent: zero means "not known", never "none".
package profile

import "time"

// Answer is yes, no, or not known.
type Answer uint8

// Answers.
const (
	Unknown Answer = iota
	Yes
	No
)

// Dialect is the family of server software, as far as its refusals of from_slot tell.
type Dialect uint8

// Dialects.
const (
	// AnyServer is not known.
	AnyServer Dialect = iota
	// Yellowstone is Triton's geyser plugin.
	Yellowstone
	// Richat serves from its own store: from_slot counts on the first request only, at processed only, and the exact slot must exist.
	Richat
)

func (d Dialect) String() string {
	switch d {
	case Yellowstone:
		return "Yellowstone"
	case Richat:
		return "Richat"
	default:
		return "an unknown server"
	}
}

// Profile is one provider. A zero field is not known, and a caller then takes its own default.
type Profile struct {
	// Name of the provider, lower case.
	Name string
	// Opens is how many Subscribe calls a token may make within any Window.
	Opens  int
	Window time.Duration
	// Streams is how many may be open at the same time.
	Streams int
	// FiltersPerKind bounds the named filters of one kind in a stream, KeysPerFilter the addresses of one list of a filter.
	FiltersPerKind, KeysPerFilter int
	// KeysPerStream bounds the addresses of all filters of a stream.
	KeysPerStream int
	// NameBytes bounds the name of a filter.
	NameBytes int
	// EveryTransaction tells whether a filter without an address is served.
	EveryTransaction Answer
	// RefusedKeys are addresses that a filter must not hold.
	RefusedKeys []string
	// UpdatesPerSecond bounds the requests inside of an open stream.
	UpdatesPerSecond int
	// Replay tells whether from_slot is served, ReplaySlots how far back.
	Replay      Answer
	ReplaySlots uint64
	// ReplayProcessedOnly says that from_slot is served at commitment processed only.
	ReplayProcessedOnly bool
	// Dialect of its refusals.
	Dialect Dialect
	// Margin is how many slots before the durable one a stream should ask for.
	Margin uint64
	// TokenHeader is the name of the metadata that carries the token; empty when the provider takes none.
	TokenHeader string
	// Zstd tells whether it compresses with zstd when that is offered.
	Zstd Answer
	// PingEvery is how often a ping must be sent without being asked.
	PingEvery time.Duration
	// ServerPing is how often the server pings. Silence is after how long without any message a stream is dead.
	ServerPing, Silence time.Duration
}

// Use is what a caller did at the moment of a refusal; without it a refusal that names no number teaches no number.
type Use struct {
	// Opens within the last Window, the refused one included. Window matters only where the profile has none.
	Opens  int
	Window time.Duration
	// Streams open at that moment, the refused one not.
	Streams int
	// Head is the highest slot seen, 0 when none was.
	Head uint64
}
