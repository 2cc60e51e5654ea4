package alert

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// healthy is a status in which nothing is wrong.
func healthy() *adminv1.StatusResponse {
	return &adminv1.StatusResponse{
		Endpoints: []*adminv1.EndpointStatus{
			{Name: "shyft", State: "streaming", Breaker: "closed", OpensUsed: 2, OpensLimit: 80, LagMicros: new(int64(300_000))},
			{Name: "triton", Connection: 1, State: "streaming", Breaker: "closed", OpensUsed: 2, OpensLimit: 80},
		},
		Stages:   []*adminv1.StageStatus{{Name: "order", OutOfOrder: 4}, {Name: "monitor", Latency: &adminv1.Latency{P99Micros: new(uint64(3000))}}},
		Programs: []*adminv1.ProgramStatus{{Name: "pump", Seen: 1000, Trouble: map[string]uint64{"unknown_tail": 5}}},
		Plugins:  []*adminv1.PluginStatus{{Instance: "trading", State: "live", Starts: 1, Parked: 2}},
		Journal:  &adminv1.JournalStatus{}, Gaps: &adminv1.GapStatus{},
		Disk:    &adminv1.DiskStatus{FreeBytes: 50, TotalBytes: 100},
		Process: &adminv1.ProcessStatus{RssBytes: new(uint64(100)), MemoryLimitBytes: new(uint64(1000))},
	}
}

// faults are what makes each rule fire: bad changes a healthy status while the fault lasts, after changes it for ever since counts stay.
var faults = map[string]struct {
	bad, after func(*adminv1.StatusResponse)
	subject    string
	also       []string // rules that the same fault fires
}{
	"no_stream": {bad: func(s *adminv1.StatusResponse) {
		for _, c := range s.Endpoints {
			c.State = "waiting"
		}
	}, also: []string{"connection_lost", "connection_lost", "slow_recovery", "slow_recovery"}},
	"connection_lost":   {bad: func(s *adminv1.StatusResponse) { s.Endpoints[1].State = "waiting" }, subject: "connection 1", also: []string{"slow_recovery"}},
	"slow_recovery":     {bad: func(s *adminv1.StatusResponse) { s.Endpoints[0].State = "connecting" }, subject: "connection 0", also: []string{"connection_lost"}},
	"breaker_open":      {bad: func(s *adminv1.StatusResponse) { s.Endpoints[0].Breaker = "open" }, subject: "shyft"},
	"budget_near_limit": {bad: func(s *adminv1.StatusResponse) { s.Endpoints[0].OpensUsed = 64 }, subject: "shyft"},
	"group_silent":      {bad: func(s *adminv1.StatusResponse) { s.Endpoints[1].Alarms = []string{"amm brings nothing"} }, subject: "connection 1: amm brings nothing"},
	"stream_lag":        {bad: func(s *adminv1.StatusResponse) { s.Endpoints[0].LagMicros = new(int64(6_000_000)) }, subject: "connection 0"},
	"parse_quality": {
		bad:     func(s *adminv1.StatusResponse) { s.Programs[0].Trouble["unresolved"], s.Programs[0].Seen = 30, 2000 },
		after:   func(s *adminv1.StatusResponse) { s.Programs[0].Trouble["unresolved"], s.Programs[0].Seen = 30, 90_000 },
		subject: "pump",
	},
	"gap":            {bad: func(s *adminv1.StatusResponse) { s.Gaps.MissingSlots = 3 }},
	"out_of_order":   {bad: func(s *adminv1.StatusResponse) { s.Stages[0].OutOfOrder = 5 }, after: func(s *adminv1.StatusResponse) { s.Stages[0].OutOfOrder = 5 }},
	"plugin_crashed": {bad: crashedPlugin, after: crashedPlugin, subject: "trading"},
	"plugin_quarantined": {bad: func(s *adminv1.StatusResponse) {
		s.Plugins[0].State, s.Plugins[0].Reason, s.Plugins[0].Lag = "quarantined", "5 crashes", 20_000
	}, subject: "trading"},
	"plugin_behind":     {bad: func(s *adminv1.StatusResponse) { s.Plugins[0].Lag = 20_000 }, subject: "trading"},
	"record_parked":     {bad: func(s *adminv1.StatusResponse) { s.Plugins[0].Parked = 3 }, after: func(s *adminv1.StatusResponse) { s.Plugins[0].Parked = 3 }, subject: "trading"},
	"records_lost":      {bad: func(s *adminv1.StatusResponse) { s.Plugins[0].JournalGapRecords = 9 }, after: func(s *adminv1.StatusResponse) { s.Plugins[0].JournalGapRecords = 9 }, subject: "trading"},
	"slow_output":       {bad: func(s *adminv1.StatusResponse) { s.Stages[1].Latency.P99Micros = new(uint64(1_500_000)) }},
	"journal_trouble":   {bad: func(s *adminv1.StatusResponse) { s.Journal.Trouble = "disk full" }},
	"store_trouble":     {bad: func(s *adminv1.StatusResponse) { s.Store = &adminv1.StoreStatus{Trouble: "connection refused"} }},
	"store_behind":      {bad: func(s *adminv1.StatusResponse) { s.Store = &adminv1.StoreStatus{LagMicros: 61_000_000, Last: 5} }},
	"store_missed":      {bad: missedRows, after: missedRows},
	"disk_near_limit":   {bad: func(s *adminv1.StatusResponse) { s.Disk.FreeBytes = 10 }},
	"memory_near_limit": {bad: func(s *adminv1.StatusResponse) { s.Process.RssBytes = new(uint64(900)) }},
}

func missedRows(s *adminv1.StatusResponse) { s.Store = &adminv1.StoreStatus{Missed: 2} }

func crashedPlugin(s *adminv1.StatusResponse) {
	s.Plugins[0].Starts, s.Plugins[0].LastCrash = 2, "panic: index out of range\nstack"
}

// script gives one status a second: healthy, then bad for a while, then what it is after.
func script(e *Engine, bad, after func(*adminv1.StatusResponse), healthyFor, badFor, afterFor int) (said []string, all []*eventv1.Alert) {
	now := time.Unix(1_700_000_000, 0)
	for i := range healthyFor + badFor + afterFor {
		s := healthy()
		switch {
		case i < healthyFor:
		case i < healthyFor+badFor:
			bad(s)
		case after != nil:
			after(s)
		}
		for _, a := range e.Observe(now.Add(time.Duration(i)*time.Second), s) {
			said = append(said, fmt.Sprintf("%s %s %s", a.GetRule(), stateName(a.GetState()), a.GetSubject()))
			all = append(all, a)
		}
	}
	return said, all
}

func TestEachRuleFiresOnceAndResolves(t *testing.T) {
	for name := range config.AlertRules() {
		fault, ok := faults[name]
		if !ok {
			t.Errorf("rule %s has no fault here", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			said, all := script(NewEngine(config.AlertRules()), fault.bad, fault.after, 30, 120, 600)
			var mine, others []string
			for i, line := range said {
				if all[i].GetRule() == name {
					mine = append(mine, line)
				} else if all[i].GetState() == eventv1.AlertState_ALERT_STATE_FIRING {
					others = append(others, all[i].GetRule())
				}
				if strings.Contains(all[i].GetRemedy(), "NAME") {
					t.Errorf("%s does not say which: %s", line, all[i].GetRemedy())
				}
				if all[i].GetDetail() == "" || all[i].GetRemedy() == "" || all[i].GetSeverity() == 0 {
					t.Errorf("%s says too little: %v", line, all[i])
				}
			}
			if want := []string{name + " firing " + fault.subject, name + " resolved " + fault.subject}; !slices.Equal(mine, want) && name != "slow_recovery" {
				t.Errorf("said %q, want %q", mine, want)
			}
			if name == "slow_recovery" && len(mine) != 2 {
				t.Errorf("said %q", mine)
			}
			slices.Sort(others)
			if !slices.Equal(others, fault.also) {
				t.Errorf("also fired %q, want %q", others, fault.also)
			}
		})
	}
	if extra := len(rules) - len(config.AlertRules()); extra != 0 {
		t.Errorf("%d rules have no settings", extra)
	}
}

func TestNothingFiresWhenAllIsWell(t *testing.T) {
	if said, _ := script(NewEngine(config.AlertRules()), nil, nil, 900, 0, 0); len(said) > 0 {
		t.Errorf("said %q", said)
	}
}

func TestShortFaultsAndFlapping(t *testing.T) {
	set := map[string]config.AlertRule{"connection_lost": {Severity: "warning", For: 5 * time.Second, Cooldown: time.Minute}}
	lost := func(s *adminv1.StatusResponse) { s.Endpoints[0].State = "waiting" }
	if said, _ := script(NewEngine(set), lost, nil, 10, 4, 100); len(said) > 0 {
		t.Errorf("4 seconds of 5 were told: %q", said)
	}
	e, now := NewEngine(set), time.Unix(1_700_000_000, 0)
	var states []string
	for i := range 300 { // away 10 s, back 2 s, and so on: one condition
		s := healthy()
		if i%12 < 10 {
			lost(s)
		}
		for _, a := range e.Observe(now.Add(time.Duration(i)*time.Second), s) {
			states = append(states, stateName(a.GetState()))
		}
	}
	if !slices.Equal(states, []string{"firing"}) {
		t.Errorf("a flapping connection gave %q", states)
	}
}

func TestCooldownAndWorse(t *testing.T) {
	e, now := NewEngine(map[string]config.AlertRule{"gap": {Severity: "critical", Cooldown: time.Minute}}), time.Unix(1_700_000_000, 0)
	var said []string
	for i := range 200 {
		s := healthy()
		switch {
		case i >= 30 && i < 40: // grows within the cooldown
			s.Gaps.MissingSlots = uint64(i)
		case i < 100:
			s.Gaps.MissingSlots = 7
		case i >= 120 && i < 130:
			s.Gaps.MissingSlots = 1
		}
		for _, a := range e.Observe(now.Add(time.Duration(i)*time.Second), s) {
			said = append(said, fmt.Sprintf("%d %s %d", i, stateName(a.GetState()), a.GetSize()))
		}
	}
	want := []string{"0 firing 7", "104 resolved 7", "120 firing 1", "134 resolved 1"}
	if !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

func TestAWorseConditionIsToldAgainAfterTheCooldown(t *testing.T) {
	e, now := NewEngine(map[string]config.AlertRule{"gap": {Severity: "critical", Cooldown: time.Minute}}), time.Unix(1_700_000_000, 0)
	var said []string
	for i := range 100 {
		s := healthy()
		s.Gaps.MissingSlots = uint64(1 + i/30)
		for _, a := range e.Observe(now.Add(time.Duration(i)*time.Second), s) {
			said = append(said, fmt.Sprintf("%d %d", i, a.GetSize()))
		}
	}
	if want := []string{"0 1", "60 3"}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

func TestARestartTellsNothingTwice(t *testing.T) {
	gone := func(s *adminv1.StatusResponse) { s.Gaps.MissingSlots = 3 }
	_, before := script(NewEngine(config.AlertRules()), gone, nil, 0, 10, 0)
	e := NewEngine(config.AlertRules())
	for _, a := range before {
		e.Adopt(a)
	}
	if f := e.Firing(); len(f) != 1 || f[0].GetRule() != "gap" || f[0].GetSeverity() != eventv1.Severity_SEVERITY_CRITICAL {
		t.Fatalf("adopted %v", f)
	}
	now := time.Unix(1_700_000_100, 0)
	bad := healthy()
	gone(bad)
	if out := e.Observe(now, bad); len(out) > 0 {
		t.Errorf("told again: %v", out)
	}
	out := e.Observe(now.Add(10*time.Second), healthy())
	if len(out) != 1 || out[0].GetState() != eventv1.AlertState_ALERT_STATE_RESOLVED || out[0].GetSinceUnixNanos() != before[0].GetSinceUnixNanos() {
		t.Errorf("not resolved after a restart: %v", out)
	}
	e.Adopt(out[0])
	if len(e.Firing()) > 0 {
		t.Error("what is resolved fires")
	}
}

// TestAConditionNeedsAMomentAfterARestart: a database that is still away is not known to be at the first look.
func TestAConditionNeedsAMomentAfterARestart(t *testing.T) {
	gone := func(s *adminv1.StatusResponse) { s.Gaps.MissingSlots = 3 }
	_, before := script(NewEngine(config.AlertRules()), gone, nil, 0, 10, 0)
	e := NewEngine(config.AlertRules())
	for _, a := range before {
		e.Adopt(a)
	}
	now, bad := time.Unix(1_700_000_100, 0), healthy()
	gone(bad)
	for second := range 20 {
		s := bad
		if second < 3 {
			s = healthy()
		}
		if out := e.Observe(now.Add(time.Duration(second)*time.Second), s); len(out) > 0 {
			t.Errorf("after %d s it says %v", second, out)
		}
	}
	if f := e.Firing(); len(f) != 1 {
		t.Errorf("fires %v", f)
	}
}

func TestARuleThatIsOffIsSilent(t *testing.T) {
	set := config.AlertRules()
	off := set["gap"]
	off.Off = true
	set["gap"] = off
	said, _ := script(NewEngine(set), faults["gap"].bad, nil, 1, 60, 60)
	if strings.Contains(strings.Join(said, ","), "gap") {
		t.Errorf("said %q", said)
	}
}
