package decode

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// hop is what went into and came out of one venue of a route; its venue is venues when the event does not name it.
type hop struct {
	venue    venue
	in, outs uint64
}

// jupiterHops are the hops in Jupiter's own words within an outer instruction, each behind the self-CPI head (program Jupiter v6):
// SwapEvent is amm, input mint, input amount, output mint, output amount; SwapsEvent is a list of the same without the amm.
func jupiterHops(tx *geyser.Transaction, outer uint32) []hop {
	const cpi = "\xe4\x45\xa5\x2e\x51\xcb\x9a\x1d"
	const one, several = cpi + "\x40\xc6\xcd\xe8\x26\x08\x71\xe2", cpi + "\x98\x2f\x4e\xeb\xc0\x60\x6e\x6a"
	var hops []hop
	for i := range tx.Inner {
		in := &tx.Inner[i]
		if in.Outer != outer || string(tx.Key(in.Program)) != string(dex.Jupiter[:]) || len(in.Data) < 20 {
			continue
		}
		switch b := in.Data[16:]; string(in.Data[:16]) {
		case one:
			if v := venueOf(b[:32]); v < venues {
				hops = append(hops, hop{v, binary.LittleEndian.Uint64(b[64:]), binary.LittleEndian.Uint64(b[104:])})
			}
		case several:
			for b = b[4:]; len(b) >= 80; b = b[80:] {
				hops = append(hops, hop{venues, binary.LittleEndian.Uint64(b[32:]), binary.LittleEndian.Uint64(b[72:])})
			}
		}
	}
	return hops
}

// corpusTransactions are those of the files and of the parts of blocks.
func corpusTransactions(t *testing.T) []*geyser.Transaction {
	t.Helper()
	dir := corpusDir(t)
	var all []*geyser.Transaction
	for _, path := range corpusFiles(t, dir) {
		all = append(all, loadTransaction(t, path))
	}
	blocks, err := filepath.Glob(filepath.Join(dir, "blocks", "*.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range blocks {
		all = append(all, loadBlock(t, path)...)
	}
	return all
}

// TestJupiterIsAttribution holds Jupiter's own account of its routes against the trades: each hop on a venue is one trade that names
// Jupiter as its router, and the route itself is none.
func TestJupiterIsAttribution(t *testing.T) {
	d := New(Options{})
	routes, trades := 0, 0
	for _, tx := range corpusTransactions(t) {
		if tx.Failed {
			continue
		}
		records := d.Decode(tx)
		for i := range tx.Outer {
			if string(tx.Key(tx.Outer[i].Program)) != string(dex.Jupiter[:]) {
				continue
			}
			routes++
			left := jupiterHops(tx, uint32(i))
			for _, r := range records {
				tr := r.GetTrade()
				if tr == nil || r.GetInstruction().GetOuter() != uint32(i) {
					continue
				}
				trades++
				expectKey(t, "router", tr.Router, dex.Jupiter)
				left = withoutHop(t, left, tr)
			}
			left = slices.DeleteFunc(left, func(h hop) bool { return h.venue == venues }) // may be on other programs
			if len(left) != 0 {
				t.Errorf("%x: hops without a trade: %v", tx.Signature[:8], left)
			}
		}
	}
	t.Logf("%d routes, %d trades", routes, trades)
	if routes == 0 || trades == 0 {
		t.Error("the corpus has no routes")
	}
}

// withoutHop takes the hop that a trade is out of the list; a trade that is none of them would be counted twice.
func withoutHop(t *testing.T, left []hop, tr *eventv1.Trade) []hop {
	t.Helper()
	gave, got := flow(tr)
	if tr.GetVenue() == eventv1.Venue_VENUE_PUMPSWAP && !tr.GetExactIn() && slices.Contains(left, hop{venues, tr.GetLimitAmount(), got}) {
		// A PumpSwap buy names what it wants and the most that it gives. Jupiter tells that most, and the transfers what was given.
		gave = tr.GetLimitAmount()
	}
	i := slices.IndexFunc(left, func(h hop) bool { return h.in == gave && h.outs == got })
	if i < 0 {
		t.Errorf("%v gave %d got %d: no hop of the route, which has %v", tr.GetVenue(), gave, got, left)
		return left
	}
	return slices.Delete(left, i, i+1)
}
