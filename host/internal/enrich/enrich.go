// Package enrich takes decoded records and gives the same records with what is known of their tokens, of the price of SOL and of the time
// of their block. It runs before the journal, so that a replay needs nothing else. What is found out later, from an RPC node, becomes a
// record of its own.
package enrich

import (
	"context"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Table is the durable source of what enrich knows, keyed by printed mint. The cache in front of it is never the only copy.
type Table interface {
	// Get returns the value and whether the key exists.
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	// Put stores the value durably before it returns.
	Put(ctx context.Context, key string, value []byte) error
}

// Config configures New.
type Config struct {
	// Tokens keeps token metadata.
	Tokens Table
	// Memory bounds the caches, in bytes. Default 64 MiB.
	Memory int64
	// Want is told of mints that nobody knows, and again when their absence is no longer believed. It must not block; nil asks nobody.
	Want func(mint dex.Key)
	// Next returns the number that the next record of the journal gets. Nil: not known.
	Next func() uint64
	// Dollars says where the price of SOL in dollars comes from.
	Dollars DollarConfig
}

// Enricher fills records. Enrich and BlockTime are for one goroutine at a time.
type Enricher struct {
	cfg    Config
	tokens *cache[*Token]
	usd    *dollars
	times  times
}

// New returns an Enricher. Close it. It reads what is kept of prices.
func New(ctx context.Context, cfg Config) (*Enricher, error) {
	if cfg.Memory == 0 {
		cfg.Memory = 64 << 20
	}
	if cfg.Want == nil {
		cfg.Want = func(dex.Key) {}
	}
	if cfg.Next == nil {
		cfg.Next = func() uint64 { return 0 }
	}
	usd, err := newDollars(cfg.Dollars)
	if err != nil {
		return nil, err
	}
	if err := usd.restore(ctx); err != nil {
		return nil, err
	}
	e := &Enricher{cfg: cfg, usd: usd}
	e.tokens, err = newCache("tokens", cfg.Memory, (*Token).bytes, e.loadOrWant)
	return e, err
}

// Close frees the caches.
func (e *Enricher) Close() { e.tokens.close() }

// Caches returns how the caches do.
func (e *Enricher) Caches() []CacheStats { return []CacheStats{e.tokens.stats()} }

// BlockTime tells the time of a slot's block, Unix seconds, as its meta says.
func (e *Enricher) BlockTime(slot uint64, at int64) { e.times.note(slot, at) }

// Enrich fills the records of one transaction in place, in order: a token created by one record is known to the next. On error
// the records are incomplete and must not be journaled; the caller tries again. The records must be journaled next.
func (e *Enricher) Enrich(ctx context.Context, records []*eventv1.Record) error {
	e.times.mark(records)
	for i, r := range records {
		var err error
		switch b := r.Body.(type) {
		case *eventv1.Record_TokenCreated:
			err = e.created(ctx, b.TokenCreated, i)
		case *eventv1.Record_Trade:
			if err = e.trade(ctx, b.Trade); err == nil {
				err = e.usd.mark(ctx, r.GetSlot(), b.Trade)
			}
		case *eventv1.Record_CurveCompleted:
			b.CurveCompleted.Symbol, err = e.symbol(ctx, b.CurveCompleted.Mint)
		case *eventv1.Record_TokenMigrated:
			b.TokenMigrated.Symbol, err = e.symbol(ctx, b.TokenMigrated.Mint)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// created learns a token from the record at a place among those that are journaled next.
func (e *Enricher) created(ctx context.Context, c *eventv1.TokenCreated, at int) error {
	if len(c.Mint) != len(dex.Key{}) || c.Decimals == nil {
		return nil
	}
	since := e.cfg.Next()
	if since > 0 {
		since += uint64(at)
	}
	return e.Learn(ctx, MetadataOf(c), since)
}

// MetadataOf copies what a creation says: the record's bytes are not kept.
func MetadataOf(c *eventv1.TokenCreated) *eventv1.TokenMetadata {
	m := &eventv1.TokenMetadata{
		Mint: append([]byte(nil), c.GetMint()...), Name: c.GetName(), Symbol: c.GetSymbol(), Uri: c.GetUri(), Source: eventv1.MetadataSource_METADATA_SOURCE_CREATION,
		TokenProgram: append([]byte(nil), c.GetTokenProgram()...), Decimals: new(c.GetDecimals()),
	}
	if c.TotalSupply != nil {
		m.Supply = new(c.GetTotalSupply())
	}
	return m
}

func (e *Enricher) trade(ctx context.Context, t *eventv1.Trade) error {
	found, err := e.lookup(ctx, t.Mint)
	if err != nil || found == nil {
		return err
	}
	t.Symbol = found.Metadata.GetSymbol()
	if t.BaseDecimals == nil {
		t.BaseDecimals = found.Metadata.Decimals
	}
	return nil
}

func (e *Enricher) symbol(ctx context.Context, mint []byte) (string, error) {
	t, err := e.lookup(ctx, mint)
	if err != nil || t == nil {
		return "", err
	}
	return t.Metadata.GetSymbol(), nil
}

// lookup returns what is known of a mint; nil when that is nothing.
func (e *Enricher) lookup(ctx context.Context, mint []byte) (*Token, error) {
	if len(mint) != len(dex.Key{}) {
		return nil, nil //nolint:nilnil // nothing is known of what is no mint
	}
	return e.Token(ctx, dex.Key(mint))
}

// RestorePrices makes what SOL is worth what it was after the last durable record. Call it before the first Enrich, from one goroutine.
func (e *Enricher) RestorePrices(ctx context.Context, tail Tail) error {
	if err := e.usd.relearn(ctx, tail); err != nil {
		return fmt.Errorf("restore the price of SOL: %w", err)
	}
	return nil
}
