package pool

import (
	"errors"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/geyser/profile"
)

// hopelessWait is the pace against an endpoint that refuses what it served before: a token that ran out may be renewed.
const hopelessWait = 5 * time.Minute

// usefulTime is how long updates must come before an end counts as a new trouble and not as the old one.
const usefulTime = 30 * time.Second

// learn takes what an end tells of the provider, and tells whether that was something new about its limits.
func (k *connection) learn(err error) bool {
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	var end *geyser.Error
	if errors.As(err, &end) && end.Class == geyser.NoReplay {
		k.source.noReplay = true
	}
	streams := 0
	for _, other := range k.pool.connections {
		if other != k && other.source == k.source && other.stream != nil {
			streams++
		}
	}
	used, _, window := k.source.Budget.Use()
	learned, lesson := k.source.profile.Learn(err, profile.Use{Opens: used, Window: window, Streams: streams, Head: k.count.slot.Load()})
	if learned.Opens != k.source.profile.Opens {
		k.source.Budget.Lower(learned.Opens - learned.Opens/5)
	}
	if lesson != "" {
		k.log.Warn("learned of the provider", "lesson", lesson)
		k.source.profile = learned
	}
	return lesson != ""
}

// verdict tells the breaker how an open went. An endpoint that answers, if only with a refusal, is not broken.
func (k *connection) verdict(err error, useful bool) error {
	var end *geyser.Error
	switch {
	case useful: // was told when it became so
	case errors.As(err, &end) && (end.Class == geyser.Retry || end.Class == geyser.Lagged || ofReplay(end) && !k.askedReplay()):
		k.source.breaker.Failure()
	default:
		k.source.breaker.Success()
	}
	return err
}

// judge decides how long to wait after a stream ended and prepares what the next one asks for.
func (k *connection) judge(err error, learned bool) (wait time.Duration, hopeless bool) {
	wait = k.backoff.next()
	if errors.Is(err, fold.ErrLimits) {
		return hopelessWait, false
	}
	var end *geyser.Error
	if !errors.As(err, &end) {
		return wait, false
	}
	switch end.Class {
	case geyser.Fatal, geyser.Refused:
		if learned {
			return wait, false // the next request keeps to the limit that this one went over
		}
		if !k.source.proven.Load() {
			return 0, true
		}
		return hopelessWait, false
	case geyser.Older:
		k.refused(end)
	case geyser.Newer, geyser.NoReplay:
		k.refused(end)
		if k.askedReplay() {
			// The server is well, and its oldest slot runs away while we wait. It is asked a few times only before the present will do.
			return jitterUp(firstWait), false
		}
	default:
	}
	return max(wait, jitterUp(end.Wait)), false
}

// ofReplay tells whether an end says that the server is well and only the slot to begin with was wrong. Said of a stream that was to begin
// with the present it is not true: then something in front of the server has trouble and the same words for it.
func ofReplay(end *geyser.Error) bool {
	return end.Class == geyser.Newer || end.Class == geyser.NoReplay
}

// askedReplay tells whether the last request asked for a replay.
func (k *connection) askedReplay() bool {
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	return k.resume.from > 0
}

func (k *connection) refused(end *geyser.Error) {
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	k.resume.refused(end)
}
