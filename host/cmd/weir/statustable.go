package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

func printStatus(w io.Writer, s *adminv1.StatusResponse) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	up := time.Since(time.Unix(s.GetStartedUnix(), 0)).Round(time.Second)
	fmt.Fprintf(t, "weir %s, up %s\n", s.GetVersion(), up)
	printConnections(t, s.GetEndpoints())
	printStages(t, s.GetStages())
	printCaches(t, s)
	j := s.GetJournal()
	fmt.Fprintf(t, "\njournal\trecords %d to %d\t%.1f MiB\tcomplete to slot %d\n", j.GetFirstNumber(), j.GetLastNumber(), float64(j.GetBytes())/(1<<20), j.GetCompleteSlot())
	p := s.GetProcess()
	fmt.Fprintf(t, "process\t%s of CPU\t%.1f MiB heap\t%d goroutines\n", (time.Duration(p.GetCpuMicros()) * time.Microsecond).Round(time.Millisecond), float64(p.GetHeapBytes())/(1<<20), p.GetGoroutines())
	if j.GetTrouble() != "" {
		fmt.Fprintf(t, "trouble\t%s\n", j.GetTrouble())
	}
	if s.GetIdl() != nil {
		fmt.Fprintf(t, "IDLs\t%d programs\tin %s\n", len(s.GetIdl().GetPrograms()), s.GetIdl().GetDir())
	}
	for _, problem := range s.GetIdl().GetProblems() {
		fmt.Fprintf(t, "! IDL refused: %s\n", problem)
	}
	printStore(t, s.GetStore())
	fmt.Fprint(t, "\nMONITOR\tPLUGIN\tSTATE\tPID\tSTARTS\tAT\tBEHIND\tEVENTS\tSUPPRESSED\tCHECKPOINT\tLAST CRASH\n")
	for _, p := range s.GetPlugins() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", p.GetInstance(), words.Dash(p.GetMonitor()), p.GetState(), p.GetPid(), p.GetStarts(), p.GetThrough(), p.GetLag(),
			p.GetOutputs(), p.GetSuppressed(), p.GetCheckpoint(), words.Dash(cmp.Or(p.GetReason(), p.GetLastCrash())))
	}
	printPluginAlarms(t, s.GetPlugins())
	for _, a := range s.GetAlerts() {
		fmt.Fprintf(t, "! alert %s: %s\n", about(a), words.Plain(a.GetDetail()))
	}
	for _, h := range s.GetWebhooks() {
		if h.GetLastError() != "" {
			fmt.Fprintf(t, "! webhook %s: %s; tried again, %d given up\n", h.GetName(), words.Plain(h.GetLastError()), h.GetLost())
		}
	}
	printIsolation(t, s.GetPlugins())
	return t.Flush()
}

// printStore prints a line for the SQL store, where there is one, and below it what is wrong.
func printStore(w io.Writer, s *adminv1.StoreStatus) {
	if s == nil {
		return
	}
	l := cmp.Or(s.GetTransactions(), &adminv1.Latency{})
	fmt.Fprintf(w, "store\t%s\t%d rows\t%d of %d batches, behind for %s\ttransactions p50 %s p99 %s\n", s.GetPlace(), s.GetRows(), s.GetPosition(), s.GetLast(),
		(time.Duration(s.GetLagMicros()) * time.Microsecond).Round(time.Millisecond), micros(l.P50Micros), micros(l.P99Micros))
	if s.GetTrouble() != "" {
		fmt.Fprintf(w, "! store: %s (since %s, tried again by itself; outputs wait in the journal)\n", s.GetTrouble(), time.Unix(s.GetTroubleSinceUnix(), 0).UTC().Format(time.TimeOnly))
	}
	if s.GetMissed() > 0 {
		fmt.Fprintf(w, "! store: %d batches of events, or alerts, were gone before they were stored\n", s.GetMissed())
	}
	if other := s.GetKinds()["other"] + s.GetKinds()["refused"]; other > 0 {
		fmt.Fprintf(w, "store: %d outputs of kinds that no table is made for, %d refused by the database\n", s.GetKinds()["other"], s.GetKinds()["refused"])
	}
}

// printPluginAlarms says below the table what an operator can do.
func printPluginAlarms(w io.Writer, plugins []*adminv1.PluginStatus) {
	for _, p := range plugins {
		switch p.GetState() {
		case "quarantined", "rejected", "config_error":
			fmt.Fprintf(w, "! %s is %s: %s\n", p.GetInstance(), p.GetState(), words.Dash(p.GetReason()))
			switch {
			case p.GetState() == "config_error": // the daemon would hand over again what it read at its start
				fmt.Fprintln(w, "  when its config in weir.yaml is corrected: restart weir, which reads the file at its start")
			case p.GetRetryUnix() != 0:
				fmt.Fprintf(w, "  it is tried again at %s, or now with: weir plugin resume %s\n", time.Unix(p.GetRetryUnix(), 0).UTC().Format(time.TimeOnly), p.GetInstance())
			default:
				fmt.Fprintf(w, "  when that is mended: weir plugin resume %s\n", p.GetInstance())
			}
		}
		if p.GetJournalGaps() > 0 {
			fmt.Fprintf(w, "! %s lost %d records, the last ones %d to %d: %s\n", p.GetInstance(), p.GetJournalGapRecords(), p.GetJournalGapFrom(), p.GetJournalGapTo(), p.GetJournalGapReason())
		}
		if p.GetParked() > 0 {
			fmt.Fprintf(w, "! %s is not given %d records that crashed it: weir plugin crash %s\n", p.GetInstance(), p.GetParked(), p.GetInstance())
		}
	}
}

// printIsolation prints a line for each level that is reached, and the monitors at it.
func printIsolation(w io.Writer, plugins []*adminv1.PluginStatus) {
	at := map[string][]string{}
	for _, p := range plugins {
		at[p.GetIsolation()] = append(at[p.GetIsolation()], p.GetInstance())
	}
	for _, level := range slices.Sorted(maps.Keys(at)) {
		if level != "" {
			fmt.Fprintf(w, "isolation %s: %s\n", level, strings.Join(at[level], ", "))
		}
	}
}

// printConnections prints a row a connection, and below the table in words what is wrong, which has no room in a row.
func printConnections(w io.Writer, connections []*adminv1.EndpointStatus) {
	fmt.Fprint(w, "\nCONNECTION\tSTATE\tGROUPS\tFILTERS\tSLOT\tTX/S\tMB/S\tLAG\tPARSED\tWON\tBREAKER\tOPENS\tPROFILE\n")
	for _, c := range connections {
		fmt.Fprintf(w, "%d %s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%d of %d\t%s\n", c.GetConnection(), c.GetName(), c.GetState(), words.Dash(strings.Join(c.GetGroups(), ",")), c.GetFilters(), c.GetSlot(),
			number(c.Tps, 1, "%.0f"), number(c.BytesPerSecond, 1e6, "%.2f"), lag(c.LagMicros), number(c.ParseRate, 0.01, "%.2f%%"), number(c.WinRate, 0.01, "%.1f%%"), words.Dash(c.GetBreaker()), c.GetOpensUsed(), c.GetOpensLimit(), words.Dash(c.GetProfile()))
	}
	for _, c := range connections {
		for _, alarm := range c.GetAlarms() {
			fmt.Fprintf(w, "! %d %s: %s\n", c.GetConnection(), c.GetName(), alarm)
		}
		if c.GetLastError() != "" {
			fmt.Fprintf(w, "last error of %d %s: %s\n", c.GetConnection(), c.GetName(), words.Dash(c.GetLastError()))
		}
	}
}

func printStages(w io.Writer, stages []*adminv1.StageStatus) {
	fmt.Fprint(w, "\nSTAGE\tIN\tOUT\tDROPPED\tP50\tP99\tMAX\n")
	for _, st := range stages {
		l := cmp.Or(st.GetLatency(), &adminv1.Latency{})
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", st.GetName(), st.GetIn(), st.GetOut(), reasons(st.GetDropped()), micros(l.P50Micros), micros(l.P99Micros), micros(l.MaxMicros))
	}
	for _, st := range stages {
		if st.GetHeld() > 0 {
			fmt.Fprintf(w, "%s holds %d transactions, %.1f MiB\n", st.GetName(), st.GetHeld(), float64(st.GetHeldBytes())/(1<<20))
		}
		if st.GetOutOfOrder() > 0 {
			fmt.Fprintf(w, "! %s: %d transactions went on out of the order of the chain\n", st.GetName(), st.GetOutOfOrder())
		}
	}
}

// printCaches prints a row a cache, and below the table what was asked of the RPC node.
func printCaches(w io.Writer, s *adminv1.StatusResponse) {
	if len(s.GetCaches()) == 0 {
		return
	}
	fmt.Fprint(w, "\nCACHE\tHIT\tMISS\tABSENT\tSTALE\tDROPPED\tHIT RATE\tSIZE\tABSENT FOR\tLOAD P99\n")
	for _, c := range s.GetCaches() {
		var rate *float64
		if all := c.GetHits() + c.GetMisses() + c.GetAbsent(); all > 0 {
			rate = new(float64(c.GetHits()) / float64(all))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%.1f of %.1f MiB\t%s\t%s\n", c.GetName(), c.GetHits(), c.GetMisses(), c.GetAbsent(), c.GetStale(), c.GetDropped(), number(rate, 0.01, "%.1f%%"),
			float64(c.GetBytes())/(1<<20), float64(c.GetLimitBytes())/(1<<20), (time.Duration(c.GetAbsentTtlMillis()) * time.Millisecond).Round(time.Second), micros(cmp.Or(c.GetLoad(), &adminv1.Latency{}).P99Micros))
	}
	if f := s.GetMetadataFetch(); f != nil {
		fmt.Fprintf(w, "token metadata by RPC: %d asked, %d found, %d absent, %d failed, %d dropped, %d waiting\n", f.GetAsked(), f.GetFound(), f.GetAbsent(), f.GetFailed(), f.GetDropped(), f.GetWaiting())
		if f.GetLastError() != "" {
			fmt.Fprintf(w, "! token metadata: %s\n", words.Dash(f.GetLastError()))
		}
	}
}

// number prints v in units, and what is not known as a dash.
func number(v *float64, unit float64, format string) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf(format, *v/unit)
}

func lag(v *int64) string {
	if v == nil {
		return "-"
	}
	return (time.Duration(*v) * time.Microsecond).Round(time.Millisecond).String()
}

func reasons(dropped map[string]uint64) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(dropped)) {
		if dropped[reason] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", reason, dropped[reason]))
		}
	}
	return words.Dash(strings.Join(parts, ", "))
}

func micros(v *uint64) string {
	if v == nil {
		return "-"
	}
	return (time.Duration(*v) * time.Microsecond).String()
}
