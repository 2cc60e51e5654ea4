package query

import (
	"context"
	"encoding/json"
)

// Alert is one row of table alerts.
type Alert struct {
	Event int64 `json:"event,string"`
	// Position is its place in the stream of alerts.
	Position int64 `json:"position,string"`
	// At is when it was said, Since when its condition began, Unix nanoseconds.
	At      int64  `json:"at_unix_nanos,string"`
	Since   int64  `json:"since_unix_nanos,string"`
	Rule    string `json:"rule"`
	Subject string `json:"subject,omitempty"`
	// Severity is info, warning or critical; State firing, resolved or notice.
	Severity string  `json:"severity"`
	State    string  `json:"state"`
	Detail   string  `json:"detail,omitempty"`
	Remedy   string  `json:"remedy,omitempty"`
	Size     *uint64 `json:"size,omitempty,string"`
	Instance string  `json:"instance,omitempty"`
	// Output is the output that a notice is about, as weir events prints it.
	Output json.RawMessage `json:"output,omitempty"`
}

// AlertsQuery chooses alerts; empty fields choose all.
type AlertsQuery struct {
	Page

	Rule, Severity, State string
}

// Alerts lists alerts, the newest first.
func (r *Reader) Alerts(ctx context.Context, q AlertsQuery) (List[Alert], error) {
	s := &statement{text: "SELECT event, position, at_nanos, since_nanos, rule, subject, severity, state, detail, remedy, size, instance, about FROM alerts"}
	s.is("rule", q.Rule)
	s.is("severity", q.Severity)
	s.is("state", q.State)
	return byEvent(ctx, r, s, "event", q.Page, func(a *Alert) []any {
		return []any{
			&a.Event, &a.Position, &a.At, &a.Since, &a.Rule, text{&a.Subject}, &a.Severity, &a.State, text{&a.Detail}, text{&a.Remedy}, amountOr(&a.Size), text{&a.Instance}, raw{&a.Output},
		}
	}, func(a *Alert) int64 { return a.Event })
}
