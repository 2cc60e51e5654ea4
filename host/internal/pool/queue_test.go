package pool

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
)

func update(size int) *geyser.Update {
	return geyser.NewUpdate("x", make([]byte, size), time.Unix(1, 0))
}

func TestQueueBounds(t *testing.T) {
	q := newQueue(100, 3)
	if ok, _ := q.push(Item{Update: update(200)}); !ok {
		t.Error("an update larger than the queue must fit an empty one, or nothing ever moves")
	}
	if ok, crowded := q.push(Item{Update: update(1)}); ok || !crowded {
		t.Error("pushed beyond the bytes")
	}
	if ok, _ := q.push(Item{Gap: &Gap{}}); !ok {
		t.Error("a gap must always fit")
	}
	if items, bytes := q.size(); items != 2 || bytes != 200 {
		t.Errorf("%d items, %d bytes", items, bytes)
	}
	got, err := q.pop(t.Context(), make([]Item, 0, 10))
	if err != nil || len(got) != 2 || got[0].Update == nil || got[1].Gap == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	for range 3 {
		if ok, _ := q.push(Item{Update: update(1)}); !ok {
			t.Error("no room for three")
		}
	}
	if ok, _ := q.push(Item{Update: update(1)}); ok {
		t.Error("pushed beyond the count")
	}
}

// Order survives growth and wrapping around, for one pusher and one popper at full speed.
func TestQueueKeepsOrder(t *testing.T) {
	q := newQueue(1<<30, 1<<20)
	const n = 200_000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			if ok, _ := q.push(Item{Gap: &Gap{From: uint64(i)}}); !ok {
				t.Error("no room")
			}
		}
		q.close()
	})
	next := uint64(0)
	batch := make([]Item, 0, 7)
	for {
		var err error
		batch, err = q.pop(t.Context(), batch)
		if errors.Is(err, io.EOF) {
			break
		}
		for _, i := range batch {
			if i.Gap.From != next {
				t.Fatalf("item %d came as number %d", i.Gap.From, next)
			}
			next++
		}
	}
	wg.Wait()
	if next != n {
		t.Errorf("%d items, want %d", next, n)
	}
}

func TestQueueWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(100, 4)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := q.pop(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("pop of an empty queue: %v", err)
		}
		for range 4 {
			q.push(Item{Update: update(1)})
		}
		var freed time.Time
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := q.waitRoom(t.Context()); err != nil {
				t.Error(err)
			}
			freed = time.Now()
		})
		start := time.Now()
		for range 3 {
			time.Sleep(time.Second)
			if _, err := q.pop(t.Context(), make([]Item, 0, 1)); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		if took := freed.Sub(start); took != 2*time.Second {
			t.Errorf("room after %v, want when half of the queue was free, after 2 s", took)
		}
	})
}

func BenchmarkQueue(b *testing.B) {
	q := newQueue(256<<20, 1<<18)
	u := update(100)
	b.ReportAllocs()
	batch := make([]Item, 0, 64)
	for b.Loop() {
		q.push(Item{Update: u})
		var err error
		if batch, err = q.pop(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
}
