// Package alert tells operators what is wrong, and users what happened on the chain: rules over the daemon's status and over the events
// of monitors give alerts, which are kept in the journal, said in the log and sent to webhooks.
package alert

import (
	"slices"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// calm is how long a condition must be away before it is told as over: one that flaps is one condition.
const calm = 5 * time.Second

// Engine turns one status after the other into alerts. It has no clock and no goroutine: one goroutine at a time calls it.
type Engine struct {
	rules      []armed
	conditions map[name]*condition
}

// armed is a rule that is on, with the memory of its check.
type armed struct {
	rule
	set   config.AlertRule
	check check
}

// name of a condition.
type name struct{ rule, subject string }

// condition is something that a rule found, from when it was first seen until it can be told anew.
type condition struct {
	since    time.Time // first seen
	last     time.Time // last seen; zero when an earlier process saw it
	told     time.Time // last said as firing; zero before
	firing   bool
	size     uint64 // as last said
	detail   string
	severity string
	remedy   string
}

// NewEngine arms the rules that are not off. Names that no rule has are ignored; config.Load refuses them.
func NewEngine(set map[string]config.AlertRule) *Engine {
	e := &Engine{conditions: map[name]*condition{}}
	for _, r := range rules {
		if s, ok := set[r.name]; ok && !s.Off {
			e.rules = append(e.rules, armed{rule: r, set: s, check: r.arm(s)})
		}
	}
	return e
}

// Adopt takes over what an earlier process said, oldest first, so that it is not said again and is resolved when it is over.
func (e *Engine) Adopt(a *eventv1.Alert) {
	key := name{a.GetRule(), a.GetSubject()}
	switch a.GetState() {
	case eventv1.AlertState_ALERT_STATE_FIRING:
		at := time.Unix(0, a.GetAtUnixNanos())
		e.conditions[key] = &condition{
			since: time.Unix(0, a.GetSinceUnixNanos()), told: at, firing: true, size: a.GetSize(), detail: a.GetDetail(),
			severity: severityName(a.GetSeverity()), remedy: a.GetRemedy(),
		}
	case eventv1.AlertState_ALERT_STATE_RESOLVED:
		if c := e.conditions[key]; c != nil {
			c.firing = false
		}
	default: // a notice has no condition
	}
}

// Observe looks at one status and returns what there is to say, in the order of the rules.
func (e *Engine) Observe(now time.Time, s *adminv1.StatusResponse) (out []*eventv1.Alert) {
	for _, r := range e.rules {
		for _, f := range r.check(now, s) {
			if a := e.seen(now, r, f); a != nil {
				out = append(out, a)
			}
		}
	}
	return append(out, e.over(now)...)
}

// seen notes a finding and returns an alert when it is time for one.
func (e *Engine) seen(now time.Time, r armed, f finding) *eventv1.Alert {
	key := name{r.name, f.subject}
	c := e.conditions[key]
	if c == nil {
		c = &condition{since: now}
		e.conditions[key] = c
	} else if !c.firing && now.Sub(c.last) > calm {
		c.since = now // it was away
	}
	c.last, c.detail, c.severity, c.remedy = now, f.detail, r.set.Severity, strings.ReplaceAll(r.remedy, "NAME", f.subject)
	due := now.Sub(c.since) >= r.set.For && (c.told.IsZero() || now.Sub(c.told) >= r.set.Cooldown)
	if !due || c.firing && f.size <= c.size {
		return nil
	}
	c.firing, c.told, c.size = true, now, f.size
	return alertOf(key, c, eventv1.AlertState_ALERT_STATE_FIRING, now)
}

// over resolves what was not seen for a while, and forgets what has no say in a cooldown any more.
func (e *Engine) over(now time.Time) (out []*eventv1.Alert) {
	for key, c := range e.conditions {
		if c.last.IsZero() {
			c.last = now // for how long it is away counts from the first look
		}
		away := now.Sub(c.last)
		switch {
		case c.firing && away >= calm:
			c.firing = false
			out = append(out, alertOf(key, c, eventv1.AlertState_ALERT_STATE_RESOLVED, now))
		case !c.firing && away >= calm && now.Sub(c.told) >= e.cooldown(key.rule):
			delete(e.conditions, key)
		}
	}
	slices.SortFunc(out, func(a, b *eventv1.Alert) int {
		return strings.Compare(a.GetRule()+"\x00"+a.GetSubject(), b.GetRule()+"\x00"+b.GetSubject())
	})
	return out
}

func (e *Engine) cooldown(rule string) time.Duration {
	for _, r := range e.rules {
		if r.name == rule {
			return r.set.Cooldown
		}
	}
	return 0
}

// Firing returns what fires, the oldest first.
func (e *Engine) Firing() (out []*eventv1.Alert) {
	for key, c := range e.conditions {
		if c.firing {
			out = append(out, alertOf(key, c, eventv1.AlertState_ALERT_STATE_FIRING, c.told))
		}
	}
	slices.SortFunc(out, func(a, b *eventv1.Alert) int {
		if d := a.GetSinceUnixNanos() - b.GetSinceUnixNanos(); d != 0 {
			return int(min(max(d, -1), 1))
		}
		return strings.Compare(a.GetRule()+"\x00"+a.GetSubject(), b.GetRule()+"\x00"+b.GetSubject())
	})
	return out
}

func alertOf(key name, c *condition, state eventv1.AlertState, now time.Time) *eventv1.Alert {
	a := &eventv1.Alert{
		Rule: key.rule, Subject: key.subject, Severity: severityOf(c.severity), State: state, Detail: c.detail, Remedy: c.remedy,
		SinceUnixNanos: c.since.UnixNano(), AtUnixNanos: now.UnixNano(),
	}
	if c.size > 0 {
		a.Size = &c.size
	}
	return a
}

// severityOf reads the name used in the configuration.
func severityOf(name string) eventv1.Severity {
	return eventv1.Severity(eventv1.Severity_value["SEVERITY_"+strings.ToUpper(name)])
}

func severityName(s eventv1.Severity) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "SEVERITY_"))
}
