package alert

import (
	"fmt"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

func quarantined(_ float64, s *adminv1.StatusResponse) (out []finding) {
	for _, p := range s.GetPlugins() {
		if stands(p) {
			out = append(out, finding{subject: p.GetInstance(), detail: "is " + p.GetState() + ": " + p.GetReason()})
		}
	}
	return out
}

// stands tells that a plugin does not run and will not by itself.
func stands(p *adminv1.PluginStatus) bool {
	switch p.GetState() {
	case "quarantined", "rejected", "config_error":
		return true
	}
	return false
}

// behind tells of plugins that are too slow. One that does not run falls behind too, of which another rule tells, with another remedy.
func behind(threshold float64, s *adminv1.StatusResponse) (out []finding) {
	for _, p := range s.GetPlugins() {
		if float64(p.GetLag()) > threshold && !stands(p) {
			out = append(out, finding{subject: p.GetInstance(), detail: fmt.Sprintf("is %d records behind", p.GetLag())})
		}
	}
	return out
}

// crashed remembers the starts of each instance: one more than at the look before, with a crash to show for it, is a crash.
// It is over once the instance went on for the cooldown of the rule.
func crashed(set config.AlertRule) check {
	type memory struct {
		starts uint64
		crash  string
		until  time.Time
	}
	known := map[string]*memory{}
	return func(now time.Time, s *adminv1.StatusResponse) (out []finding) {
		for _, p := range s.GetPlugins() {
			m := known[p.GetInstance()]
			if m == nil {
				m = &memory{} // starts and crashes count from the daemon's start, as this does
				known[p.GetInstance()] = m
			}
			if p.GetLastCrash() != "" && (p.GetStarts() > m.starts || p.GetLastCrash() != m.crash) {
				m.until = now.Add(set.Cooldown)
			}
			m.starts, m.crash = p.GetStarts(), p.GetLastCrash()
			if now.Before(m.until) {
				first, _, _ := strings.Cut(p.GetLastCrash(), "\n")
				out = append(out, finding{subject: p.GetInstance(), detail: "crashed: " + first})
			}
		}
		return out
	}
}

// parked tells of records that an instance is spared since it crashed on them, when there are more of them; for the cooldown of the rule.
// They are counted over all daemons, so those that it has at first are not new. Before it runs they are not counted yet.
func parked(set config.AlertRule) check {
	rises := rising(set.Cooldown, false)
	return func(now time.Time, s *adminv1.StatusResponse) (out []finding) {
		for _, p := range s.GetPlugins() {
			if p.GetState() == "stopped" {
				continue
			}
			if n := p.GetParked(); rises(now, p.GetInstance(), n) {
				out = append(out, finding{subject: p.GetInstance(), detail: fmt.Sprintf("%d records crashed it and are not given to it any more", n), size: n})
			}
		}
		return out
	}
}

// lost tells of records that the journal dropped before an instance had them, when there are more of them; for the cooldown of the rule.
// Most are found in the first second of a daemon, so its first look counts.
func lost(set config.AlertRule) check {
	rises := rising(set.Cooldown, true)
	return func(now time.Time, s *adminv1.StatusResponse) (out []finding) {
		for _, p := range s.GetPlugins() {
			if n := p.GetJournalGapRecords(); rises(now, p.GetInstance(), n) {
				out = append(out, finding{subject: p.GetInstance(), size: n, detail: fmt.Sprintf("%d records are lost to it, the last ones %d to %d: %s",
					n, p.GetJournalGapFrom(), p.GetJournalGapTo(), p.GetJournalGapReason())})
			}
		}
		return out
	}
}
