package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// found is what a journal holds when it is opened.
type found struct {
	// number is the highest known, sequence the stream's last.
	number, sequence  uint64
	complete, maxSlot uint64
	row               frontier
}

// frontier is the row in which a frontier lies that no frame carried, and the highest number for the case that all frames went.
type frontier struct {
	Number   uint64 `json:"number"`
	Complete uint64 `json:"complete_slot"`
	MaxSlot  uint64 `json:"max_slot"`
	Sequence uint64 `json:"sequence"`
}

const frontierKey = "frontier"

// inspect reads the end of the journal, whatever state it is in, and notes what is missing.
func (j *Journal) inspect(ctx context.Context) (found, error) {
	info, err := j.frames.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return found{}, fmt.Errorf("ask for the state of stream %s: %w", framesStream, err)
	}
	row, err := j.loadFrontier(ctx)
	if err != nil {
		return found{}, err
	}
	end, err := j.lastFrame(ctx, info.State)
	if err != nil {
		return found{}, err
	}
	f := found{number: end.last, sequence: info.State.LastSeq, complete: end.complete, maxSlot: end.maxSlot, row: row}
	emptied := info.State.Msgs == 0 && (row.Sequence >= info.State.LastSeq || j.aged(info.State))
	if row.Number <= end.last || emptied {
		// Nothing that the row counts on is gone, so its frontier holds.
		f.complete, f.maxSlot = max(f.complete, row.Complete), max(f.maxSlot, row.MaxSlot)
	}
	mentioned, err := j.highestMentioned(ctx)
	if err != nil {
		return found{}, err
	}
	f.number = max(f.number, row.Number, mentioned)
	if f.number > end.last && !emptied {
		j.ledger.add(GapError{From: end.last + 1, To: f.number, Reason: "the end of the journal was lost: damaged, or not synced before a power cut"})
	}
	return f, j.notice(ctx, info.State)
}

// aged tells whether all frames were older than they may get, as after a long time without the host. The frontier may be a second
// older than the last of them, which is nothing against their age.
func (j *Journal) aged(state jetstream.StreamState) bool {
	return j.cfg.MaxAge > 0 && !state.LastTime.IsZero() && time.Since(state.LastTime) >= j.cfg.MaxAge
}

// lastFrame returns the last frame that reads well. Those after it that do not are noted by the caller as missing numbers.
func (j *Journal) lastFrame(ctx context.Context, state jetstream.StreamState) (stored, error) {
	for seq := state.LastSeq; state.Msgs > 0 && seq >= state.FirstSeq && seq > 0; seq-- {
		m, err := j.frames.GetMsg(ctx, seq)
		if err != nil && !isMissing(err) {
			return stored{}, fmt.Errorf("read last frame: %w", err)
		}
		if err != nil {
			continue
		}
		s, err := readStored(m.Sequence, m.Header, m.Data)
		if err == nil && s.damaged == nil {
			return s, nil
		}
		if err == nil {
			j.ledger.add(GapError{From: s.first, To: s.last, Reason: s.damaged.Error()})
		}
	}
	return stored{}, nil
}

// highestMentioned returns the highest number that checkpoints and outputs speak of: a journal that lost its end must not give
// those numbers a second time.
func (j *Journal) highestMentioned(ctx context.Context) (uint64, error) {
	var highest uint64
	keys, err := j.manifest.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return 0, fmt.Errorf("list manifests: %w", err)
	}
	for _, key := range keys {
		m, _, err := j.loadManifest(ctx, key)
		if err != nil {
			return 0, err
		}
		for _, c := range m.Checkpoints {
			highest = max(highest, c.Number, c.Outputs.Cause)
		}
	}
	info, err := j.events.Info(ctx, jetstream.WithSubjectFilter(eventsPrefix+"*"))
	if err != nil {
		return 0, fmt.Errorf("list instances with outputs: %w", err)
	}
	for subject := range info.State.Subjects {
		last, err := j.lastOutput(ctx, strings.TrimPrefix(subject, eventsPrefix))
		if err != nil {
			return 0, err
		}
		highest = max(highest, last.cursor.Cause)
	}
	return highest, nil
}

// notice notes the holes that the server knows of: messages that it dropped in the middle of the stream.
func (j *Journal) notice(ctx context.Context, state jetstream.StreamState) error {
	for i := 0; i < len(state.Deleted); i++ {
		from := state.Deleted[i]
		for i+1 < len(state.Deleted) && state.Deleted[i+1] == state.Deleted[i]+1 {
			i++
		}
		after, err := j.frameAtOrAfter(ctx, state.Deleted[i]+1, state.LastSeq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // the end is missing, which inspect noted
		}
		if err != nil {
			return err
		}
		var before stored
		for seq := from - 1; seq >= state.FirstSeq && before.last == 0; seq-- {
			if m, err := j.frames.GetMsg(ctx, seq); err == nil {
				before, _ = readStored(m.Sequence, m.Header, m.Data) // one that does not read is stepped over
			}
		}
		if before.last > 0 && before.last+1 < after.first {
			j.ledger.add(GapError{From: before.last + 1, To: after.first - 1, Reason: reasonDamaged})
		}
	}
	return nil
}

func (j *Journal) loadFrontier(ctx context.Context) (frontier, error) {
	var row frontier
	entry, err := j.cursors.Get(ctx, frontierKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return row, nil
	}
	if err != nil {
		return row, fmt.Errorf("load frontier: %w", err)
	}
	if err := json.Unmarshal(entry.Value(), &row); err != nil {
		return row, fmt.Errorf("load frontier: %w", err)
	}
	return row, nil
}

// keepFrontier stores the frontier once a second when all records are durable and it moved, and at the end. It keeps Status fresh as
// well.
func (j *Journal) keepFrontier(ctx context.Context, saved frontier) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			saved = j.saveFrontier(ctx, saved)
			j.refresh(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			j.saveFrontier(last, saved)
			return
		}
	}
}

func (j *Journal) saveFrontier(ctx context.Context, saved frontier) frontier {
	open, quiet := j.pipe.settled()
	if !quiet {
		return saved
	}
	row := frontier{Number: j.ring.lastNumber(), Complete: open.complete, MaxSlot: open.maxSlot, Sequence: j.pipe.lastSequence.Load()}
	if row == saved {
		return saved
	}
	value, err := json.Marshal(row)
	if err != nil {
		return saved
	}
	if _, err := j.cursors.Put(ctx, frontierKey, value); err != nil {
		j.cfg.Log.Debug("frontier not stored, the next second tries again", "error", err)
		return saved
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.complete = max(j.complete, row.Complete)
	return row
}
