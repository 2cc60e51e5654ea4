package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

type gapsCommand struct {
	shell.Config
	State []string `help:"Only slots in these states: missing, backfilled, dead, empty, complete. Default: missing, backfilled and dead." enum:"missing,backfilled,dead,empty,complete" sep:","`
	Group []string `help:"Only these groups of subscriptions." sep:","`
	From  uint64   `help:"First slot."`
	To    uint64   `help:"Last slot; 0 means the newest."`
	JSON  bool     `name:"json" help:"Print one JSON object a line: the rows, what monitors lost, then a summary."`
}

// Run asks the daemon and prints. Gaps are no failure of the command.
func (c gapsCommand) Run(ctx context.Context, std shell.Streams) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var gaps *adminv1.GapsResponse
	err := c.Ask(ctx, func(ctx context.Context, client *admin.Client) (err error) {
		gaps, err = client.Gaps(ctx, c.request())
		return err
	})
	if err != nil {
		return err
	}
	if err := c.known(gaps); err != nil {
		return err
	}
	if c.JSON {
		return printGapsJSON(std.Out, gaps)
	}
	return printGaps(std.Out, gaps)
}

// known refuses a group that there is none of: no gaps of it would be taken for good news. A group of an earlier configuration may have
// rows yet.
func (c gapsCommand) known(g *adminv1.GapsResponse) error {
	var names []string
	for _, f := range g.GetFrontiers() {
		names = append(names, f.GetGroup())
	}
	for _, r := range g.GetRanges() {
		names = append(names, r.GetGroups()...)
	}
	for _, group := range c.Group {
		if !slices.Contains(names, group) {
			return fmt.Errorf("no group is named %q; there are: %s", group, strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", "))
		}
	}
	return nil
}

func (c gapsCommand) request() *adminv1.GapsRequest {
	req := &adminv1.GapsRequest{FromSlot: c.From, ToSlot: c.To, Groups: c.Group}
	for _, state := range c.State {
		req.States = append(req.States, adminv1.SlotState(adminv1.SlotState_value[statePrefix+strings.ToUpper(state)]))
	}
	return req
}

const statePrefix = "SLOT_STATE_"

func stateName(s adminv1.SlotState) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), statePrefix))
}

func printGaps(w io.Writer, g *adminv1.GapsResponse) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprint(t, "GROUP\tCOMPLETE TO SLOT\n")
	for _, f := range g.GetFrontiers() {
		fmt.Fprintf(t, "%s\t%s\n", f.GetGroup(), slotOrDash(f.GetSlot()))
	}
	fmt.Fprintf(t, "\nmissing slots: %d; complete and empty slots are told apart from slot %s on\n", g.GetMissingSlots(), slotOrDash(g.GetOldestSlot()))
	printLost(t, g.GetLost())
	if len(g.GetRanges()) == 0 {
		fmt.Fprint(t, "no slots in the states asked for\n")
		return t.Flush()
	}
	fmt.Fprint(t, "\nFROM\tTO\tSLOTS\tSTATE\tGROUPS\tFOUND\tHEALED\tENDPOINT\tREASON\n")
	for _, r := range g.GetRanges() {
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.GetFromSlot(), r.GetToSlot(), r.GetToSlot()-r.GetFromSlot()+1, stateName(r.GetState()),
			strings.Join(r.GetGroups(), ","), instant(r.GetFoundUnix()), instant(r.GetHealedUnix()), words.Dash(r.GetEndpoint()), words.Dash(r.GetReason()))
	}
	return t.Flush()
}

// printLost prints what monitors lost of the journal.
func printLost(w io.Writer, lost []*adminv1.LostRecords) {
	if len(lost) == 0 {
		return
	}
	fmt.Fprint(w, "\nMONITOR\tRANGES\tRECORDS LOST\tLAST FROM RECORD\tTO RECORD\tREASON\n")
	for _, l := range lost {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\n", l.GetInstance(), l.GetRanges(), l.GetRecords(), l.GetFromRecord(), l.GetToRecord(), l.GetReason())
	}
	fmt.Fprint(w, "\n")
}

func printGapsJSON(w io.Writer, g *adminv1.GapsResponse) error {
	var out []byte
	for _, r := range g.GetRanges() {
		out = append(jsonl.Append(out, r), '\n')
	}
	for _, l := range g.GetLost() {
		out = append(jsonl.Append(out, l), '\n')
	}
	out = append(jsonl.Append(out, &adminv1.GapsResponse{Frontiers: g.GetFrontiers(), MissingSlots: g.GetMissingSlots(), OldestSlot: g.GetOldestSlot()}), '\n')
	_, err := w.Write(out)
	return err
}

func slotOrDash(slot uint64) string {
	if slot == 0 {
		return "-"
	}
	return strconv.FormatUint(slot, 10)
}

// instant is UTC, so that rows of two machines compare.
func instant(unix int64) string {
	if unix == 0 {
		return "-"
	}
	return time.Unix(unix, 0).UTC().Format(time.DateTime)
}
