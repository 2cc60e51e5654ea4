package decode

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/idl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// programIDL describes a program with one instruction, tag 1, and one event, tag 8 times 2, each with one number.
func programIDL(tb testing.TB, program dex.Key) *idl.Program {
	tb.Helper()
	p, err := idl.Parse("test.json", fmt.Appendf(nil, `{"address":%q,
		"instructions":[{"name":"act","discriminator":[1],"accounts":[{"name":"who"}],"args":[{"name":"n","type":"u8"}]}],
		"events":[{"name":"Acted","discriminator":[2,2,2,2,2,2,2,2],"fields":[{"name":"n","type":"u8"}]}]}`, program))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func acted(n byte) []byte { return append(slices.Repeat([]byte{2}, 8), n) }

// said prints records as "name(number) at path by strategy".
func said(records []*eventv1.Record) []string {
	var out []string
	for _, r := range records {
		e := r.GetProgramEvent()
		if e == nil {
			out = append(out, "other")
			continue
		}
		at := strconv.FormatUint(uint64(r.GetInstruction().GetOuter()), 10)
		if r.GetInstruction().Inner != nil {
			at += fmt.Sprint(".", r.GetInstruction().GetInner())
		}
		out = append(out, fmt.Sprintf("%s %d at %s by %d", e.GetName(), e.GetFields()[0].GetU64(), at, r.GetStrategy()))
	}
	return out
}

func TestProgramsOfDroppedInIDLs(t *testing.T) {
	mine, yours, foreign := key(100), key(101), key(102)
	act := func(program dex.Key, n byte, does ...any) *node {
		return &node{program: program, accounts: []dex.Key{key(1)}, data: []byte{1, n}, does: does}
	}
	twice := func(program dex.Key, n byte) []any { return emit(program, acted(n)) }
	for name, c := range map[string]struct {
		outer []*node
		want  []string
	}{
		"event in both channels":     {[]*node{act(mine, 1, twice(mine, 5)...)}, []string{"act 1 at 0 by 3", "Acted 5 at 0 by 1"}},
		"event in the log alone":     {[]*node{act(mine, 1, dataLine(acted(5)), dataLine(acted(6)))}, []string{"act 1 at 0 by 3", "Acted 5 at 0 by 2", "Acted 6 at 0 by 2"}},
		"call below a foreign one":   {[]*node{{program: foreign, does: []any{act(mine, 1, twice(mine, 5)...)}}}, []string{"act 1 at 0.0 by 3", "Acted 5 at 0.0 by 1"}},
		"one below the other":        {[]*node{act(mine, 1, act(yours, 2, dataLine(acted(7))), dataLine(acted(8)))}, []string{"act 1 at 0 by 3", "act 2 at 0.0 by 3", "Acted 7 at 0.0 by 2", "Acted 8 at 0 by 2"}},
		"one below itself":           {[]*node{act(mine, 1, append([]any{act(mine, 2, twice(mine, 7)...)}, twice(mine, 8)...)...)}, []string{"act 1 at 0 by 3", "act 2 at 0.0 by 3", "Acted 7 at 0.0 by 1", "Acted 8 at 0 by 1"}},
		"a foreign one's line":       {[]*node{act(mine, 1, &node{program: foreign, does: []any{dataLine(acted(9))}})}, []string{"act 1 at 0 by 3"}},
		"unknown and malformed":      {[]*node{{program: mine, data: []byte{7}}, {program: mine, data: nil}, act(mine, 3, dataLine([]byte{1, 2, 3}), "Program data: !!!")}, []string{"act 3 at 2 by 3"}},
		"several instructions apart": {[]*node{act(mine, 1), {program: foreign}, act(yours, 2), act(mine, 3, twice(mine, 4)...)}, []string{"act 1 at 0 by 3", "act 2 at 2 by 3", "act 3 at 3 by 3", "Acted 4 at 3 by 1"}},
		"none of them":               {[]*node{{program: foreign, data: []byte{1, 1}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			set, refused := idl.NewSet(programIDL(t, mine), programIDL(t, yours))
			if refused != nil {
				t.Fatal(refused)
			}
			d := New(Options{Programs: func() *idl.Set { return set }})
			tx := run([]dex.Key{key(0)}, c.outer...)
			got := d.Decode(tx)
			if !slices.Equal(said(got), c.want) {
				t.Errorf("got  %q\nwant %q", said(got), c.want)
			}
			for _, r := range got {
				if r.GetSlot() != 7 || r.GetTxIndex() != 3 || len(r.GetSignature()) != 64 || len(r.GetProgram()) != 32 {
					t.Errorf("record %v does not say where it is from", r)
				}
			}
			tx.Failed = true
			for _, r := range d.Decode(tx) {
				if r.GetProgramEvent() != nil {
					t.Errorf("a failed transaction gave %v", r)
				}
			}
		})
	}
}

// Where inner instructions were not recorded, the logs tell, and events belong to the outer instruction.
func TestProgramEventsWithoutInnerInstructions(t *testing.T) {
	mine, foreign := key(100), key(102)
	set, _ := idl.NewSet(programIDL(t, mine))
	d := New(Options{Programs: func() *idl.Set { return set }})
	inner := &node{program: mine, data: []byte{1, 1}, does: []any{dataLine(acted(5))}}
	tx := run([]dex.Key{key(0)}, &node{program: foreign, does: []any{inner}}, &node{program: mine, data: []byte{1, 2}, does: []any{dataLine(acted(6))}})
	tx.Inner, tx.InnerMissing = nil, true
	want := []string{"Acted 5 at 0 by 2", "act 2 at 1 by 3", "Acted 6 at 1 by 2"}
	if got := said(d.Decode(tx)); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// An IDL that comes while the decoder runs is used from the next transaction on, and no longer when it is gone.
func TestProgramsComeAndGo(t *testing.T) {
	mine := key(100)
	set, _ := idl.NewSet()
	d := New(Options{Programs: func() *idl.Set { return set }})
	tx := run([]dex.Key{key(0)}, &node{program: mine, data: []byte{1, 1}})
	for _, there := range []bool{false, true, false} {
		set, _ = idl.NewSet()
		if there {
			set, _ = idl.NewSet(programIDL(t, mine))
		}
		if got := d.Decode(tx); len(got) > 0 != there {
			t.Errorf("with the IDL %v: %v", there, said(got))
		}
	}
}

// The records of venues stay as they are, and those of an IDL stand among them by their place.
func TestProgramsAmongVenues(t *testing.T) {
	dir := corpusDir(t)
	p, err := idl.Parse("pump.json", []byte(`{"address":"`+dex.Pump.String()+`","events":[{"name":"TradeEvent","fields":[{"name":"mint","type":"publicKey"},
		{"name":"solAmount","type":"u64"},{"name":"tokenAmount","type":"u64"},{"name":"isBuy","type":"bool"},{"name":"user","type":"publicKey"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	set, _ := idl.NewSet(p)
	with, without := New(Options{Programs: func() *idl.Set { return set }}), New(Options{})
	pairs := 0
	for _, path := range corpusFiles(t, dir) {
		tx := loadTransaction(t, path)
		plain := said(slices.Clone(without.Decode(tx)))
		var others int
		var events []*eventv1.ProgramEvent
		var trades []*eventv1.Trade
		for _, r := range with.Decode(tx) {
			switch {
			case r.GetProgramEvent() != nil:
				events = append(events, r.GetProgramEvent())
			case r.GetTrade().GetVenue() == eventv1.Venue_VENUE_PUMP && r.GetStrategy() <= eventv1.Strategy_STRATEGY_EVENT_LOG:
				trades = append(trades, r.GetTrade())
				fallthrough
			default:
				others++
			}
		}
		if others != len(plain) {
			t.Errorf("%s: %d records of venues with the IDL, %d without", path, others, len(plain))
		}
		if len(events) != len(trades) {
			t.Errorf("%s: %d events by the IDL, %d trades of the venue", path, len(events), len(trades))
			continue
		}
		for i, e := range events {
			if string(e.GetFields()[0].GetKey()) != string(trades[i].GetMint()) || e.GetFields()[2].GetU64() != trades[i].GetBaseAmount() {
				t.Errorf("%s: event %d is %v, the trade %v", path, i, e, trades[i])
			}
			pairs++
		}
	}
	if pairs == 0 {
		t.Error("no trade was compared")
	}
	t.Logf("%d trades agree; %+v", pairs, p.Stats())
}
