package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// report says how well transactions were decoded.
type report struct {
	transactions, failed uint64 // votes are in neither
	votes                uint64
	disagreed            map[string]map[eventv1.Strategy]uint64 // by program and the strategy that answered
	before               decode.Stats
}

// programReport is the row of one venue. Exact is the share of its instructions in successful transactions that gave their record
// without a second source saying otherwise; null when there were none.
type programReport struct {
	Program            string           `json:"program"`
	Seen               uint64           `json:"seen"`
	Exact              *float64         `json:"exact"`
	Decoded            uint64           `json:"decoded"`
	Unresolved         uint64           `json:"unresolved"`
	Disagreement       uint64           `json:"disagreement"`
	Malformed          uint64           `json:"malformed"`
	UnknownEvent       uint64           `json:"unknown_event"`
	UnknownInstruction uint64           `json:"unknown_instruction"`
	UnknownTail        uint64           `json:"unknown_tail"`
	Failed             uint64           `json:"failed_transactions"`
	Strategies         []strategyReport `json:"strategies"`
}

// strategyReport is how often a strategy answered, and how often a second source said otherwise.
type strategyReport struct {
	Strategy     string `json:"strategy"`
	Decoded      uint64 `json:"decoded"`
	Disagreement uint64 `json:"disagreement"`
}

// idlReport is the row of a program with a dropped-in IDL.
type idlReport struct {
	Program   string `json:"program"`
	Name      string `json:"name"`
	File      string `json:"file"`
	Seen      uint64 `json:"seen"`
	Decoded   uint64 `json:"decoded"`
	Unknown   uint64 `json:"unknown"`
	Malformed uint64 `json:"malformed"`
	Older     uint64 `json:"older_layout"`
	Newer     uint64 `json:"unknown_tail"`
}

// count takes a transaction in. A disagreement goes to the strategy that the program's first record in the transaction came by: the
// decoder counts it for the program only.
func (r *report) count(tx *geyser.Transaction, records []*eventv1.Record, after decode.Stats) {
	if tx.Vote {
		r.votes++
		return
	}
	r.transactions++
	if tx.Failed {
		r.failed++
	}
	now, old := after.All(), r.before.All()
	for i := range now {
		if more := now[i].Disagreement - old[i].Disagreement; more > 0 {
			r.disagree(i, records, more)
		}
	}
	r.before = after
}

func (r *report) disagree(program int, records []*eventv1.Record, more uint64) {
	if r.disagreed == nil {
		r.disagreed = map[string]map[eventv1.Strategy]uint64{}
	}
	name := venueName(program)
	if r.disagreed[name] == nil {
		r.disagreed[name] = map[eventv1.Strategy]uint64{}
	}
	key := config.Programs[name]
	var s eventv1.Strategy
	for _, record := range records {
		if record.GetProgramEvent() == nil && string(record.GetProgram()) == string(key[:]) {
			s = record.GetStrategy()
			break
		}
	}
	r.disagreed[name][s] += more
}

// venueName is the name of the program with an index of decode.Stats.All: those of eventv1.Venue, from 1.
func venueName(program int) string {
	return words.Venue(eventv1.Venue(program + 1))
}

func strategyName(s eventv1.Strategy) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "STRATEGY_"))
}

// rows makes the report of the venues.
func (r *report) rows(stats decode.Stats) []programReport {
	var out []programReport
	for i, s := range stats.All() {
		row := programReport{
			Program: venueName(i), Seen: s.Seen, Decoded: s.Decoded, Unresolved: s.Unresolved, Disagreement: s.Disagreement,
			Malformed: s.Malformed, UnknownEvent: s.UnknownEvent, UnknownInstruction: s.UnknownInstruction,
			UnknownTail: s.UnknownTail, Failed: s.Failed, Strategies: []strategyReport{},
		}
		if s.Seen > 0 {
			row.Exact = new(float64(s.Seen-min(s.Seen, s.Unresolved+s.Disagreement)) / float64(s.Seen))
		}
		for strategy, n := range s.ByStrategy {
			against := r.disagreed[row.Program][eventv1.Strategy(strategy)]
			if n > 0 || against > 0 {
				row.Strategies = append(row.Strategies, strategyReport{strategyName(eventv1.Strategy(strategy)), n, against})
			}
		}
		out = append(out, row)
	}
	return out
}

func idlRows(folder *idl.Folder) []idlReport {
	out := []idlReport{}
	if folder == nil {
		return out
	}
	for _, p := range folder.Set().Programs() {
		s := p.Stats()
		out = append(out, idlReport{
			Program: p.Key.String(), Name: p.Name, File: p.File, Seen: s.Seen, Decoded: s.Decoded, Unknown: s.Unknown, Malformed: s.Malformed,
			Older: s.Older, Newer: s.Newer,
		})
	}
	return out
}

// print writes the report as a table for people, or as one JSON object.
func (r *report) print(w io.Writer, d *decode.Decoder, folder *idl.Folder, asJSON bool) error {
	rows, idls := r.rows(d.Stats()), idlRows(folder)
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{
			"transactions": r.transactions, "failed_transactions": r.failed, "votes": r.votes, "programs": rows, "idls": idls,
		})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "program\tseen\texact\tdecoded\tunresolved\tdisagree\tmalformed\tunknown event\tunknown ix\tunknown tail\tfailed tx\t")
	for _, p := range rows {
		exact := "-"
		if p.Exact != nil {
			exact = fmt.Sprintf("%.2f%%", *p.Exact*100)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", p.Program, p.Seen, exact, p.Decoded, p.Unresolved, p.Disagreement,
			p.Malformed, p.UnknownEvent, p.UnknownInstruction, p.UnknownTail, p.Failed)
		for _, s := range p.Strategies {
			fmt.Fprintf(t, "%s\t\t\t%d\t\t%d\t\t\t\t\t\t\n", s.Strategy, s.Decoded, s.Disagreement)
		}
	}
	for i, p := range idls {
		if i == 0 {
			fmt.Fprintln(t, "\nby IDL\tseen\t\tdecoded\t\t\tmalformed\tunknown\tolder\tunknown tail\t\t")
		}
		fmt.Fprintf(t, "%s\t%d\t\t%d\t\t\t%d\t%d\t%d\t%d\t\t\n", p.Name, p.Seen, p.Decoded, p.Malformed, p.Unknown, p.Older, p.Newer)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	_, err := fmt.Fprintf(w, "%d transactions, %d of them failed, and %d votes. exact = instructions that gave their record without a second source saying otherwise, of those in successful transactions that should give one.\n",
		r.transactions, r.failed, r.votes)
	return err
}
