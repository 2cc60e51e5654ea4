package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type statusCommand struct {
	configFlags
	JSON bool `name:"json" help:"Print JSON."`
}

// Run asks the daemon and prints.
func (c statusCommand) Run(ctx context.Context, std streams) (err error) {
	dir, err := c.dataDir()
	if err != nil {
		return err
	}
	client, err := admin.Dial(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	status, err := client.Status(ctx, &adminv1.StatusRequest{})
	if err != nil {
		return daemonError(dir, err)
	}
	if c.JSON {
		_, err := std.out.Write(append(jsonl.Append(nil, status), '\n'))
		return err
	}
	return printStatus(std.out, status)
}

func printStatus(w io.Writer, s *adminv1.StatusResponse) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	up := time.Since(time.Unix(s.GetStartedUnix(), 0)).Round(time.Second)
	fmt.Fprintf(t, "weir %s, up %s\n\nENDPOINT\tSTATE\tSLOT\tUPDATES\tMIB\tOPENS\tLAG\tLAST ERROR\n", s.GetVersion(), up)
	for _, e := range s.GetEndpoints() {
		lag := "-"
		if e.LagMicros != nil {
			lag = (time.Duration(e.GetLagMicros()) * time.Microsecond).Round(time.Millisecond).String()
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.1f\t%d\t%s\t%s\n", e.GetName(), e.GetState(), e.GetSlot(), e.GetUpdates(), float64(e.GetBytes())/(1<<20), e.GetOpens(), lag, dash(e.GetLastError()))
	}
	fmt.Fprint(t, "\nSTAGE\tIN\tOUT\tDROPPED\tP50\tP99\tMAX\n")
	for _, st := range s.GetStages() {
		l := st.GetLatency()
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", st.GetName(), st.GetIn(), st.GetOut(), reasons(st.GetDropped()), micros(l.P50Micros), micros(l.P99Micros), micros(l.MaxMicros))
	}
	j := s.GetJournal()
	fmt.Fprintf(t, "\njournal\trecords %d to %d\t%.1f MiB\tcomplete to slot %d\n", j.GetFirstNumber(), j.GetLastNumber(), float64(j.GetBytes())/(1<<20), j.GetCompleteSlot())
	p := s.GetProcess()
	fmt.Fprintf(t, "process\t%s of CPU\t%.1f MiB heap\t%d goroutines\n", (time.Duration(p.GetCpuMicros()) * time.Microsecond).Round(time.Millisecond), float64(p.GetHeapBytes())/(1<<20), p.GetGoroutines())
	if j.GetTrouble() != "" {
		fmt.Fprintf(t, "trouble\t%s\n", j.GetTrouble())
	}
	fmt.Fprint(t, "\nMONITOR\tPLUGIN\tSTATE\tPID\tSTARTS\tAT\tBEHIND\tEVENTS\tSUPPRESSED\tCHECKPOINT\tLAST CRASH\n")
	for _, p := range s.GetPlugins() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", p.GetInstance(), dash(p.GetMonitor()), p.GetState(), p.GetPid(), p.GetStarts(), p.GetThrough(), p.GetLag(),
			p.GetOutputs(), p.GetSuppressed(), p.GetCheckpoint(), dash(cmp.Or(p.GetReason(), p.GetLastCrash())))
	}
	return t.Flush()
}

func reasons(dropped map[string]uint64) string {
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(dropped)) {
		if dropped[reason] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", reason, dropped[reason]))
		}
	}
	return dash(strings.Join(parts, ", "))
}

func micros(v *uint64) string {
	if v == nil {
		return "-"
	}
	return (time.Duration(*v) * time.Microsecond).String()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	line, _, _ := strings.Cut(s, "\n")
	return line
}
