package decode

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// The tests here make transactions that nobody has seen out of real ones. What each must give follows from the real one, whose records
// are compared with an independent decode in TestCorpus.

// bare takes away what may differ between a real transaction and one that was made of it.
func bare(records []*eventv1.Record) []*eventv1.Record {
	out := copies(records)
	for _, r := range out {
		r.Instruction, r.Slot, r.Signature, r.BlockTime = nil, 0, nil, nil
		if l := r.GetLiquidityChanged(); l != nil {
			for _, s := range []**eventv1.Reserves{&l.ReservesBefore, &l.ReservesAfter} {
				if *s != nil && l.Venue > eventv1.Venue_VENUE_PUMPSWAP {
					(*s).Base, (*s).Quote = nil, nil
				}
			}
			l.OwnerLpAfter = nil
		}
		if t := r.GetTrade(); t != nil {
			t.FeePayer, t.Router, t.PriorityFee, t.Tip, t.ComputeUnits = nil, nil, nil, nil, nil
			for _, s := range []**eventv1.Reserves{&t.ReservesBefore, &t.ReservesAfter} {
				if t.Venue > eventv1.Venue_VENUE_PUMPSWAP && *s != nil {
					(*s).Base, (*s).Quote = nil, nil
					if (*s).PriceBase == nil {
						*s = nil
					}
				}
			}
		}
	}
	return out
}

func same(t *testing.T, name string, got, want []*eventv1.Record) {
	t.Helper()
	got, want = bare(got), bare(want)
	for i := range min(len(got), len(want)) {
		// The fee of the oldest layouts stands in balances, which several trades share: then it is not told.
		if g, w := got[i].GetTrade(), want[i].GetTrade(); g != nil && w != nil && g.QuoteAmount == 0 {
			w.QuoteAmount, w.Fees, g.Fees = 0, nil, nil
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d records, want %d", name, len(got), len(want))
		return
	}
	for i := range got {
		if !proto.Equal(got[i], want[i]) {
			t.Errorf("%s: record %d: %s", name, i, unlike(got[i].ProtoReflect(), want[i].ProtoReflect()))
		}
	}
}

// unlike names the fields in which two messages differ.
func unlike(got, want protoreflect.Message) string {
	var b strings.Builder
	for i := range got.Descriptor().Fields().Len() {
		f := got.Descriptor().Fields().Get(i)
		g, w := got.Get(f), want.Get(f)
		switch {
		case g.Equal(w) && got.Has(f) == want.Has(f):
		case f.Message() != nil && !f.IsList() && got.Has(f) && want.Has(f):
			fmt.Fprintf(&b, "%s{%s} ", f.Name(), unlike(g.Message(), w.Message()))
		default:
			fmt.Fprintf(&b, "%s is %v, want %v; ", f.Name(), g, w)
		}
	}
	return b.String()
}

// eachTrading visits the real transactions that give records, with the one before.
func eachTrading(t *testing.T, visit func(name string, tx, last *geyser.Transaction, want, wantLast []*eventv1.Record)) {
	t.Helper()
	d := New(Options{})
	var last *geyser.Transaction
	var wantLast []*eventv1.Record
	for _, path := range corpusFiles(t, corpusDir(t)) {
		tx := loadTransaction(t, path)
		if want := copies(d.Decode(tx)); len(want) > 0 {
			visit(short(path), tx, last, want, wantLast)
			last, wantLast = tx, want
		}
	}
}

// Wherever the instructions of a transaction stand, what they did is the same.
func TestUnseenTransactionsSayTheSame(t *testing.T) {
	d := New(Options{})
	got := func(tx *geyser.Transaction) []*eventv1.Record { return copies(d.Decode(tx)) }
	eachTrading(t, func(name string, tx, last *geyser.Transaction, want, wantLast []*eventv1.Record) {
		same(t, name+" under a router", got(nested(tx, 1)), want)
		same(t, name+" deep under routers", got(nested(tx, 3)), want)
		same(t, name+" five times", got(times(tx, 5)), slices.Repeat(want, 5))
		same(t, name+" five times below one instruction", got(together(times(tx, 5))), slices.Repeat(want, 5))
		same(t, name+" mimicked by a stranger", got(mimicked(tx)), want)
		if !slices.ContainsFunc(want, func(r *eventv1.Record) bool { return r.GetTrade().GetVenue() == eventv1.Venue_VENUE_RAYDIUM_V4 }) {
			// AMM v4 refuses swaps with more accounts than it knows: their count tells where everything stands.
			same(t, name+" with more accounts", got(crowded(tx, 3)), want)
		}
		if last == nil {
			return
		}
		if m := both(last, tx); m != nil {
			same(t, name+" after another", got(m), slices.Concat(wantLast, want))
			same(t, name+" below one instruction with another", got(together(m)), slices.Concat(wantLast, want))
		}
	})
}

// What is taken away from such a transaction never makes a trade wrong.
func TestUnseenTransactionsWithLess(t *testing.T) {
	cut := func(tx *geyser.Transaction) { truncate(tx, 900) }
	less := map[string][]func(*geyser.Transaction){
		"unreadable events": {blind}, "unreadable events, no heights": {flatten, blind}, "no events, no logs": {strip, mute},
		"no events, no logs, no heights": {strip, mute, flatten}, "no events, cut logs": {strip, cut},
		"no inner instructions": {unrecord}, "nothing but balances": {unrecord, mute},
	}
	d := New(Options{})
	lost, all := 0, 0
	eachTrading(t, func(name string, tx, last *geyser.Transaction, _, _ []*eventv1.Record) {
		made := map[string]*geyser.Transaction{
			"nested": nested(tx, 2), "thrice": times(tx, 3), "thrice together": together(times(tx, 3)), "crowded": crowded(tx, 3),
			"mimicked": mimicked(tx),
		}
		if last != nil {
			if m := both(last, tx); m != nil {
				made["both"], made["both together"] = m, together(m)
			}
		}
		for kind, m := range made {
			want := trades(copies(d.Decode(m)))
			for what, changes := range less {
				c := clone(m)
				for _, change := range changes {
					change(c)
				}
				missing, wrong := differ(slices.Clone(want), trades(copies(d.Decode(c))))
				lost, all = lost+len(missing), all+len(want)
				for _, w := range wrong {
					t.Errorf("%s %s, %s: wrong: %s", name, kind, what, told(w, w.QuoteAmount))
				}
			}
		}
	})
	if lost == 0 || lost > all/2 {
		t.Errorf("%d of %d trades are not told: the cuts reach too little or too much", lost, all)
	}
	t.Logf("%d of %d trades are not told", lost, all)
}
