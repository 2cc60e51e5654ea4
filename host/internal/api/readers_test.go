package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/api"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// walked counts the walks through a daemon's journal that end.
type walked struct {
	*daemon
	walks atomic.Int64
	slow  time.Duration // each of them takes so long
}

func (w *walked) Events(ctx context.Context, req *adminv1.EventsRequest, missed func(from, to uint64), visit func(uint64, []byte) error) error {
	if !req.GetFollow() {
		w.walks.Add(1)
		time.Sleep(w.slow)
	}
	return w.daemon.Events(ctx, req, missed, visit)
}

// TestReadersOfAnEmptyJournalWalkOnce: when its first output comes, all readers have it from the feed. A thousand that went to the journal
// then, and at each status before, took the processor from the pipeline.
func TestReadersOfAnEmptyJournalWalkOnce(t *testing.T) {
	d := &walked{daemon: newDaemon()}
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream?last_event_id=0.1~0"
	var readers []*sse
	for range 20 {
		s := openSSE(t, url, "")
		defer s.close()
		readers = append(readers, s)
	}
	time.Sleep(2500 * time.Millisecond) // two statuses
	const batches = 50
	for range batches {
		d.store(t, "trading", "trade")
		time.Sleep(2 * time.Millisecond)
	}
	for i, s := range readers {
		for n := range batches {
			if topic, data := s.next(t); topic != "outputs" || placeIn(t, data) != fmt.Sprintf("%d.0", 10*(n+1)) {
				t.Fatalf("reader %d, output %d: %s %s", i, n, topic, data)
			}
		}
	}
	// One asks for the newest output and one finds nothing; before the feed has begun, another may.
	if n := d.walks.Load(); n > 3*int64(len(readers)) {
		t.Errorf("%d readers walked through the journal %d times", len(readers), n)
	}
}

// TestReadersInOnePlaceShareAWalk: those of a daemon that began anew all come at once.
func TestReadersInOnePlaceShareAWalk(t *testing.T) {
	d := &walked{daemon: newDaemon(), slow: 200 * time.Millisecond}
	const batches, readers = 30, 40
	for range batches {
		d.store(t, "trading", "trade")
	}
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream"
	openSSE(t, url, "").close() // the feed begins with the newest
	before := d.walks.Load()
	var open []*sse
	for range readers {
		s := openSSE(t, url+"?last_event_id=10.0~0", "")
		defer s.close()
		open = append(open, s)
	}
	for i, s := range open {
		for n := range batches - 1 {
			if _, data := s.next(t); placeIn(t, data) != outputAt(n+1, 1) {
				t.Fatalf("reader %d: %s", i, data)
			}
		}
	}
	if n := d.walks.Load() - before; n > readers/4 {
		t.Errorf("%d readers walked through the journal %d times", readers, n)
	}
}

// placeIn returns the id that an output is led by.
func placeIn(tb testing.TB, data string) string {
	tb.Helper()
	var o struct{ ID string }
	if err := json.Unmarshal([]byte(data), &o); err != nil {
		tb.Fatalf("%q: %v", data, err)
	}
	return o.ID
}

// TestReadersMissNothingAndReadNothingTwice: readers come and go at any time while more is stored than the feed holds.
func TestReadersMissNothingAndReadNothingTwice(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	const batches, first, perBatch = 44, 5, 400 // more than twice what the feed holds
	d := newDaemon()
	kinds := slices.Repeat([]string{"trade"}, perBatch)
	for range first {
		d.store(t, "trading", kinds...)
	}
	url := serve(t, api.Config{Source: d}) + "/api/v1/stream"
	var storing sync.WaitGroup
	defer storing.Wait()
	storing.Go(func() {
		for range batches - first {
			d.store(t, "trading", kinds...)
			time.Sleep(5 * time.Millisecond)
		}
	})
	t.Run("readers", func(t *testing.T) {
		for i := range 4 {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			next, last := 0, "0.1~0" // next is counted over all batches
			if i%2 == 1 {
				next = 1 + random.IntN(first*perBatch-1)
				last = outputAt(next-1, perBatch) + "~0"
			}
			t.Run(last, func(t *testing.T) {
				t.Parallel()
				for next < batches*perBatch {
					s := openSSE(t, url+"?last_event_id="+last, "")
					for range min(1+random.IntN(batches*perBatch/2), batches*perBatch-next) {
						if _, data := s.next(t); placeIn(t, data) != outputAt(next, perBatch) {
							t.Fatalf("%s came, want %s", placeIn(t, data), outputAt(next, perBatch))
						}
						next++
					}
					last = s.id
					s.close()
				}
			})
		}
	})
}

// outputAt is the id of the nth output when all batches are of one size.
func outputAt(n, perBatch int) string { return fmt.Sprintf("%d.%d", 10*(1+n/perBatch), n%perBatch) }
