package api

import (
	"context"
	"errors"
	"fmt"

	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// historyAtOnce bounds the outputs and alerts that one walk through the journal brings.
const historyAtOnce = 2000

// newest asks the journal.
func (a *API) newest(ctx context.Context) (output place, alert uint64, err error) {
	err = a.walk(ctx, func() error {
		if output, err = newestOutput(ctx, a.cfg.Source); err == nil {
			alert, err = newestAlert(ctx, a.cfg.Source)
		}
		return err
	})
	return output, alert, err
}

// walks is how many readers may walk through the journal at once. More would not be done sooner, and take the processor from the pipeline.
const walks = 2

// walk does something with the journal when it is its turn, all of it or until errEnough.
func (a *API) walk(ctx context.Context, do func() error) error {
	select {
	case a.walks <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-a.walks }()
	if err := do(); !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// hole says that the journal holds no more what lay between two places, of which the reader had the first, and the positions that are gone.
func hole(topic, after, before string, gone missedRange) message {
	return message{topic: topicMissed, data: fmt.Appendf(nil, `{"topic":%q,"after":%q,"before":%q,"from":"%d","to":"%d"}`, topic, after, before, gone.From, gone.To)}
}

// past is what a walk through the journal from a place found.
type past struct {
	entries []*entry     // beyond the place, whole batches, up to the next hole
	gone    *missedRange // the hole before the first of them
	next    uint64       // as seen.next, before the walk: what lies before it and was not found is not there
}

// history reads outputs beyond the reader's place. Readers in the same place share one walk: after a restart they all come at once.
func (r *reader) history(ctx context.Context) (past, error) {
	for {
		found, err, _ := r.api.shared.Do(r.at.id(), func() (any, error) {
			var p past
			err := r.api.walk(ctx, func() (err error) {
				p, err = r.api.past(ctx, r.at)
				return err
			})
			return p, err
		})
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			continue // it was another reader's walk, who left
		}
		p, _ := found.(past)
		return p, err
	}
}

// past walks from a place on; see walk. It begins with the batch of the place when that is gone, since some of it may be new to the reader.
func (a *API) past(ctx context.Context, at place) (past, error) {
	ended, p := false, past{next: a.feed.read()}
	missed := func(from, to uint64) {
		switch {
		case at.position == 0: // it begins with the oldest there is
		case len(p.entries) > 0: // told by the next walk, which begins before it
			ended = true
		case p.gone == nil:
			p.gone = &missedRange{from, to}
		default:
			p.gone.To = to
		}
	}
	// Not by instance, although the journal could: the place must move on over the others, or a filter that matches nothing would be
	// looked for again from the start at every change.
	err := a.cfg.Source.Events(ctx, &adminv1.EventsRequest{From: max(at.position, 1)}, missed, func(position uint64, data []byte) error {
		if ended || len(p.entries) >= historyAtOnce {
			return errEnough
		}
		entries, err := entriesOf(position, data)
		for _, e := range entries {
			if e.after(at) {
				p.entries = append(p.entries, e)
			}
		}
		return err
	})
	return p, err
}

// missedAlerts reads alerts beyond the reader's last one from the journal: the feed begins with the newest, and holds few.
func (r *reader) missedAlerts(ctx context.Context) (out []*adminv1.AlertsResponse, err error) {
	err = r.api.walk(ctx, func() error {
		return r.api.cfg.Source.Alerts(ctx, &adminv1.AlertsRequest{From: r.alert + 1}, func(a *adminv1.AlertsResponse) error {
			if len(out) >= historyAtOnce {
				return errEnough
			}
			out = append(out, a)
			return nil
		})
	})
	return out, err
}
