package decode

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// clone copies what the variants below change.
func clone(tx *geyser.Transaction) *geyser.Transaction {
	c := *tx
	c.Inner, c.Logs = slices.Clone(tx.Inner), slices.Clone(tx.Logs)
	return &c
}

// copies keeps records past the next Decode.
func copies(records []*eventv1.Record) []*eventv1.Record {
	out := make([]*eventv1.Record, 0, len(records))
	for _, r := range records {
		out = append(out, proto.CloneOf(r))
	}
	return out
}

// blind makes the self-calls unreadable, as if the events in them had an unknown layout.
func blind(tx *geyser.Transaction) {
	for i := range tx.Inner {
		if dex.Tag(tx.Inner[i].Data) == dex.EventTag {
			tx.Inner[i].Data = nil
		}
	}
}

// strip takes the self-calls away, although the logs tell of them.
func strip(tx *geyser.Transaction) {
	tx.Inner = slices.DeleteFunc(tx.Inner, func(in geyser.InnerInstruction) bool { return dex.Tag(in.Data) == dex.EventTag })
}

func flatten(tx *geyser.Transaction) {
	for i := range tx.Inner {
		tx.Inner[i].Height = 0
	}
}

func unrecord(tx *geyser.Transaction) { tx.Inner, tx.InnerMissing = nil, true }

func mute(tx *geyser.Transaction) { tx.Logs, tx.LogsMissing = nil, true }

// truncate cuts the logs as a node does at a limit: lines that do not fit are left out, the first time with a note.
func truncate(tx *geyser.Transaction, limit int) {
	var kept [][]byte
	used, noted := 0, false
	for _, line := range tx.Logs {
		switch {
		case used+len(line) < limit:
			used += len(line)
			kept = append(kept, line)
		case !noted:
			noted = true
			kept = append(kept, []byte("Log truncated"))
		}
	}
	tx.Logs = kept
}

// told is what every source of a trade must tell alike.
func told(t *eventv1.Trade, quote uint64) string {
	return fmt.Sprintf("%v pool %x trader %x mint %x quote %x %v %d %d %d", t.Venue, t.Pool, t.Trader, t.Mint, t.QuoteMint, t.Side,
		t.BaseAmount, quote, t.PoolQuoteAmount)
}

func trades(records []*eventv1.Record) []*eventv1.Trade {
	var all []*eventv1.Trade
	for _, r := range records {
		if t := r.GetTrade(); t != nil {
			all = append(all, t)
		}
	}
	return all
}

// withVenueFee tells of trades whose pool amount is with the venue's fee, because what is left of the transaction does not tell that.
func withVenueFee(t *eventv1.Trade) bool {
	return t.Venue > eventv1.Venue_VENUE_RAYDIUM_V4 && !slices.ContainsFunc(t.Fees, func(f *eventv1.Fee) bool {
		return f.Kind != eventv1.FeeKind_FEE_KIND_TRANSFER
	})
}

// tells tells whether a trade with less to go by says the same as w.
func tells(w, g *eventv1.Trade) bool {
	if g.PoolQuoteAmount != w.PoolQuoteAmount && withVenueFee(g) {
		g = proto.CloneOf(g)
		g.PoolQuoteAmount = w.PoolQuoteAmount
	}
	return told(g, g.QuoteAmount) == told(w, w.QuoteAmount) || g.QuoteAmount == 0 && told(g, 0) == told(w, 0)
}

// differ takes each trade of want that got tells too out of both. The fee of the oldest layouts may be out of reach, and with
// it the user's quote amount, which is then 0.
func differ(want, got []*eventv1.Trade) (missing, wrong []*eventv1.Trade) {
	for _, w := range want {
		if i := slices.IndexFunc(got, func(g *eventv1.Trade) bool { return tells(w, g) }); i >= 0 {
			got = slices.Delete(got, i, i+1)
		} else {
			missing = append(missing, w)
		}
	}
	return missing, got
}

// Whatever is taken away from a transaction, a trade is told as its event tells it, or not at all.
func TestLessIsNeverWrong(t *testing.T) {
	dir := corpusDir(t)
	variants := map[string]struct {
		change []func(*geyser.Transaction)
		atmost int // trades that may be missing over the corpus
	}{
		"no heights":                     {[]func(*geyser.Transaction){flatten}, 0},
		"no heights, unreadable events":  {[]func(*geyser.Transaction){flatten, blind}, 0},
		"unreadable events":              {[]func(*geyser.Transaction){blind}, 0},
		"no events":                      {[]func(*geyser.Transaction){strip}, 0},
		"no logs":                        {[]func(*geyser.Transaction){mute}, 0},
		"unreadable events, no logs":     {[]func(*geyser.Transaction){blind, mute}, 0},
		"no inner instructions":          {[]func(*geyser.Transaction){unrecord}, 22},
		"no inner instructions, no logs": {[]func(*geyser.Transaction){unrecord, mute}, 66},
	}
	for _, name := range slices.Sorted(maps.Keys(variants)) {
		v := variants[name]
		t.Run(name, func(t *testing.T) {
			d := New(Options{})
			missing, found := 0, map[string]int{}
			for _, path := range corpusFiles(t, dir) {
				tx := loadTransaction(t, path)
				want := trades(copies(d.Decode(tx)))
				less := clone(tx)
				for _, f := range v.change {
					f(less)
				}
				got := copies(d.Decode(less))
				for _, r := range got {
					if r.GetTrade() != nil {
						found[fmt.Sprint(r.GetTrade().Venue, r.Strategy)]++
					}
				}
				lost, wrong := differ(want, trades(got))
				missing += len(lost)
				for _, w := range wrong {
					t.Errorf("%s: wrong: %s", short(path), told(w, w.QuoteAmount))
				}
			}
			if missing > v.atmost {
				t.Errorf("%d trades are missing", missing)
			}
			t.Logf("missing %d, found %v", missing, found)
		})
	}
}

// However long the logs may get, what is left of them never makes a record wrong, and no swap of AMM v4 is lost: its
// transfers tell it.
func TestTruncatedLogs(t *testing.T) {
	dir := corpusDir(t)
	d := New(Options{})
	by := map[eventv1.Strategy]int{}
	for _, path := range corpusFiles(t, dir) {
		tx := loadTransaction(t, path)
		want := trades(copies(d.Decode(tx)))
		if len(want) == 0 {
			continue
		}
		total := 0
		for _, line := range tx.Logs {
			total += len(line)
		}
		for limit := 0; limit <= total; limit += 97 {
			less := clone(tx)
			blind(less)
			truncate(less, limit)
			got := copies(d.Decode(less))
			for _, r := range got {
				by[r.Strategy]++
			}
			missing, wrong := differ(slices.Clone(want), trades(got))
			for _, w := range wrong {
				t.Errorf("%s cut at %d: wrong: %s", short(path), limit, told(w, w.QuoteAmount))
			}
			for _, m := range missing {
				if m.Venue == eventv1.Venue_VENUE_RAYDIUM_V4 {
					t.Errorf("%s cut at %d: lost: %s", short(path), limit, told(m, m.QuoteAmount))
				}
			}
		}
	}
	if by[eventv1.Strategy_STRATEGY_EVENT_LOG] == 0 || by[eventv1.Strategy_STRATEGY_IX_TRANSFERS] == 0 {
		t.Fatalf("strategies %v: the cuts reach too little", by)
	}
	t.Logf("%v", by)
}
