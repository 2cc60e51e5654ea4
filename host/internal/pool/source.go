package pool

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/breaker"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/profile"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Source is one provider.
type Source struct {
	// Endpoint to stream from.
	Endpoint geyser.Endpoint
	// Profile of the provider; the zero value bounds nothing.
	Profile profile.Profile
	// Budget of the endpoint's token. Sources of one token share it.
	Budget Budget
	// Margin is how many slots before Resume a stream asks for: slots may come out of order, and another node behind the same address
	// may be behind. What comes twice is for the deduplication. Default that of the profile, or 32.
	Margin uint64
}

func (s Source) withDefaults() Source {
	s.Endpoint.Name = s.Endpoint.Label()
	if s.Margin == 0 {
		s.Margin = s.Profile.Margin
	}
	if s.Margin == 0 {
		s.Margin = 32
	}
	if s.Endpoint.PingEvery == 0 {
		s.Endpoint.PingEvery = s.Profile.PingEvery
	}
	if s.Endpoint.TokenHeader == "" {
		s.Endpoint.TokenHeader = s.Profile.TokenHeader
	}
	if s.Endpoint.Silence == 0 {
		s.Endpoint.Silence = s.Profile.Silence
	}
	return s
}

// source is a Source with what was learned of it. Its connections share it.
type source struct {
	Source
	index   int
	breaker *breaker.Breaker

	// Guarded by Pool.mu.
	profile  profile.Profile
	noReplay bool      // it said so
	replayed bool      // it served a from_slot
	probed   time.Time // when it was asked for its oldest slot
	oldest   uint64    // its oldest slot when it was asked, 0 = not known
	head     uint64    // the highest slot of its streams at that time

	proven atomic.Bool // was useful once in this process
}

func newSource(index int, s Source, parent *slog.Logger) *source {
	s = s.withDefaults()
	out := &source{Source: s, index: index, profile: s.Profile}
	logger := parent.With("endpoint", s.Endpoint.Name)
	out.breaker = breaker.New(breaker.Config{OnChange: func(from, to breaker.State) {
		logger.Info("breaker changed", "from", from, "to", to)
	}})
	return out
}

// replays tells whether a slot can be asked for in an open stream without the danger that the stream ends over it. head is the highest
// slot of the source's streams now.
func (s *source) replays(from, head uint64, commitment geyserpb.CommitmentLevel) bool {
	switch {
	case !s.mayReplay(commitment), s.profile.Dialect == profile.Richat:
		return false
	case s.oldest > 0: // the store moves on as fast as the chain
		return from >= s.oldest+max(head, s.head)-s.head+haste
	default:
		return s.replayed
	}
}

// mayReplay tells whether nothing speaks against a replay where a stream begins.
func (s *source) mayReplay(commitment geyserpb.CommitmentLevel) bool {
	return !s.noReplay && s.profile.Replay != profile.No && (!s.profile.ReplayProcessedOnly || commitment == geyserpb.CommitmentLevel_PROCESSED)
}

// spacing is the least time between two requests in an open stream.
func (s *source) spacing() time.Duration {
	if s.profile.UpdatesPerSecond > 0 {
		return time.Second / time.Duration(s.profile.UpdatesPerSecond)
	}
	return 0
}
