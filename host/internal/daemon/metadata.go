package daemon

import (
	"context"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/rpc"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// initEnrich makes what fills records, and what asks an RPC node for tokens that nobody knows, where one is configured.
func (d *Daemon) initEnrich(ctx context.Context) error {
	tokens, err := d.journal.Table(ctx, "tokens")
	if err != nil {
		return fmt.Errorf("open token table: %w", err)
	}
	prices, err := d.journal.Table(ctx, "prices")
	if err != nil {
		return fmt.Errorf("open price table: %w", err)
	}
	c := enrich.Config{
		Tokens: tokens, Memory: int64(d.cfg.Enrich.Memory), Next: d.journal.Next,
		Dollars: enrich.DollarConfig{Pools: d.cfg.SOLPrice.Pools, MaxAge: uint64(d.cfg.SOLPrice.MaxAgeSlots), Kept: prices},
	}
	if d.cfg.RPC.URL != "" && d.cfg.Enrich.MetadataPerSecond > 0 {
		if err := d.initFetcher(); err != nil {
			return err
		}
		c.Want = d.fetcher.Want
	}
	d.enricher, err = enrich.New(ctx, c)
	return err
}

func (d *Daemon) initFetcher() error {
	node, err := rpc.New(rpc.Config{URL: d.cfg.RPC.URL, RequestsPerSecond: d.cfg.Enrich.MetadataPerSecond})
	if err != nil {
		return err
	}
	d.fetcher, err = enrich.NewFetcher(enrich.FetchConfig{
		Node: node, Commitment: d.answersAt(), Log: d.log.With("room", "enrich"),
		Deliver: func(ctx context.Context, m *eventv1.TokenMetadata) error { return d.pipeline.learned(ctx, m) },
	})
	return err
}

// answersAt is the commitment at which an RPC node is asked: it knows none below confirmed that lasts.
func (d *Daemon) answersAt() string {
	if d.cfg.Commitment == "finalized" {
		return "finalized"
	}
	return "confirmed"
}

// learned journals what was found out of a token, and then lets later records have it. In this order: what an answer to a monitor says
// must stand in the journal before.
func (p *pipeline) learned(ctx context.Context, m *eventv1.TokenMetadata) error {
	number, err := p.journalToken(ctx, m)
	if err != nil || number == 0 {
		return err
	}
	if err := p.journal.Flush(ctx); err != nil {
		return err
	}
	return p.enricher.Learn(ctx, m, number)
}

// journalToken journals a token under the newest slot there is, unless it has become known meanwhile: then it returns 0.
func (p *pipeline) journalToken(ctx context.Context, m *eventv1.TokenMetadata) (number uint64, err error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	known, err := p.enricher.Token(ctx, dex.Key(m.GetMint()))
	if err != nil || known != nil {
		return 0, err
	}
	number = p.journal.Next()
	p.count.notes.Add(1)
	return number, p.note(&eventv1.Record{Slot: p.newest, Body: &eventv1.Record_TokenMetadata{TokenMetadata: m}})
}

// caches tells how enrichment does.
func (d *Daemon) caches() (out []*adminv1.CacheStatus) {
	for _, c := range d.enricher.Caches() {
		out = append(out, &adminv1.CacheStatus{
			Name: c.Name, Hits: c.Hits, Misses: c.Misses, Absent: c.Absent, Stale: c.Stale, Dropped: c.Dropped,
			Bytes: uint64(c.Bytes), LimitBytes: uint64(c.Limit), AbsentTtlMillis: uint64(c.AbsentTTL.Milliseconds()), Load: recent(c.Load),
		})
	}
	return out
}

func (d *Daemon) fetchStatus() *adminv1.FetchStatus {
	if d.fetcher == nil {
		return nil
	}
	s := d.fetcher.Stats()
	return &adminv1.FetchStatus{
		Asked: s.Asked, Found: s.Found, Absent: s.Absent, Failed: s.Failed, Dropped: s.Dropped, Waiting: uint64(s.Waiting),
		Request: recent(s.Request), LastError: s.LastError,
	}
}
