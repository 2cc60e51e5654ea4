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

// feed reads the tail of outputs and alerts once for all readers, while there are any. A reader takes what it wants at its own pace: one
// that stands still costs the others nothing.
type feed struct {
	source Source
	log    *slog.Logger

	mu      sync.Mutex
	ring    ring
	alerts  []*adminv1.AlertsResponse
	status  []byte
	readers []chan struct{} // one of each reader, told that there is something new
	changed chan struct{}   // told at each change
	wanted  chan struct{}   // told when the first reader comes

	noAlerts bool // there was none when the feed began
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
	f.ring, f.alerts, f.noAlerts, f.status = ring{}, nil, false, nil
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
		if next == 0 { // where it begins must be known, not only seen by what comes: else a reader cannot tell whether it has all
			newest, err := newestOutput(ctx, f.source)
			if err != nil {
				return err
			}
			next = max(newest.position, 1)
			f.change(func() { f.ring.begin(next) })
		}
		// What comes after a hole is not contiguous with what is held: readers get it from the journal, which tells them of the hole.
		missed := func(_, to uint64) {
			next = to + 1
			f.change(func() { f.ring.begin(next) })
		}
		return f.source.Events(ctx, &adminv1.EventsRequest{Follow: true, From: next}, missed, func(position uint64, data []byte) error {
			entries, err := entriesOf(position, data)
			if err != nil {
				return err
			}
			next = position + 1
			f.change(func() { f.ring.add(position, entries) })
			return nil
		})
	})
}

// newestOutput asks the journal for the place of its newest output.
func newestOutput(ctx context.Context, source Source) (place, error) {
	newest := nothing
	err := source.Events(ctx, &adminv1.EventsRequest{Tail: 1}, nil, func(position uint64, data []byte) error {
		entries, err := entriesOf(position, data)
		if err == nil && len(entries) > 0 {
			newest = entries[len(entries)-1].place
		}
		return err
	})
	return newest, err
}

// newestAlert asks the journal for the position of its newest alert; 0 when it has none.
func newestAlert(ctx context.Context, source Source) (position uint64, err error) {
	err = source.Alerts(ctx, &adminv1.AlertsRequest{Tail: 1}, func(a *adminv1.AlertsResponse) error {
		position = a.GetPosition()
		return nil
	})
	return position, err
}

// newest is the place of the newest output and alert, as far as they are known here.
func (f *feed) newest() (output place, alert uint64, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.alerts); n > 0 {
		alert = f.alerts[n-1].GetPosition()
	} else if !f.noAlerts {
		return place{}, 0, false
	}
	output, ok = f.ring.newest()
	return output, alert, ok
}

func (f *feed) readAlerts(ctx context.Context) {
	next := uint64(0)
	f.again(ctx, "alerts", func() error {
		if next == 0 {
			newest, err := newestAlert(ctx, f.source)
			if err != nil {
				return err
			}
			next = max(newest, 1)
			f.change(func() { f.noAlerts = newest == 0 })
		}
		return f.source.Alerts(ctx, &adminv1.AlertsRequest{Follow: true, From: next}, func(r *adminv1.AlertsResponse) error {
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

// read is the position up to before which the feed has read the journal; 0 when it has not begun.
func (f *feed) read() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ring.next
}

// seen is what the feed holds beyond a place, in one look.
type seen struct {
	outputs []*entry
	behind  bool   // the ring may begin too late for the reader
	next    uint64 // as of feed.read
	alerts  []*adminv1.AlertsResponse
	status  []byte

	alertsBehind bool // the alerts that are held begin too late for the reader
}

// after looks for what lies beyond a place and an alert, for a reader to whom nothing before position need is new.
func (f *feed) after(at place, need, alert uint64) seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := seen{status: f.status, next: f.ring.next, alertsBehind: len(f.alerts) > 0 && f.alerts[0].GetPosition() > alert+1}
	for _, r := range f.alerts {
		if r.GetPosition() > alert {
			s.alerts = append(s.alerts, r)
		}
	}
	var whole bool
	s.outputs, whole = f.ring.after(at, need)
	s.behind = !whole
	return s
}
