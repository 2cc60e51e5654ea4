package alert

import (
	"fmt"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// slowRecovery remembers since when each connection is away. A recovery is told once it is over, for it is only then known how long it
// took; it resolves by itself.
func slowRecovery(set config.AlertRule) check {
	away, until, took := map[string]time.Time{}, map[string]time.Time{}, map[string]time.Duration{}
	limit := time.Duration(set.Threshold * float64(time.Second))
	return func(now time.Time, s *adminv1.StatusResponse) (out []finding) {
		for _, c := range s.GetEndpoints() {
			subject := connectionName(c)
			since, lost := away[subject]
			switch {
			case c.GetState() != streaming && !lost:
				away[subject] = now
			case c.GetState() == streaming && lost:
				delete(away, subject)
				if took[subject] = now.Sub(since); took[subject] > limit {
					until[subject] = now.Add(calm)
				}
			default: // nothing changed
			}
			if now.Before(until[subject]) {
				out = append(out, finding{subject: subject, detail: fmt.Sprintf("to %s streamed again after %s", c.GetName(), took[subject].Round(time.Second))})
			}
		}
		return out
	}
}

// outOfOrder tells of transactions that went on out of the order of the chain within the last minute.
func outOfOrder(config.AlertRule) check {
	rises := rising(time.Minute, false)
	return func(now time.Time, s *adminv1.StatusResponse) (out []finding) {
		for _, st := range s.GetStages() {
			if n := st.GetOutOfOrder(); st.GetName() == "order" && rises(now, "", n) {
				out = append(out, finding{detail: fmt.Sprintf("%d transactions went on out of the order of the chain since the start", n), size: n})
			}
		}
		return out
	}
}

// qualityWindow is over which time the share of what is not understood is taken, and qualityLeast the fewest instructions that tell
// anything.
const (
	qualityWindow = 5 * time.Minute
	qualityLeast  = 100
)

// quality tells of programs of which more than a share is not understood.
func quality(set config.AlertRule) check {
	type sample struct {
		at        time.Time
		seen, bad uint64
	}
	kept := map[string][]sample{}
	return func(now time.Time, s *adminv1.StatusResponse) (out []finding) {
		for _, p := range s.GetPrograms() {
			t := p.GetTrouble()
			last := sample{now, p.GetSeen(), t["unresolved"] + t["malformed"] + t["disagreement"]}
			samples := kept[p.GetName()]
			if samples == nil {
				samples = []sample{{at: now}} // counts begin with the daemon
			}
			samples = append(samples, last)
			for len(samples) > 2 && now.Sub(samples[1].at) >= qualityWindow {
				samples = samples[1:]
			}
			kept[p.GetName()] = samples
			seen, bad := last.seen-samples[0].seen, last.bad-samples[0].bad
			if seen >= qualityLeast && float64(bad) > set.Threshold*float64(seen) {
				out = append(out, finding{subject: p.GetName(), detail: fmt.Sprintf("%d of %d instructions of the last minutes were not understood", bad, seen)})
			}
		}
		return out
	}
}

// missed tells of outputs that the journal dropped before they were stored in SQL, when there are more of them; for the cooldown of the
// rule: their rows do not come any more, so nothing else can end it.
func missed(set config.AlertRule) check {
	rises := rising(set.Cooldown, true)
	return func(now time.Time, s *adminv1.StatusResponse) []finding {
		n := s.GetStore().GetMissed()
		if !rises(now, "", n) {
			return nil
		}
		return []finding{{detail: fmt.Sprintf("%d batches of events, or alerts, were gone before they were stored: rows of them are missing", n), size: n}}
	}
}

// rising returns a function that tells whether a count rose within the last time. fromNothing says that the count is of this daemon
// alone: then what it is at first rose too, else it is what was there before.
func rising(within time.Duration, fromNothing bool) func(now time.Time, subject string, n uint64) bool {
	type memory struct {
		n     uint64
		until time.Time
	}
	known := map[string]*memory{}
	return func(now time.Time, subject string, n uint64) bool {
		m := known[subject]
		if m == nil {
			m = &memory{}
			if !fromNothing {
				m.n = n
			}
			known[subject] = m
		}
		if n > m.n {
			m.until = now.Add(within)
		}
		m.n = n
		return now.Before(m.until)
	}
}
