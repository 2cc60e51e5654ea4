package decode

import (
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/damm"
	"github.com/weir-run/weir/host/internal/dex/dbc"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
	"github.com/weir-run/weir/host/internal/dex/orca"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Options tune a Decoder. The zero value is good.
type Options struct {
	// Mints is how many mint addresses are remembered in binary, so that they need not be read from base58 again. Default
	// 65,536, which is some 8 MB. When there are more, all are forgotten.
	Mints int
	// Programs returns the programs that have a dropped-in IDL; their instructions and events become program_event records. It is
	// called for every transaction, so that IDLs may come and go. Nil: none.
	Programs func() *idl.Set
	// Failed gives a TransactionFailed record for each failed transaction that called a venue. Streams ask for those that succeeded
	// unless told otherwise.
	Failed bool
	// Only are the venues whose records are wanted, by program: a transaction that was sent for another one may hold trades of a venue
	// that is not watched, of which the records would tell a part. Nil wants all.
	Only []dex.Key
}

// Decoder turns transactions into records. Decode is for one goroutine at a time; Stats may be called from any.
type Decoder struct {
	tx     *geyser.Transaction
	calls  []call
	found  []found
	order  []int32 // of tx.Inner, when a server sent it out of order
	frames [venues][]int32
	stack  []frame
	text   []byte // decoded log data, addressed by found.raw
	out    []*eventv1.Record
	mints  mintTable
	past   []vaultChange
	lps    lpTable
	moves  []lpMove

	proxies []proxy
	flows   []mintFlow

	calculated calculated
	curves     curveTable
	stats      counters
	pool       messages

	programs programReader
	costs    costs
	failed   bool
	only     []dex.Key

	pumpTrades pool[pumpfun.TradeEvent]
	buys       pool[pumpswap.BuyEvent]
	sells      pool[pumpswap.SellEvent]
	cpmmSwaps  pool[cpmm.SwapEvent]
	clmmSwaps  pool[clmm.SwapEvent]
	labTrades  pool[launchlab.TradeEvent]
	whirlSwaps pool[orca.TradedEvent]
	dbcSwaps   pool[dbc.SwapEvent]
	dammSwaps  pool[damm.SwapEvent]
}

// New returns a Decoder.
func New(o Options) *Decoder {
	if o.Mints <= 0 {
		o.Mints = 1 << 16
	}
	return &Decoder{mints: newMintTable(o.Mints), lps: lpTable{}, curves: curveTable{keys: map[dex.Key]*dex.Key{}}, programs: programReader{set: o.Programs}, failed: o.Failed, only: o.Only}
}

// onlyWanted drops the records of venues that are not watched.
func (d *Decoder) onlyWanted() {
	if d.only == nil {
		return
	}
	d.out = slices.DeleteFunc(d.out, func(r *eventv1.Record) bool {
		// LP tokens are moved by token programs; lpMoved looked at the venue.
		return r.GetLpMoved() == nil && len(r.GetProgram()) == len(dex.Key{}) && !slices.Contains(d.only, dex.Key(r.GetProgram()))
	})
}

// Decode returns the records of a transaction in order of execution; none for votes, and for failed ones at most
// a TransactionFailed where Options ask for it. Records and all bytes in
// them are valid until the next Decode and as long as the transaction's bytes are; they must not be written to.
func (d *Decoder) Decode(tx *geyser.Transaction) []*eventv1.Record {
	if tx.Vote {
		return nil
	}
	if tx.Failed {
		d.countFailed(tx)
		if d.failed {
			return d.failure(tx)
		}
		return nil
	}
	d.reset(tx)
	d.walk()
	if d.needLogs() {
		d.readLogs()
	}
	d.queueFallbacks()
	d.sortFound()
	for i := range d.found {
		d.answer(&d.found[i])
	}
	d.settleTraders()
	d.settleVaults()
	d.learnLP()
	d.onlyWanted()
	records := d.withPrograms(d.out)
	d.tx = nil
	return records
}

func (d *Decoder) reset(tx *geyser.Transaction) {
	d.tx = tx
	d.calls = d.calls[:0]
	d.found = d.found[:0]
	d.text = d.text[:0]
	d.out = d.out[:0]
	d.past, d.moves, d.proxies = d.past[:0], d.moves[:0], d.proxies[:0]
	d.costs, d.calculated = costs{}, calculated{}
	d.pool.reset()
	d.pumpTrades.reset()
	d.buys.reset()
	d.sells.reset()
	d.cpmmSwaps.reset()
	d.clmmSwaps.reset()
	d.labTrades.reset()
	d.whirlSwaps.reset()
	d.dbcSwaps.reset()
	d.dammSwaps.reset()
	for v := range d.frames {
		d.frames[v] = d.frames[v][:0]
	}
}

// answer gives the record for one event, or for a call that its events left without one.
func (d *Decoder) answer(f *found) {
	if f.move > 0 {
		d.lpMoved(&d.moves[f.move-1])
		return
	}
	c := &d.calls[f.call]
	switch {
	case f.raw == nil:
		if !c.settled() {
			d.fallback(c)
		}
	case c.venue == pump:
		d.pumpEvent(c, f)
	case c.venue == swap:
		d.swapEvent(c, f)
	case c.venue == ray:
		d.rayLog(c, f)
	case c.venue == cpmmPool:
		d.cpmmEvent(c, f)
	case c.venue == clmmPool:
		d.clmmEvent(c, f)
	case c.venue == lab:
		d.labEvent(c, f)
	case c.venue == whirl:
		d.whirlEvent(c, f)
	case c.venue == dbcCurve:
		d.dbcEvent(c, f)
	default:
		d.dammEvent(c, f)
	}
}
