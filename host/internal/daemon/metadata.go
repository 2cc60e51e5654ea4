package daemon

import (
	"context"
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/monitor/ask"
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
	d.late = prices
	if d.births, err = d.journal.Table(ctx, "births"); err != nil {
		return fmt.Errorf("open table of instances: %w", err)
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

// lateToken is the key under which the token is kept that was found out last, with the number of its record.
const lateToken = "late_token"

// learned takes what was found out of a token. It is stored before it is journaled: a monitor that was given its record, or any after it,
// must get it as an answer, and get it again in a replay.
func (p *pipeline) learned(ctx context.Context, m *eventv1.TokenMetadata) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	known, err := p.enricher.Token(ctx, dex.Key(m.GetMint()))
	if err != nil || known != nil {
		return err
	}
	number := p.journal.Next()
	if err := p.keepLate(ctx, m, number); err != nil {
		return err
	}
	if err := p.enricher.Learn(ctx, m, number); err != nil {
		return err
	}
	return p.journalToken(m, p.newest)
}

// keepLate notes the token that is journaled next, with the number of its record.
func (p *pipeline) keepLate(ctx context.Context, m *eventv1.TokenMetadata, number uint64) error {
	row, err := proto.MarshalOptions{}.MarshalAppend(binary.LittleEndian.AppendUint64(nil, number), m)
	if err != nil {
		return fmt.Errorf("encode metadata: %w", err)
	}
	return p.late.Put(ctx, lateToken, row)
}

// rejournal journals the token again that was found out last, when its record did not become durable before the host died.
func (p *pipeline) rejournal(ctx context.Context) error {
	row, found, err := p.late.Get(ctx, lateToken)
	s := p.journal.Status()
	if err != nil || !found || len(row) < 8 || binary.LittleEndian.Uint64(row) <= s.Last {
		return err
	}
	m := &eventv1.TokenMetadata{}
	if err := proto.Unmarshal(row[8:], m); err != nil {
		return fmt.Errorf("token that was found out last: %w", err)
	}
	known, err := p.enricher.Token(ctx, dex.Key(m.GetMint()))
	if err != nil || known == nil { // it died before the token was learned: that is done again when it is seen again
		return err
	}
	if err := p.keepLate(ctx, m, p.journal.Next()); err != nil {
		return err
	}
	return p.journalToken(m, s.CompleteSlot)
}

// journalToken journals a token under a slot that others are recorded of.
func (p *pipeline) journalToken(m *eventv1.TokenMetadata, slot uint64) error {
	p.count.notes.Add(1)
	return p.note(&eventv1.Record{Slot: slot, Body: &eventv1.Record_TokenMetadata{TokenMetadata: m}})
}

// caches tells how enrichment does.
func (d *Daemon) caches() (out []*adminv1.CacheStatus) {
	for _, c := range d.enricher.Caches() {
		out = append(out, &adminv1.CacheStatus{
			Name: c.Name, Hits: c.Hits, Misses: c.Misses, Absent: c.Absent, Stale: c.Stale, Dropped: c.Dropped,
			Bytes: uint64(c.Bytes), LimitBytes: uint64(c.Limit), AbsentTtlMillis: uint64(c.AbsentTTL.Milliseconds()), Load: recent(c.Load),
		})
	}
	for _, m := range d.roster.all() {
		out = append(out, askedOf(m.plugin.Name, m.Asked())...)
	}
	return out
}

// askedOf tells what a monitor asked; nothing when it asked nothing.
func askedOf(instance string, m *ask.Meters) (out []*adminv1.CacheStatus) {
	for _, row := range []struct {
		name string
		of   *ask.Lookups
	}{{"tokens", &m.Tokens}, {"pools", &m.Pools}, {"prices", &m.Prices}} {
		c := &adminv1.CacheStatus{Name: instance + "/" + row.name, Hits: row.of.Hit.Load(), Absent: row.of.Absent.Load(), Stale: row.of.Stale.Load()}
		if c.GetHits()+c.GetAbsent()+c.GetStale() == 0 {
			continue
		}
		if row.of != &m.Tokens {
			c.Load = recent(&m.Fold)
		}
		out = append(out, c)
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
