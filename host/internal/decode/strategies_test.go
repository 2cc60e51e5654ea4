package decode

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// tally is what became of the trades of one venue when a part of each transaction was taken away.
type tally struct {
	all, told, alike int                 // told with every amount right; alike in every field that a record has but its strategy
	by               [strategies]int     // told, by the strategy that answered
	lacks            map[string]struct{} // fields that told ones lacked
}

// TestStrategies reports how much of the corpus is still told, and how exactly, when events are taken away, and holds the least. A trade
// that is told is told right: TestLessIsNeverWrong.
func TestStrategies(t *testing.T) {
	dir := corpusDir(t)
	least := map[string]struct {
		change []func(*geyser.Transaction)
		told   map[string]int // of a venue's trades, in percent
	}{
		"1 as recorded":                 {nil, map[string]int{"PUMP": 100, "PUMPSWAP": 100, "RAYDIUM_V4": 100}},
		"2 self-calls removed":          {[]func(*geyser.Transaction){strip}, map[string]int{"PUMP": 100, "PUMPSWAP": 100, "RAYDIUM_V4": 100}},
		"3 logs removed":                {[]func(*geyser.Transaction){mute}, map[string]int{"PUMP": 100, "PUMPSWAP": 100, "RAYDIUM_V4": 100}},
		"4 both removed":                {[]func(*geyser.Transaction){strip, mute}, map[string]int{"PUMP": 100, "PUMPSWAP": 100, "RAYDIUM_V4": 100}},
		"5 inner instructions removed":  {[]func(*geyser.Transaction){unrecord}, map[string]int{"PUMP": 100, "PUMPSWAP": 100, "RAYDIUM_V4": 85}},
		"6 inner instructions and logs": {[]func(*geyser.Transaction){unrecord, mute}, map[string]int{"PUMP": 27, "PUMPSWAP": 73, "RAYDIUM_V4": 73}},
	}
	for _, name := range slices.Sorted(maps.Keys(least)) {
		v := least[name]
		t.Run(name, func(t *testing.T) {
			tallies := map[string]*tally{}
			d := New(Options{})
			for _, path := range corpusFiles(t, dir) {
				tx := loadTransaction(t, path)
				want := copies(d.Decode(tx))
				less := clone(tx)
				for _, f := range v.change {
					f(less)
				}
				count(tallies, want, copies(d.Decode(less)))
			}
			t.Log(report(tallies))
			for venue, percent := range v.told {
				if c := tallies[venue]; c == nil || c.told*100 < c.all*percent {
					t.Errorf("%s: fewer than %d %% are told", venue, percent)
				}
			}
		})
	}
}

// count finds each trade again and compares all of it.
func count(tallies map[string]*tally, want, got []*eventv1.Record) {
	for _, w := range want {
		trade := w.GetTrade()
		if trade == nil {
			continue
		}
		venue := strings.TrimPrefix(trade.Venue.String(), "VENUE_")
		c := tallies[venue]
		if c == nil {
			c = &tally{lacks: map[string]struct{}{}}
			tallies[venue] = c
		}
		c.all++
		i := slices.IndexFunc(got, func(r *eventv1.Record) bool {
			return r.GetTrade() != nil && tells(trade, r.GetTrade())
		})
		if i < 0 {
			continue
		}
		c.told++
		c.by[got[i].Strategy]++
		if lacking := differing(trade, got[i].GetTrade()); len(lacking) == 0 {
			c.alike++
		} else {
			for _, field := range lacking {
				c.lacks[field] = struct{}{}
			}
		}
		got = slices.Delete(got, i, i+1)
	}
}

// differing names the fields in which two trades differ.
func differing(want, got *eventv1.Trade) []string {
	var names []string
	fields := want.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		a, b := &eventv1.Trade{}, &eventv1.Trade{}
		if want.ProtoReflect().Has(f) {
			a.ProtoReflect().Set(f, want.ProtoReflect().Get(f))
		}
		if got.ProtoReflect().Has(f) {
			b.ProtoReflect().Set(f, got.ProtoReflect().Get(f))
		}
		if !proto.Equal(a, b) {
			names = append(names, string(f.Name()))
		}
	}
	return names
}

func report(tallies map[string]*tally) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nvenue\ttrades\ttold\talike\tself-call\tlog\ttransfers\tbalances\tlacking")
	for _, venue := range slices.Sorted(maps.Keys(tallies)) {
		c := tallies[venue]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", venue, c.all, c.told, c.alike, c.by[1], c.by[2], c.by[3], c.by[4],
			strings.Join(slices.Sorted(maps.Keys(c.lacks)), " "))
	}
	_ = w.Flush()
	return b.String()
}
