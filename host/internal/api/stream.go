package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/jsonl"
)

// Topics of a live stream.
const (
	topicOutputs = "outputs"
	topicAlerts  = "alerts"
	topicStatus  = "status"
	topicMissed  = "missed" // sent to whoever has a hole in outputs or alerts, with the positions that are gone
)

// mostAtOnce bounds the outputs that a reader gets in one write.
const mostAtOnce = 512

// reader is one live stream.
type reader struct {
	api    *API
	topics []string
	filter filter
	at     place  // the last output that is done
	alert  uint64 // the last alert that is done
	status []byte // as last sent
	known  bool   // at and alert say where to begin
	need   uint64 // nothing before this position is new to the reader

	news   <-chan struct{} // told when the feed has something new
	detach func()
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
	newest, alert, ok := r.api.feed.newest()
	if !ok || r.known && (r.at.after(newest) || r.alert > alert) { // the journal may be a little ahead of the feed
		var err error
		if newest, alert, err = r.api.newest(ctx); err != nil {
			return err
		}
	}
	switch {
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
	said := time.Now()
	for ctx.Err() == nil {
		s := r.api.feed.after(r.at, r.need, r.alert)
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
		case <-r.news:
		case <-time.After(beat):
		}
	}
	return ctx.Err()
}

// take makes messages of what the feed holds, or, for who is far behind, of what the journal does. more says that there is more already.
func (r *reader) take(ctx context.Context, s seen) (out []message, more bool, err error) {
	if slices.Contains(r.topics, topicOutputs) {
		if out, more, err = r.takeOutputs(ctx, s); err != nil {
			return nil, false, err
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

func (r *reader) takeOutputs(ctx context.Context, s seen) (out []message, more bool, err error) {
	entries := s.outputs
	if s.behind {
		p, err := r.history(ctx)
		if err != nil {
			return nil, false, err
		}
		switch entries = p.entries; {
		case len(entries) == 0 && p.gone == nil:
			r.need, more = p.next, p.next < s.next // the walk may have begun before the look
		case len(entries) > 0:
			if more = true; p.gone != nil {
				out = append(out, hole(topicOutputs, r.at.id(), entries[0].id(), *p.gone))
			}
		}
	} else if len(entries) > mostAtOnce {
		entries, more = entries[:mostAtOnce], true
	}
	for _, e := range entries {
		r.at = e.place
		if r.filter.takes(e) {
			out = append(out, message{topicOutputs, r.id(), e.json()})
		}
	}
	return out, more, nil
}

func first(b []byte) *byte {
	if len(b) == 0 {
		return nil
	}
	return &b[0]
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
