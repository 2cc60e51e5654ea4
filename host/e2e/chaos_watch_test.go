package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/admin"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// recovery measures how long each fault was felt. A fault strikes while a slot is played; it is over when something of a later slot
// has come through:
//   - of an endpoint: the journal's frontier is past the slot, so all of a later slot is durable, of every group;
//   - of a plugin: that instance has stored an output of a later slot;
//   - of the host: any instance has (and, as a line of its own, every instance has).
//
// A fault that lasts (silence, refused opens) counts from its beginning. Whatever strikes meanwhile, the clock of a fault runs on. What
// is still open when the host is killed goes to a line of its own, since it then measures the kill.
type recovery struct {
	mu      sync.Mutex
	waiting []*waiting
	took    map[string][]time.Duration
	idle    int
}

// waiting is a fault that is not over.
type waiting struct {
	line string
	at   time.Time
	slot uint64
	// instances whose outputs end it, and how many of them it takes; none: the frontier does.
	instances []string
	need      int
}

const (
	hostAll   = "host kill -9, every monitor"
	overtaken = "any, then the host killed"
)

func newRecovery() *recovery { return &recovery{took: map[string][]time.Duration{}} }

// begin starts the clock of a fault.
func (r *recovery) begin(line string, slot uint64, need int, instances ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, &waiting{line: line, at: time.Now(), slot: slot, instances: slices.Clone(instances), need: need})
}

// killed moves what is not over: the host was killed.
func (r *recovery) killed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.waiting {
		w.line = overtaken
	}
}

// frontier tells how far the journal is complete.
func (r *recovery) frontier(slot uint64) {
	r.done(func(w *waiting) bool { return w.need == 0 && slot > w.slot })
}

// output tells of a stored output.
func (r *recovery) output(instance string, slot uint64) {
	r.done(func(w *waiting) bool {
		if i := slices.Index(w.instances, instance); i >= 0 && slot > w.slot {
			w.instances = slices.Delete(w.instances, i, i+1)
			w.need--
			return w.need == 0
		}
		return false
	})
}

func (r *recovery) done(over func(*waiting) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = slices.DeleteFunc(r.waiting, func(w *waiting) bool {
		if !over(w) {
			return false
		}
		r.took[w.line] = append(r.took[w.line], time.Since(w.at))
		return true
	})
}

// quantile of sorted durations: the smallest that at least that share does not exceed.
func quantile(sorted []time.Duration, share float64) time.Duration {
	n := int(share * float64(len(sorted)))
	if float64(n) < share*float64(len(sorted)) {
		n++
	}
	return sorted[max(n, 1)-1]
}

// report prints the table and returns, of all endpoint faults together and of the killed host, the 99th percentiles.
func (r *recovery) report(t *testing.T) (endpoints, host time.Duration) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.waiting {
		t.Errorf("%s at slot %d is not over after %s", w.line, w.slot, time.Since(w.at).Round(time.Millisecond))
	}
	const all = "all endpoint faults"
	for _, m := range mix {
		if m.class.ofEndpoint() {
			r.took[all] = append(r.took[all], r.took[string(m.class)]...)
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-28s %5s %9s %9s %9s\n", "recovery", "n", "p50 ms", "p99 ms", "max ms")
	p99 := map[string]time.Duration{}
	for _, line := range slices.Sorted(maps.Keys(r.took)) {
		took := slices.Sorted(slices.Values(r.took[line]))
		if len(took) == 0 {
			continue
		}
		p99[line] = quantile(took, 0.99)
		fmt.Fprintf(&table, "%-28s %5d %9d %9d %9d\n", line, len(took), quantile(took, 0.5).Milliseconds(), p99[line].Milliseconds(), took[len(took)-1].Milliseconds())
	}
	fmt.Fprintf(&table, "%d more struck an endpoint that had no stream open", r.idle)
	t.Log("\n" + table.String())
	return p99[all], p99[string(hostKill)]
}

// follow reads events, each position once, from hosts that come and go, until ctx ends.
func follow(ctx context.Context, dataDir string, y *tally, r *recovery) {
	next := uint64(1)
	for ctx.Err() == nil {
		if client, err := admin.Dial(dataDir); err == nil {
			next = followOne(ctx, client, next, y, r)
			_ = client.Close()
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func followOne(ctx context.Context, client *admin.Client, next uint64, y *tally, r *recovery) uint64 {
	stream, err := client.Events(ctx, &adminv1.EventsRequest{Follow: true, From: next})
	if err != nil {
		return next
	}
	for {
		e, err := stream.Recv()
		if err != nil {
			return next
		}
		next = e.GetPosition() + 1
		y.reported(e.GetBatch())
		outputs := e.GetBatch().GetOutputs()
		r.output(e.GetBatch().GetInstance(), outputs[len(outputs)-1].GetSlot())
	}
}

// watch asks hosts that come and go for the frontier of the journal, until ctx ends.
func watch(ctx context.Context, dataDir string, r *recovery) {
	for ctx.Err() == nil {
		if client, err := admin.Dial(dataDir); err == nil {
			for err == nil && ctx.Err() == nil {
				var s *adminv1.StatusResponse
				if s, err = client.Status(ctx, &adminv1.StatusRequest{}); err == nil {
					r.frontier(s.GetJournal().GetCompleteSlot())
				}
				time.Sleep(20 * time.Millisecond)
			}
			_ = client.Close()
		}
		time.Sleep(5 * time.Millisecond)
	}
}
