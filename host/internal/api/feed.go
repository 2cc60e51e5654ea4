package api

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/weir-run/weir/host/internal/jsonl"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// ringSize is how many of the newest outputs are held for readers that are live; who is further behind reads the journal.
const ringSize = 8192

// feed reads the tail of outputs and alerts once for all readers, while there are any. A reader takes what it wants at its own pace: one
// that stands still costs the others nothing.
type feed struct {
	source Source
	log    *slog.Logger

	mu      sync.Mutex
	ring    []*entry // the newest outputs, contiguous in the journal
	alerts  []*adminv1.AlertsResponse
	status  []byte
	readers []chan struct{} // one of each reader, told that there is something new
	changed chan struct{}   // told at each change
	wanted  chan struct{}   // told when the first reader comes
}

func newFeed(source Source, log *slog.Logger) *feed {
	return &feed{source: source, log: log, changed: make(chan struct{}, 1), wanted: make(chan struct{}, 1)}
}

// run reads while there are readers, until ctx ends.
func (f *feed) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wanted:
		}
		reading, stop := context.WithCancel(ctx)
		var all sync.WaitGroup
		all.Go(func() { f.readOutputs(reading) })
		all.Go(func() { f.readAlerts(reading) })
		all.Go(func() { f.readStatus(reading) })
		all.Go(func() { f.tellReaders(reading) })
		f.untilIdle(ctx)
		stop()
		all.Wait()
		f.forget()
	}
}

// idle is how long the feed goes on without a reader.
const idle = 5 * time.Second

func (f *feed) untilIdle(ctx context.Context) {
	for ctx.Err() == nil {
		before := f.open()
		select {
		case <-ctx.Done():
		case <-time.After(idle):
		}
		if before == 0 && f.open() == 0 {
			return
		}
	}
}

// forget empties the feed: what is held now would not be contiguous with what comes.
func (f *feed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring, f.alerts, f.status = nil, nil, nil
}

// change changes the feed, which readers are then told.
func (f *feed) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	tell(f.changed)
}

func (f *feed) readOutputs(ctx context.Context) {
	next := uint64(0)
	f.again(ctx, "outputs", func() error {
		req := &adminv1.EventsRequest{Follow: true, From: next}
		if next == 0 {
			req.Tail = 1
		}
		// What comes after a hole is not contiguous with what is held: readers get it from the journal, which tells them of the hole.
		missed := func(uint64, uint64) { f.change(func() { f.ring = nil }) }
		return f.source.Events(ctx, req, missed, func(position uint64, data []byte) error {
			entries, err := entriesOf(position, data)
			if err != nil {
				return err
			}
			next = position + 1
			f.change(func() {
				f.ring = append(f.ring, entries...)
				if len(f.ring) > 2*ringSize {
					f.ring = append([]*entry(nil), f.ring[len(f.ring)-ringSize:]...)
				}
			})
			return nil
		})
	})
}

func (f *feed) readAlerts(ctx context.Context) {
	next := uint64(0)
	f.again(ctx, "alerts", func() error {
		req := &adminv1.AlertsRequest{Follow: true, From: next}
		if next == 0 {
			req.Tail = 1
		}
		return f.source.Alerts(ctx, req, func(r *adminv1.AlertsResponse) error {
			next = r.GetPosition() + 1
			f.change(func() {
				f.alerts = append(f.alerts, r)
				f.alerts = f.alerts[max(0, len(f.alerts)-100):]
			})
			return nil
		})
	})
}

// again calls read whenever it ends, until ctx does.
func (f *feed) again(ctx context.Context, what string, read func() error) {
	for ctx.Err() == nil {
		if err := read(); err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			f.log.Warn("the live feed is read again", "of", what, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// readStatus takes a status a second, for all readers the same.
func (f *feed) readStatus(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		status := jsonl.Append(nil, f.source.Status())
		f.change(func() { f.status = status })
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// seen is what the feed holds beyond a place, in one look.
type seen struct {
	outputs []*entry
	behind  bool // the ring may begin too late for the reader
	alerts  []*adminv1.AlertsResponse
	status  []byte

	alertsBehind bool // the alerts that are held begin too late for the reader
}

// after looks for what lies beyond a place and an alert.
func (f *feed) after(at place, alert uint64) seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := seen{status: f.status, alertsBehind: len(f.alerts) > 0 && f.alerts[0].GetPosition() > alert+1}
	for _, r := range f.alerts {
		if r.GetPosition() > alert {
			s.alerts = append(s.alerts, r)
		}
	}
	first := len(f.ring)
	for first > 0 && f.ring[first-1].after(at) {
		first--
	}
	if s.behind = first == 0; !s.behind { // what came before the ring is not known here
		s.outputs = f.ring[first:]
	}
	return s
}
