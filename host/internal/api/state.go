package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// stateRoutes tell what the daemon does.
func (a *API) stateRoutes() []route {
	return []route{
		{
			method: http.MethodGet, path: "/openapi.json", scope: Read, summary: "This API as an OpenAPI 3.1 document.", schema: anything{},
			answer: func(context.Context, args) ([]byte, error) { return a.document() },
		},
		{
			method: http.MethodGet, path: "/status", scope: Read, summary: "The state of every room: what weir status --json prints.",
			schema: messageOf(&adminv1.StatusResponse{}),
			answer: func(context.Context, args) ([]byte, error) { return jsonl.Append(nil, a.cfg.Source.Status()), nil },
		},
		{
			method: http.MethodGet, path: "/connections", scope: Read, summary: "Streams to providers.", schema: pageOf(messageOf(&adminv1.EndpointStatus{})),
			answer: func(context.Context, args) ([]byte, error) {
				return page(a.cfg.Source.Status().GetEndpoints(), ""), nil
			},
		},
		{
			method: http.MethodGet, path: "/stages", scope: Read, summary: "Stages of the pipeline, in the order in which data walks.",
			schema: pageOf(messageOf(&adminv1.StageStatus{})),
			answer: func(context.Context, args) ([]byte, error) { return page(a.cfg.Source.Status().GetStages(), ""), nil },
		},
		{
			method: http.MethodGet, path: "/gaps", scope: Read, summary: "Slots that are, or were, not complete.", schema: messageOf(&adminv1.GapsResponse{}),
			params: []param{
				{"from_slot", "First slot of interest.", integer(0, 0, "0")},
				{"to_slot", "Last slot of interest; 0 means the newest.", integer(0, 0, "0")},
				{"states", "States of interest; otherwise missing, backfilled and dead.", someOf("complete", "empty", "dead", "backfilled", "missing")},
				{"groups", "Groups of interest; otherwise all.", names},
			},
			answer: a.gaps,
		},
		{
			method: http.MethodGet, path: "/alerts", scope: Read, summary: "Alerts, the newest last; with firing only those that fire now.",
			schema: pageOf(messageOf(&adminv1.AlertsResponse{})),
			params: []param{
				{"firing", "Only those that fire now.", boolean}, {"from", "First position; otherwise the last ones.", integer(1, 0, "")}, {"limit", "How many at most.", limit},
			},
			answer: a.alerts,
		},
		{
			method: http.MethodGet, path: "/events", scope: Read, summary: "Outputs of monitors as they are stored, the oldest first.",
			schema: eventsPage{},
			params: append([]param{
				{"from", "Position of the first batch; otherwise it begins 200 batches before the end.", integer(1, 0, "")}, {"limit", "How many at most.", limit},
			}, filterParams...),
			answer: a.events,
		},
	}
}

// page is a list with the cursor of the next one; empty when there is none. unknown names fields that are not known here.
func page[M proto.Message](items []M, next string, unknown ...string) []byte {
	out := []byte(`{"items":[`)
	for i, m := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = jsonl.Append(out, m, unknown...)
	}
	return closePage(out, next)
}

func closePage(out []byte, next string) []byte {
	out = append(out, ']')
	if next != "" {
		out = append(append(out, `,"next":`...), strconv.Quote(next)...)
	}
	return append(out, '}')
}

func (a *API) gaps(_ context.Context, in args) ([]byte, error) {
	req := &adminv1.GapsRequest{FromSlot: in.number("from_slot"), ToSlot: in.number("to_slot"), Groups: in.list("groups")}
	if req.GetToSlot() != 0 && req.GetToSlot() < req.GetFromSlot() {
		return nil, wrong("to_slot", "lies before from_slot")
	}
	for _, s := range in.list("states") {
		req.States = append(req.States, adminv1.SlotState(adminv1.SlotState_value["SLOT_STATE_"+strings.ToUpper(s)]))
	}
	return jsonl.Append(nil, a.cfg.Source.Gaps(req)), nil
}

// errEnough ends a walk through stored messages.
var errEnough = errors.New("enough")

func (a *API) alerts(ctx context.Context, in args) ([]byte, error) {
	if in.is("firing") {
		var out []*adminv1.AlertsResponse
		for _, alert := range a.cfg.Source.Status().GetAlerts() {
			out = append(out, &adminv1.AlertsResponse{Alert: alert})
		}
		return page(out, "", "position"), nil // the status does not tell where it is stored
	}
	req := &adminv1.AlertsRequest{From: in.number("from")}
	if req.GetFrom() == 0 {
		req.Tail = in.number("limit")
	}
	var out []*adminv1.AlertsResponse
	next := ""
	err := a.cfg.Source.Alerts(ctx, req, func(r *adminv1.AlertsResponse) error {
		if uint64(len(out)) == in.number("limit") {
			next = strconv.FormatUint(r.GetPosition(), 10)
			return errEnough
		}
		out = append(out, r)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return page(out, next), nil
}

// eventsTail is how many of the last batches are looked at when no position is given.
const eventsTail = 200

// events answers with outputs and, beside each, the position of its batch. A batch is never divided: next is the position after the last
// one that was looked at, so that a filter that matches little still gets on.
func (a *API) events(ctx context.Context, in args) ([]byte, error) {
	f := filterOf(in)
	req := &adminv1.EventsRequest{From: in.number("from"), Instances: f.instances}
	if req.GetFrom() == 0 {
		req.Tail = eventsTail
	}
	out, count, next := []byte(`{"items":[`), uint64(0), ""
	looked := 0
	var gone []missedRange
	missed := func(from, to uint64) { gone = append(gone, missedRange{from, to}) }
	err := a.cfg.Source.Events(ctx, req, missed, func(position uint64, data []byte) error {
		if count >= in.number("limit") || looked >= mostLooked {
			next = strconv.FormatUint(position, 10)
			return errEnough
		}
		looked++
		entries, err := entriesOf(position, data)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !f.takes(e) {
				continue
			}
			if count++; count > 1 {
				out = append(out, ',')
			}
			out = append(out, e.json()...)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return closeEvents(out, next, gone), nil
}

// missedRange are positions of batches, both inclusive, that were asked for and are gone. Text, as all numbers of 64 bits.
type missedRange struct {
	From uint64 `json:"from,string"`
	To   uint64 `json:"to,string"`
}

// closeEvents ends a page of events, which says what it lacks.
func closeEvents(out []byte, next string, gone []missedRange) []byte {
	out = closePage(out, next)
	if len(gone) == 0 {
		return out
	}
	ranges, _ := json.Marshal(gone) // numbers cannot fail
	return append(append(append(out[:len(out)-1], `,"missed":`...), ranges...), '}')
}

// mostLooked bounds the batches that one answer looks at.
const mostLooked = 5000
