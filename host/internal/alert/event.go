package alert

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/jsonl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// eventsCursor is where follow goes on after a restart.
const eventsCursor = "events"

// cursorEvery bounds how many batches may be looked at again after a crash; what they raised is not stored twice.
const cursorEvery = 64

// follow looks at the events of monitors for those that users want to be told of, from where the run before ended; at the very first it
// begins with what comes.
func (a *Alerts) follow(ctx context.Context) {
	w := newWanted(a.cfg.Set.Events)
	for ctx.Err() == nil {
		if err := a.followOnce(ctx, w); err != nil && ctx.Err() == nil {
			a.cfg.Log.Warn("events cannot be read for alerts, trying again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (a *Alerts) followOnce(ctx context.Context, w *wanted) error {
	from, err := position(ctx, a.cfg.Cursors, eventsCursor)
	if err != nil {
		return err
	}
	q := journal.EventsQuery{From: from + 1, Follow: true}
	if from == 0 {
		q.Tail = 1
	}
	q.Missed = func(first, last uint64) {
		a.cfg.Log.Error("events were gone from the journal before alerts looked at them, or are damaged", "from_position", first, "to_position", last)
	}
	since, last := cursorEvery-1, from // the very first batch is noted at once, so that a restart knows where to go on
	err = a.cfg.Events(ctx, q, func(at uint64, data []byte) error {
		var batch eventv1.OutputBatch
		if err := proto.Unmarshal(data, &batch); err != nil {
			return fmt.Errorf("read batch of events at %d: %w", at, err)
		}
		found := w.look(time.Now(), at, &batch)
		for _, alert := range found {
			a.say(ctx, alert)
		}
		for found = a.store(ctx, found); len(found) > 0; found = a.store(ctx, found) {
			select { // not by reading the batch again: what was found stands in the log, and in its cooldown
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
			}
		}
		last = at
		if since++; since < cursorEvery {
			return nil
		}
		since = 0
		return keep(ctx, a.cfg.Cursors, eventsCursor, at)
	})
	if last > from {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		err = errors.Join(err, keep(ending, a.cfg.Cursors, eventsCursor, last))
	}
	return err
}

// wanted are the entries of alerts.events, by kind.
type wanted struct {
	byKind map[string][]config.EventAlert
	told   map[[2]string]time.Time // entry and key of the event
}

func newWanted(entries []config.EventAlert) *wanted {
	w := &wanted{byKind: map[string][]config.EventAlert{}, told: map[[2]string]time.Time{}}
	for _, e := range entries {
		w.byKind[e.Kind] = append(w.byKind[e.Kind], e)
	}
	return w
}

// look returns the notices that one batch gives.
func (w *wanted) look(now time.Time, at uint64, batch *eventv1.OutputBatch) (out []*eventv1.Alert) {
	for _, o := range batch.GetOutputs() {
		for _, e := range w.byKind[o.GetKind()] {
			if !matches(e, batch.GetInstance(), o) || !w.due(now, e, o.GetKey()) {
				continue
			}
			out = append(out, &eventv1.Alert{
				Rule: e.Name, Subject: o.GetKey(), Severity: severityOf(e.Severity), State: eventv1.AlertState_ALERT_STATE_NOTICE,
				Detail: detailOf(e, o), SinceUnixNanos: now.UnixNano(), AtUnixNanos: now.UnixNano(),
				Event: o, Instance: batch.GetInstance(), EventPosition: at,
			})
		}
	}
	return out
}

// due keeps the cooldown of an entry for one token, and forgets those that are past it.
func (w *wanted) due(now time.Time, e config.EventAlert, key string) bool {
	if e.Cooldown == 0 {
		return true
	}
	id := [2]string{e.Name, key}
	if last, ok := w.told[id]; ok && now.Sub(last) < e.Cooldown {
		return false
	}
	if len(w.told) > 10_000 {
		clear(w.told) // rather one alert too many than memory without bound
	}
	w.told[id] = now
	return true
}

// detailOf says what happened; to what, the subject says.
func detailOf(e config.EventAlert, o *eventv1.Output) string {
	if e.Field == "" {
		return fmt.Sprintf("%s in slot %d", o.GetKind(), o.GetSlot())
	}
	value, _ := numberOf(o, e.Field)
	return fmt.Sprintf("%s in slot %d: %s is %d", o.GetKind(), o.GetSlot(), e.Field, value)
}

func matches(e config.EventAlert, instance string, o *eventv1.Output) bool {
	if e.Instance != "" && e.Instance != instance {
		return false
	}
	if e.Mint != "" && e.Mint != o.GetKey() && e.Mint != jsonl.Mint(o) {
		return false
	}
	if e.Field == "" {
		return true
	}
	value, known := numberOf(o, e.Field)
	return known && value >= e.AtLeast
}

// numberOf reads a field of an output's content, which may be a whole number or the text of one. A value that is not known, is negative
// or does not fit is not a number.
func numberOf(o *eventv1.Output, field string) (uint64, bool) {
	if s := o.GetSignal(); s != nil {
		n, err := strconv.ParseUint(s.GetFields()[field], 10, 64)
		return n, err == nil
	}
	m := jsonl.Body(o)
	if m == nil {
		return 0, false
	}
	fd := m.Descriptor().Fields().ByName(protoreflect.Name(field))
	if fd == nil || fd.IsList() || fd.IsMap() || fd.HasPresence() && !m.Has(fd) {
		return 0, false
	}
	switch v := m.Get(fd).Interface().(type) {
	case uint64:
		return v, true
	case uint32:
		return uint64(v), true
	case int64:
		return uint64(max(v, 0)), v >= 0
	case int32:
		return uint64(max(v, 0)), v >= 0
	case string:
		n, err := strconv.ParseUint(v, 10, 64)
		return n, err == nil
	default:
		return 0, false
	}
}
