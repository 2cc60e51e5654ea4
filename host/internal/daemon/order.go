package daemon

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest/merge"
	"github.com/weir-run/weir/host/internal/latency"
	"github.com/weir-run/weir/host/internal/pool"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// order puts what several connections bring into the order of the chain, behind the deduplication. A nil one lets everything pass: at
// processed, where a slot's transactions come while it is made, waiting for all of them would cost more than order is worth.
type order struct {
	merge  *merge.Merge[waiting]
	view   geyser.View
	waived fold.GroupSet
	newest uint64 // slot of what waits
	stats  atomic.Pointer[merge.Stats]
}

// stage tells what waited. Its latency is the wait for other connections.
func (o *order) stage(in uint64, took *latency.Recorder) *adminv1.StageStatus {
	s := o.stats.Load()
	return &adminv1.StageStatus{
		Name: "order", In: in, Out: in - min(in, uint64(s.Items)), Latency: recent(took),
		OutOfOrder: s.Early + s.Late, Held: uint64(s.Items), HeldBytes: uint64(s.Bytes),
	}
}

// waiting is a new transaction that waits for its turn.
type waiting struct {
	update *geyser.Update
	clock  stopwatch // runs while it waits
}

func newOrder(c merge.Config) *order {
	o := &order{merge: merge.New[waiting](c)}
	o.stats.Store(&merge.Stats{})
	return o
}

func (o *order) waits(slot uint64, it pool.Item) bool {
	return o != nil && o.merge.Waits(slot, it.Whole)
}

// hold keeps an update until its turn.
func (p *pipeline) hold(ctx context.Context, tx *geyser.Transaction, u *geyser.Update, clock stopwatch) error {
	u.Detach()
	p.order.merge.Hold(tx.Slot, tx.Index, u.Size(), waiting{u, clock})
	// Block metas look after what waits, but some servers send none: then the next slot has to.
	begins := tx.Slot > p.order.newest
	p.order.newest = max(p.order.newest, tx.Slot)
	if begins || p.order.merge.Full() {
		return p.proceed(ctx)
	}
	return nil
}

// proceed hands on what no longer has to wait, and tells the journal up to where everything is in it.
func (p *pipeline) proceed(ctx context.Context) error {
	complete := p.ingest.Complete()
	o := p.order
	if o == nil {
		p.journal.Complete(complete)
		return nil
	}
	err := o.merge.Release(time.Now(), p.router.Load().active, p.ingest.Frontier, func(w waiting) error { return p.turn(ctx, w) })
	if err != nil {
		return err
	}
	p.journal.Complete(min(complete, o.merge.Bound()))
	stats := o.merge.Stats()
	o.stats.Store(&stats)
	if waived := o.merge.Waived(); waived != o.waived {
		o.waived = waived
		p.log.Warn("groups that are far behind are no longer waited for: their records come out of order until they have caught up", "groups", p.pool.Names(waived))
	}
	return nil
}

// turn records a transaction that waited.
func (p *pipeline) turn(ctx context.Context, w waiting) error {
	defer w.update.Release()
	w.clock.lap("order", &p.took.order)
	if err := p.order.view.Read(w.update.Raw()); err != nil {
		return fmt.Errorf("read an update again: %w", err)
	}
	return p.record(ctx, &p.order.view.Tx, w.update.Received(), &w.clock)
}
