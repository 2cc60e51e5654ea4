package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// Topics of a live stream.
const (
	topicOutputs = "outputs"
	topicAlerts  = "alerts"
	topicStatus  = "status"
	topicMissed  = "missed" // sent to whoever has a hole in outputs or alerts, with the positions that are gone
)

// mostAtOnce bounds the outputs that a reader gets in one write, and historyAtOnce those that one walk through the journal brings.
const (
	mostAtOnce    = 512
	historyAtOnce = 2000
)

// reader is one live stream.
type reader struct {
	api    *API
	topics []string
	filter filter
	at     place  // the last output that is done
	alert  uint64 // the last alert that is done
	status []byte // as last sent
	known  bool   // at and alert say where to begin
}

// message is one thing that a reader is sent.
type message struct {
	topic string
	id    string // of outputs and alerts
	data  []byte
}

// newReader makes a reader that goes on after an id of an earlier stream, or begins with what comes.
func (a *API) newReader(in args, last string) (*reader, *problem) {
	r := &reader{api: a, topics: in.list("topics"), filter: filterOf(in)}
	if last == "" {
		last = in["last_event_id"]
	}
	if last == "" {
		return r, nil
	}
	output, alert, _ := strings.Cut(last, "~")
	at, ok := placeOf(output)
	n, err := strconv.ParseUint(alert, 10, 64)
	if !ok || err != nil {
		return nil, wrong("last_event_id", "is no id of an earlier stream")
	}
	r.at, r.alert, r.known = at, n, true
	return r, nil
}

// id is what a client shows to go on after all that was sent so far.
func (r *reader) id() string { return r.at.id() + "~" + strconv.FormatUint(r.alert, 10) }

// begin finds the newest output and alert, beyond which a new reader reads. An id beyond them is refused: it is of another journal, and its
// reader would wait in silence until this one came as far.
func (r *reader) begin(ctx context.Context) error {
	newest, alert := place{0, 1}, uint64(0) // before all
	err := r.api.cfg.Source.Events(ctx, &adminv1.EventsRequest{Tail: 1}, nil, func(position uint64, data []byte) error {
		entries, err := entriesOf(position, data)
		if err == nil && len(entries) > 0 {
			newest = entries[len(entries)-1].place
		}
		return err
	})
	if err != nil {
		return err
	}
	err = r.api.cfg.Source.Alerts(ctx, &adminv1.AlertsRequest{Tail: 1}, func(a *adminv1.AlertsResponse) error {
		alert = a.GetPosition()
		return nil
	})
	switch {
	case err != nil:
		return err
	case !r.known:
		r.at, r.alert = newest, alert
	case newest.position > 0 && r.at.after(newest) || alert > 0 && r.alert > alert: // of an empty journal nothing is known
		p := problemf(http.StatusConflict, "last_event_id %s lies beyond the newest, %s~%d: it is of another journal; leave it out to begin with what comes", r.id(), newest.id(), alert)
		p.Parameter = "last_event_id"
		return p
	}
	return nil
}

// errStopping ends streams when the daemon stops.
var errStopping = errors.New("the daemon is stopping")

// follow sends until ctx ends or send fails. beat is how long nothing may be said: then send gets an empty list.
func (r *reader) follow(ctx context.Context, beat time.Duration, send func([]message) error) error {
	news, detach := r.api.feed.attach()
	defer detach()
	said := time.Now()
	for ctx.Err() == nil {
		s := r.api.feed.after(r.at, r.alert)
		out, more, err := r.take(ctx, s)
		if err != nil {
			return err
		}
		if len(out) > 0 || time.Since(said) >= beat {
			if err := send(out); err != nil {
				return err
			}
			said = time.Now()
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
		case <-r.api.done:
			return errStopping
		case <-news:
		case <-time.After(beat):
		}
	}
	return ctx.Err()
}

// take makes messages of what the feed holds, or, for who is far behind, of what the journal does. more says that there is more already.
func (r *reader) take(ctx context.Context, s seen) (out []message, more bool, err error) {
	if slices.Contains(r.topics, topicOutputs) {
		entries := s.outputs
		if s.behind {
			var gone *missedRange
			if entries, gone, err = r.history(ctx); err != nil {
				return nil, false, err
			}
			if more = len(entries) > 0; more && gone != nil {
				out = append(out, hole(topicOutputs, r.at.id(), entries[0].id(), *gone))
			}
		}
		if len(entries) > mostAtOnce && !s.behind {
			entries, more = entries[:mostAtOnce], true
		}
		for _, e := range entries {
			r.at = e.place
			if r.filter.takes(e) {
				out = append(out, message{topicOutputs, r.id(), e.json()})
			}
		}
	}
	if slices.Contains(r.topics, topicAlerts) {
		alerts := s.alerts
		if s.alertsBehind {
			missed, err := r.missedAlerts(ctx)
			if err != nil {
				return nil, false, err
			}
			if len(missed) > 0 { // else they are gone from the journal too
				alerts, more = missed, true
			}
			if first := alerts[0].GetPosition(); r.alert > 0 && first > r.alert+1 {
				out = append(out, hole(topicAlerts, strconv.FormatUint(r.alert, 10), strconv.FormatUint(first, 10), missedRange{r.alert + 1, first - 1}))
			}
		}
		for _, a := range alerts {
			r.alert = a.GetPosition()
			out = append(out, message{topicAlerts, r.id(), jsonl.Append(nil, a)})
		}
	}
	if slices.Contains(r.topics, topicStatus) && s.status != nil && &s.status[0] != first(r.status) {
		r.status = s.status
		out = append(out, message{topic: topicStatus, data: s.status})
	}
	return out, more, nil
}

func first(b []byte) *byte {
	if len(b) == 0 {
		return nil
	}
	return &b[0]
}

// hole says that the journal holds no more what lay between two places, of which the reader had the first, and the positions that are gone.
func hole(topic, after, before string, gone missedRange) message {
	return message{topic: topicMissed, data: fmt.Appendf(nil, `{"topic":%q,"after":%q,"before":%q,"from":"%d","to":"%d"}`, topic, after, before, gone.From, gone.To)}
}

// history reads outputs beyond the reader's place from the journal, whole batches, up to the next hole. gone is the hole before the first
// of them. It begins with the reader's own batch when that is gone, since some of it may be new to the reader.
func (r *reader) history(ctx context.Context) (out []*entry, gone *missedRange, err error) {
	ended := false
	missed := func(from, to uint64) {
		switch {
		case r.at.position == 0: // it begins with the oldest there is
		case len(out) > 0: // told by the next walk, which begins before it
			ended = true
		case gone == nil:
			gone = &missedRange{from, to}
		default:
			gone.To = to
		}
	}
	// Not by instance, although the journal could: the place must move on over the others, or a filter that matches nothing would be
	// looked for again from the start at every change.
	err = r.api.cfg.Source.Events(ctx, &adminv1.EventsRequest{From: max(r.at.position, 1)}, missed, func(position uint64, data []byte) error {
		if ended || len(out) >= historyAtOnce {
			return errEnough
		}
		entries, err := entriesOf(position, data)
		for _, e := range entries {
			if e.after(r.at) {
				out = append(out, e)
			}
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, gone, err
}

// missedAlerts reads alerts beyond the reader's last one from the journal: the feed begins with the newest, and holds few.
func (r *reader) missedAlerts(ctx context.Context) (out []*adminv1.AlertsResponse, err error) {
	err = r.api.cfg.Source.Alerts(ctx, &adminv1.AlertsRequest{From: r.alert + 1}, func(a *adminv1.AlertsResponse) error {
		if len(out) >= historyAtOnce {
			return errEnough
		}
		out = append(out, a)
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}

var streamParams = append([]param{
	{"topics", "What to send: outputs, alerts, status.", check{kind: "word", words: []string{topicOutputs, topicAlerts, topicStatus}, many: true, initial: topicOutputs}},
	{"last_event_id", "Go on after this id of an earlier stream; the header Last-Event-ID comes first.", cursor},
	{"token", "The token, for clients that can send no header.", check{kind: "text", highest: 512}},
}, filterParams...)

// streamRoutes are live.
func (a *API) streamRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/stream", scope: Read, summary: "Live outputs, alerts and status by server-sent events.", schema: anything{}, params: streamParams, stream: a.serverSent},
		{method: http.MethodGet, path: "/ws", scope: Read, summary: "The same by WebSocket: one JSON object a message, with topic, id and data.", schema: anything{}, params: streamParams, stream: a.socket},
	}
}
