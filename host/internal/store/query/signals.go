package query

import (
	"context"
	"encoding/json"
	"strings"
)

// Signal is one row of table signals: MEV, a pattern, or an output of a kind that no table is made for.
type Signal struct {
	Event    int64  `json:"event,string"`
	Instance string `json:"instance"`
	Cause    int64  `json:"cause,string"`
	Index    int64  `json:"index"`
	// Kind is the name of the output within its monitor, for example sandwich; About what the monitor says it is about.
	Kind      string `json:"kind"`
	About     string `json:"about,omitempty"`
	Slot      int64  `json:"slot,string"`
	BlockTime *int64 `json:"block_time,omitempty,string"`
	Signature string `json:"signature,omitempty"`
	Mint      string `json:"mint,omitempty"`
	QuoteMint string `json:"quote_mint,omitempty"`
	Pool      string `json:"pool,omitempty"`
	Actor     string `json:"actor,omitempty"`
	// Trades to VictimLoss are of findings; see eventv1.Finding.
	Trades      *int64  `json:"trades,omitempty,string"`
	GrossProfit *int64  `json:"gross_profit,omitempty,string"`
	Costs       *uint64 `json:"costs,omitempty,string"`
	Profit      *int64  `json:"profit,omitempty,string"`
	VictimLoss  *int64  `json:"victim_loss,omitempty,string"`
	// Retracted says that a finding may rest on trades of a slot that never happened.
	Retracted bool `json:"retracted,omitempty"`
	// Body is the content of the output as weir events prints it.
	Body json.RawMessage `json:"body,omitempty"`
}

func (s *Signal) into() []any {
	return []any{
		&s.Event, &s.Instance, &s.Cause, &s.Index, &s.Kind,
		text{&s.About},
		&s.Slot, &s.BlockTime,
		text{&s.Signature},
		text{&s.Mint},
		text{&s.QuoteMint},
		text{&s.Pool},
		text{&s.Actor},
		&s.Trades, &s.GrossProfit, amountOr(&s.Costs), &s.Profit, &s.VictimLoss,
		raw{&s.Body},
		flag{&s.Retracted},
	}
}

// raw scans JSON, which PostgreSQL gives as text or bytes.
type raw struct{ to *json.RawMessage }

// Scan takes what a driver read.
func (r raw) Scan(from any) error {
	var s string
	err := text{&s}.Scan(from)
	if *r.to = nil; s != "" {
		*r.to = json.RawMessage(s)
	}
	return err
}

// SignalsQuery chooses signals; empty fields choose all.
type SignalsQuery struct {
	Page

	// Kinds are names of kinds, of which one must fit.
	Kinds             []string
	Mint, Pool, Actor string
	// Instance is that of the monitor.
	Instance string
}

// Signals lists signals, the newest first.
func (r *Reader) Signals(ctx context.Context, q SignalsQuery) (List[Signal], error) {
	s := &statement{text: `SELECT event, instance, cause, idx, kind, about, slot, block_time, signature, mint, quote_mint, pool, actor, trades, gross_profit,
		costs, profit, victim_loss, body, retracted FROM signals`}
	if len(q.Kinds) > 0 {
		values := make([]any, len(q.Kinds))
		for i, k := range q.Kinds {
			values[i] = k
		}
		s.where("kind IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	}
	s.is("mint", q.Mint)
	s.is("pool", q.Pool)
	s.is("actor", q.Actor)
	s.is("instance", q.Instance)
	return byEvent(ctx, r, s, "event", q.Page, (*Signal).into, func(s *Signal) int64 { return s.Event })
}
