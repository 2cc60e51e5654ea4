package alert

import (
	"fmt"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// finding is a condition that holds right now.
type finding struct {
	subject, detail string
	size            uint64 // 0: it has none
}

// check looks at one status. It may remember earlier ones.
type check func(now time.Time, s *adminv1.StatusResponse) []finding

// rule is a rule before it is armed.
type rule struct {
	name, remedy string // NAME in the remedy is the subject
	arm          func(config.AlertRule) check
}

// rules are all there are; their settings are config.AlertRules.
var rules = []rule{
	{"no_stream", "look at the endpoints in weir status: network, token, plan of the provider", still(noStream)},
	{"connection_lost", "nothing, while other connections stream: Weir reconnects within its budget", still(connectionLost)},
	{"slow_recovery", "look at last_error in weir status: a second endpoint would have taken over", slowRecovery},
	{"breaker_open", "the endpoint failed several times in a row and rests; look at its last error in weir status", still(breakerOpen)},
	{"budget_near_limit", "something reconnects too often; look at last_error in weir status", still(budget)},
	{"group_silent", "other groups bring data and this one does not: its filter may be refused or the program paused", still(silent)},
	{"stream_lag", "the provider or the network is slow, or the clock of this machine is wrong", still(lag)},
	{"parse_quality", "the program may have been upgraded: look for a new version of Weir; weir decode --report shows what is not understood", quality},
	{"gap", "weir gaps lists the slots; with rpc.url they are fetched", still(gap)},
	{"out_of_order", "one group is far behind the others; see stage order in weir status", outOfOrder},
	{"plugin_crashed", "weir plugin crash NAME shows why; it is started again by itself, unless it is quarantined", crashed},
	{"plugin_quarantined", "mend it, then weir plugin resume NAME; what is wrong in weir.yaml is mended there, and with a restart of weir", still(quarantined)},
	{"plugin_behind", "the monitor is slower than the chain: see its cpu, or give it fewer programs", still(behind)},
	{"record_parked", "weir plugin crash NAME shows the record and the crash", parked},
	{"records_lost", "the monitor lay behind for longer than the journal keeps records: raise journal.max_bytes and max_age; weir gaps has the ranges", lost},
	{"slow_output", "look at the stages in weir status for the one that is slow", still(slow)},
	{"journal_trouble", "nothing can be stored and intake waits: look at the disk", still(journalTrouble)},
	{"store_trouble", "look at the database that weir status names; outputs wait in the journal, and it goes on by itself", still(storeTrouble)},
	{"store_behind", "the database is slower than the monitors: look at its disk, or store fewer instances", still(storeBehind)},
	{"store_missed", "the database was away for longer than journal.max_age or max_bytes keep outputs; table missed says which", missed},
	{"disk_near_limit", "make room, or lower journal.max_bytes", still(disk)},
	{"memory_near_limit", "give the machine more memory, or lower GOMEMLIMIT and the limits of plugins", still(memory)},
}

// still arms a rule that needs no memory.
func still(f func(threshold float64, s *adminv1.StatusResponse) []finding) func(config.AlertRule) check {
	return func(set config.AlertRule) check {
		return func(_ time.Time, s *adminv1.StatusResponse) []finding { return f(set.Threshold, s) }
	}
}

// connectionName is what alerts call a connection: the index stays when it moves to another endpoint.
func connectionName(c *adminv1.EndpointStatus) string {
	return fmt.Sprintf("connection %d", c.GetConnection())
}

const streaming = "streaming"

func noStream(_ float64, s *adminv1.StatusResponse) []finding {
	for _, c := range s.GetEndpoints() {
		if c.GetState() == streaming {
			return nil
		}
	}
	return []finding{{detail: fmt.Sprintf("none of %d connections streams: nothing comes in", len(s.GetEndpoints()))}}
}

func connectionLost(_ float64, s *adminv1.StatusResponse) (out []finding) {
	for _, c := range s.GetEndpoints() {
		if c.GetState() == streaming {
			continue
		}
		detail := fmt.Sprintf("to %s is %s", c.GetName(), c.GetState())
		if c.GetLastError() != "" {
			detail += ": " + c.GetLastError()
		}
		out = append(out, finding{subject: connectionName(c), detail: detail})
	}
	return out
}

func breakerOpen(_ float64, s *adminv1.StatusResponse) (out []finding) {
	for _, c := range s.GetEndpoints() {
		if b := c.GetBreaker(); b != "" && b != "closed" {
			out = append(out, finding{subject: c.GetName(), detail: "the breaker is " + b})
		}
	}
	return once(out)
}

func budget(threshold float64, s *adminv1.StatusResponse) (out []finding) {
	for _, c := range s.GetEndpoints() {
		if limit := float64(c.GetOpensLimit()); limit > 0 && float64(c.GetOpensUsed()) >= threshold*limit {
			out = append(out, finding{subject: c.GetName(), detail: fmt.Sprintf("%d of %d Subscribe calls of the window are used", c.GetOpensUsed(), c.GetOpensLimit())})
		}
	}
	return once(out)
}

// once keeps the first finding of each subject: several connections can lead to one endpoint.
func once(in []finding) (out []finding) {
	seen := map[string]bool{}
	for _, f := range in {
		if !seen[f.subject] {
			out = append(out, f)
		}
		seen[f.subject] = true
	}
	return out
}

func silent(_ float64, s *adminv1.StatusResponse) (out []finding) {
	for _, c := range s.GetEndpoints() {
		for _, alarm := range c.GetAlarms() {
			out = append(out, finding{subject: connectionName(c) + ": " + alarm, detail: "at " + c.GetName() + ", " + alarm})
		}
	}
	return out
}

func lag(threshold float64, s *adminv1.StatusResponse) (out []finding) {
	for _, c := range s.GetEndpoints() {
		if at := time.Duration(c.GetLagMicros()) * time.Microsecond; c.LagMicros != nil && c.GetState() == streaming && at.Seconds() > threshold {
			out = append(out, finding{subject: connectionName(c), detail: fmt.Sprintf("%s is %s behind", c.GetName(), at.Round(time.Millisecond))})
		}
	}
	return out
}

func gap(_ float64, s *adminv1.StatusResponse) []finding {
	missing := s.GetGaps().GetMissingSlots()
	if missing == 0 {
		return nil
	}
	return []finding{{detail: fmt.Sprintf("of %d slots data is missing", missing), size: missing}}
}

func slow(threshold float64, s *adminv1.StatusResponse) []finding {
	for _, st := range s.GetStages() {
		p99 := time.Duration(st.GetLatency().GetP99Micros()) * time.Microsecond
		if st.GetName() == "monitor" && p99.Seconds() > threshold {
			return []finding{{detail: fmt.Sprintf("the slowest 1 %% of outputs take %s from receipt", p99.Round(time.Millisecond))}}
		}
	}
	return nil
}

func journalTrouble(_ float64, s *adminv1.StatusResponse) []finding {
	if trouble := s.GetJournal().GetTrouble(); trouble != "" {
		return []finding{{detail: trouble}}
	}
	return nil
}

func storeTrouble(_ float64, s *adminv1.StatusResponse) []finding {
	if trouble := s.GetStore().GetTrouble(); trouble != "" {
		return []finding{{detail: s.GetStore().GetPlace() + ": " + trouble}}
	}
	return nil
}

func storeBehind(threshold float64, s *adminv1.StatusResponse) []finding {
	st := s.GetStore()
	if behind := float64(st.GetLagMicros()) / 1e6; st.GetTrouble() == "" && behind > threshold {
		return []finding{{detail: fmt.Sprintf("%s is %d batches of events behind, since %.0f s", st.GetPlace(), st.GetLast()-st.GetPosition(), behind)}}
	}
	return nil
}

func disk(threshold float64, s *adminv1.StatusResponse) []finding {
	total, free := s.GetDisk().GetTotalBytes(), s.GetDisk().GetFreeBytes()
	if total == 0 || float64(total-free) < threshold*float64(total) {
		return nil
	}
	return []finding{{detail: fmt.Sprintf("%d MiB of %d MiB are free on the disk of the data folder", free>>20, total>>20)}}
}

func memory(threshold float64, s *adminv1.StatusResponse) []finding {
	p := s.GetProcess()
	used, limit := p.GetRssBytes(), p.GetMemoryLimitBytes()
	if p.RssBytes == nil || limit == 0 || float64(used) < threshold*float64(limit) {
		return nil
	}
	return []finding{{detail: fmt.Sprintf("the daemon takes %d MiB of %d MiB that it may take", used>>20, limit>>20)}}
}
