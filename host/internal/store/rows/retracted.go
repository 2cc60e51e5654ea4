package rows

import (
	"strings"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/store/sqldb"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Void is an output of a slot that never happened, as far as its row says it. What a row does not say is empty.
type Void struct {
	Mint, QuoteMint, Pool, Actor string
	// At is the block time, Unix seconds; Timed is false where it is not known.
	At    int64
	Timed bool
}

// Marks are what void outputs touched: rows that count one of them are marked. Its zero value is empty.
type Marks struct {
	tokens, pools, people map[string]bool
	pairs, poolTimes      map[string][]Void
}

// Note adds a void output.
func (m *Marks) Note(v Void) {
	if m.tokens == nil {
		*m = Marks{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string][]Void{}, map[string][]Void{}}
	}
	if v.Mint != "" {
		m.tokens[v.Mint] = true
		m.people[v.Mint+v.Actor] = true
		m.pairs[v.Mint+v.QuoteMint] = append(m.pairs[v.Mint+v.QuoteMint], v)
	}
	if v.Pool != "" {
		m.pools[v.Pool] = true
		m.people[v.Pool+v.Actor] = true
		m.poolTimes[v.Pool] = append(m.poolTimes[v.Pool], v)
	}
}

// marked is the value of a column retracted.
func marked(all map[string]bool, name any) any {
	text, _ := name.(string)
	return orNull(all[text])
}

// within is that of a row for the time from start, inclusive, to end. A void output without a time may be in any.
func within(all []Void, start, end int64) any {
	for _, v := range all {
		if !v.Timed || v.At >= start && v.At < end {
			return true
		}
	}
	return nil
}

var retracted = made(table{name: "retracted", rest: strings.Fields("event instance cause idx kind slot block_time signature mint quote_mint pool actor")})

// AddVoid takes an output of a slot that is known to be void: it is listed in retracted, where it would have made a row of its own, and
// changes nothing else. The result says what it touches; ok is false for an output without such a row.
func (b *Batch) AddVoid(instance string, o *eventv1.Output) (v Void, ok bool) {
	h := head{event: b.Next, instance: instance, Output: o}
	b.Next++
	b.byKind["retracted"]++
	kind, v, ok := voidOf(o)
	if !ok {
		return v, false
	}
	if o.BlockTime != nil {
		b.latest = o.GetBlockTime()
	}
	v.At, v.Timed = b.latest, b.latest != 0
	b.put(retracted, h.event, h.instance, count(h.GetCause()), int64(h.GetIndex()), kind, count(h.GetSlot()), signedOr(h.BlockTime), key(h.GetSignature()),
		text(v.Mint), text(v.QuoteMint), text(v.Pool), text(v.Actor))
	return v, true
}

func voidOf(o *eventv1.Output) (kind string, v Void, ok bool) {
	print := base58.Encode
	switch o.GetBody().(type) {
	case *eventv1.Output_TradeReported:
		t := o.GetTradeReported()
		return "trades", Void{Mint: print(t.GetMint()), QuoteMint: print(t.GetQuoteMint()), Pool: print(t.GetPool()), Actor: print(t.GetTrader())}, true
	case *eventv1.Output_PoolReported:
		p := turned(o.GetPoolReported())
		return "liquidity_events", Void{Pool: print(p.GetPool()), Actor: print(p.GetOwner())}, p.GetChange() != eventv1.PoolChange_POOL_CHANGE_TRADED
	case *eventv1.Output_PoolFee:
		return "fees", Void{Pool: print(o.GetPoolFee().GetPool()), Actor: print(o.GetPoolFee().GetRecipient())}, true
	case *eventv1.Output_TokenPhaseChanged, *eventv1.Output_TokenState, *eventv1.Output_CandleClosed, *eventv1.Output_WindowClosed,
		*eventv1.Output_PoolPeriod, *eventv1.Output_PoolDepth, *eventv1.Output_PoolPosition:
		return "", v, false
	default:
		return sqldb.Text(o.GetKind()), v, true
	}
}

// retractions has one row, whichever monitor told of it first.
var retractions = made(table{name: "retractions", key: []string{"slot", "cause"}, first: []string{"event"}})

func addRetraction(b *Batch, h head) {
	b.put(retractions, count(h.GetSlot()), count(h.GetCause()), h.event)
}

// evidence tells whether a finding may rest on a void output: its actor, or one of those who traded, did something there that never happened.
func (m *Marks) evidence(f *eventv1.Finding) any {
	mint := base58.Encode(f.GetMint())
	if !m.tokens[mint] {
		return nil
	}
	for _, e := range f.GetEvidence() {
		if m.people[mint+base58.Encode(e.GetTrader())] {
			return true
		}
	}
	return marked(m.people, mint+base58.Encode(f.GetActor()))
}
