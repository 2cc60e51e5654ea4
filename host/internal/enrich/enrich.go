// Package enrich takes decoded records and gives the same records with what is known of their tokens: symbol and decimals. It runs
// before the journal, so that a replay needs nothing else.
package enrich

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Table is the durable source of what enrich knows, keyed by printed mint. The cache in front of it is never the only copy: it
// drops writes under load, and a new key is not readable at once.
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
	// CachedTokens bounds the cache in front of it, in entries. Default 200,000: some 30 MiB.
	CachedTokens int64
	// AbsentFor is how long a mint that the table does not know is not asked for again. Default one minute.
	AbsentFor time.Duration
	// Dollars says where the price of SOL in dollars comes from.
	Dollars DollarConfig
}

// Enricher fills records. Enrich is for one goroutine; Stats may be called from any.
type Enricher struct {
	cfg    Config
	tokens *ristretto.Cache[uint64, *token]
	usd    *dollars
	stats  struct{ hit, miss, absent, created atomic.Uint64 }
}

// token is what is known of a mint. known is false for a mint that the table does not have.
type token struct {
	mint     dex.Key
	symbol   string
	decimals uint32
	known    bool
}

// Stats counts cache lookups since start.
type Stats struct {
	// Hit were answered by the cache, Miss by the table, Absent by neither. Created tokens were stored.
	Hit, Miss, Absent, Created uint64
}

// New returns an Enricher. Close it. It reads what is kept of prices.
func New(ctx context.Context, cfg Config) (*Enricher, error) {
	if cfg.CachedTokens == 0 {
		cfg.CachedTokens = 200_000
	}
	if cfg.AbsentFor == 0 {
		cfg.AbsentFor = time.Minute
	}
	usd, err := newDollars(cfg.Dollars)
	if err != nil {
		return nil, err
	}
	if err := usd.restore(ctx); err != nil {
		return nil, err
	}
	cache, err := ristretto.NewCache(&ristretto.Config[uint64, *token]{
		NumCounters:        cfg.CachedTokens * 10,
		MaxCost:            cfg.CachedTokens,
		BufferItems:        64,
		IgnoreInternalCost: true, // else its own bookkeeping counts as entries
	})
	if err != nil {
		return nil, fmt.Errorf("make token cache: %w", err)
	}
	return &Enricher{cfg: cfg, tokens: cache, usd: usd}, nil
}

// Close frees the cache.
func (e *Enricher) Close() { e.tokens.Close() }

// Stats returns the counts so far.
func (e *Enricher) Stats() Stats {
	return Stats{Hit: e.stats.hit.Load(), Miss: e.stats.miss.Load(), Absent: e.stats.absent.Load(), Created: e.stats.created.Load()}
}

// Enrich fills the records of one transaction in place, in order: a token created by one record is known to the next. On error
// the records are incomplete and must not be journaled; the caller tries again.
func (e *Enricher) Enrich(ctx context.Context, records []*eventv1.Record) error {
	for _, r := range records {
		var err error
		switch b := r.Body.(type) {
		case *eventv1.Record_TokenCreated:
			err = e.created(ctx, b.TokenCreated)
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

func (e *Enricher) created(ctx context.Context, c *eventv1.TokenCreated) error {
	if len(c.Mint) != len(dex.Key{}) || c.Decimals == nil {
		return nil
	}
	t := &token{mint: dex.Key(c.Mint), symbol: c.Symbol, decimals: c.GetDecimals(), known: true}
	if err := e.cfg.Tokens.Put(ctx, t.mint.String(), t.encode()); err != nil {
		return fmt.Errorf("store metadata of token %s: %w", t.mint, err)
	}
	e.stats.created.Add(1)
	e.tokens.Set(cacheKey(c.Mint), t, 1)
	return nil
}

func (e *Enricher) trade(ctx context.Context, t *eventv1.Trade) error {
	found, err := e.lookup(ctx, t.Mint)
	if err != nil || !found.known {
		return err
	}
	t.Symbol = found.symbol
	if t.BaseDecimals == nil {
		t.BaseDecimals = &found.decimals
	}
	return nil
}

func (e *Enricher) symbol(ctx context.Context, mint []byte) (string, error) {
	t, err := e.lookup(ctx, mint)
	if err != nil {
		return "", err
	}
	return t.symbol, nil
}

var unknown = &token{}

// lookup asks the cache, then the table, and remembers an absent mint for a while.
func (e *Enricher) lookup(ctx context.Context, mint []byte) (*token, error) {
	if len(mint) != len(dex.Key{}) {
		return unknown, nil
	}
	if t, ok := e.tokens.Get(cacheKey(mint)); ok && t.mint == dex.Key(mint) {
		e.stats.hit.Add(1)
		return t, nil
	}
	key := dex.Key(mint)
	value, found, err := e.cfg.Tokens.Get(ctx, key.String())
	if err != nil {
		return nil, fmt.Errorf("load metadata of token %s: %w", key, err)
	}
	if !found {
		e.stats.absent.Add(1)
		e.tokens.SetWithTTL(cacheKey(mint), &token{mint: key}, 1, e.cfg.AbsentFor)
		return unknown, nil
	}
	t, err := decodeToken(key, value)
	if err != nil {
		return nil, fmt.Errorf("load metadata of token %s: %w", key, err)
	}
	e.stats.miss.Add(1)
	e.tokens.Set(cacheKey(mint), t, 1)
	return t, nil
}

// cacheKey is the first word of a mint. Mints are hashes or curve points, so it spreads well; lookup compares the whole key.
func cacheKey(mint []byte) uint64 { return binary.LittleEndian.Uint64(mint) }

var errShort = errors.New("stored value is cut short")

// encode gives version, decimals, symbol.
func (t *token) encode() []byte { return append([]byte{1, byte(t.decimals)}, t.symbol...) }

func decodeToken(mint dex.Key, value []byte) (*token, error) {
	if len(value) < 2 || value[0] != 1 {
		return nil, errShort
	}
	return &token{mint: mint, decimals: uint32(value[1]), symbol: string(value[2:]), known: true}, nil
}
