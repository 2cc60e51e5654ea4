package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Reasons of dead letters.
const (
	LetterParked  = "parked"  // it crashed the plugin and is not given to it any more
	LetterRefused = "refused" // the plugin's handler returned an error
)

// DeadLetter is a record that an instance could not handle.
type DeadLetter struct {
	// Number of the record.
	Number uint64 `json:"number"`
	// Reason is LetterParked or LetterRefused.
	Reason string `json:"reason"`
	// Detail is the cause of the crash, or the handler's text.
	Detail string `json:"detail"`
	// At is when it was noticed.
	At time.Time `json:"at"`
	// Record is the encoded weir.plugin.v1.Batch with the record as its only one; empty when only the number is known.
	Record []byte `json:"record,omitempty"`
}

// lettersBytes bounds the stream of dead letters, or EventsMaxBytes where that is less: the oldest go first.
const lettersBytes = 64 << 20

func (j *Journal) lettersBound() int64 {
	if j.cfg.EventsMaxBytes > 0 {
		return min(lettersBytes, j.cfg.EventsMaxBytes)
	}
	return lettersBytes
}

// maxLetters bounds what DeadLetters returns.
const maxLetters = 1000

func (j *Journal) makeLetters(ctx context.Context) (err error) {
	j.letters, err = j.node.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: lettersStream, Subjects: []string{lettersPrefix + "*.*.*"}, Storage: jetstream.FileStorage,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, MaxBytes: j.lettersBound(), MaxMsgsPerSubject: 1,
		Replicas: j.cfg.Replicas, AllowDirect: true,
	})
	if err != nil {
		return fmt.Errorf("make stream %s: %w", lettersStream, err)
	}
	return nil
}

// SaveDeadLetter stores a dead letter durably. One of the same instance, reason and number takes the place of the earlier one.
func (j *Journal) SaveDeadLetter(ctx context.Context, instance string, d DeadLetter) error {
	if err := checkName(instance); err != nil {
		return fmt.Errorf("save dead letter: %w", err)
	}
	if err := j.node.roomy(); err != nil {
		return fmt.Errorf("save dead letter of %s: %w", instance, err)
	}
	value, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("save dead letter of %s: %w", instance, err)
	}
	subject := lettersPrefix + instance + "." + d.Reason + "." + strconv.FormatUint(d.Number, 10)
	if _, err := j.node.js.Publish(ctx, subject, value); err != nil {
		return fmt.Errorf("save dead letter of %s for record %d: %s", instance, d.Number, j.node.explain(err))
	}
	return nil
}

// DeadLetters returns the dead letters of an instance, by number, at most the newest 1,000. reason, when not empty, chooses.
func (j *Journal) DeadLetters(ctx context.Context, instance, reason string) ([]DeadLetter, error) {
	if err := checkName(instance); err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	filter := lettersPrefix + instance + "." + cmp.Or(reason, "*") + ".*"
	cons, err := j.node.js.CreateConsumer(ctx, lettersStream, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, FilterSubject: filter, InactiveThreshold: 30 * time.Second, MemoryStorage: true, Replicas: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("read dead letters of %s: %w", instance, err)
	}
	defer func() {
		_ = j.node.js.DeleteConsumer(context.WithoutCancel(ctx), lettersStream, cons.CachedInfo().Name)
	}()
	var out []DeadLetter
	for left := cons.CachedInfo().NumPending; left > 0; {
		batch, err := cons.FetchNoWait(fetchFrames)
		if err != nil {
			return nil, fmt.Errorf("read dead letters of %s: %w", instance, err)
		}
		came := uint64(0)
		for m := range batch.Messages() {
			came++
			var d DeadLetter
			if err := json.Unmarshal(m.Data(), &d); err != nil {
				j.cfg.Log.Error("a dead letter cannot be read", "subject", m.Subject(), "error", err)
				continue
			}
			out = append(out, d)
		}
		if batch.Error() != nil || came == 0 {
			return nil, fmt.Errorf("read dead letters of %s: the server stopped sending: %w", instance, cmp.Or(batch.Error(), errMissed))
		}
		left -= min(left, came)
	}
	slices.SortFunc(out, func(a, b DeadLetter) int { return cmp.Compare(a.Number, b.Number) })
	return out[max(0, len(out)-maxLetters):], nil
}
