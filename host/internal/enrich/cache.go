package enrich

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/ristretto/v2"
	"golang.org/x/sync/singleflight"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/latency"
)

// Bounds of what a cache changes by itself, and how often it looks.
const (
	tuneEvery    = 10 * time.Second
	tuneLookups  = 1024 // between two looks at the clock
	shortestTTL  = 15 * time.Second
	longestTTL   = 10 * time.Minute
	firstTTL     = time.Minute
	smallestPart = 8 // of the memory limit, at the least
)

// cache is Ristretto in front of something that lasts. Ristretto drops writes when it is busy, and a new key is not readable at once, so
// it is never the only copy: load brings what it does not have. Any number of goroutines.
type cache[V any] struct {
	name   string
	budget int64 // bytes that it may ever hold
	store  *ristretto.Cache[uint64, *entry[V]]
	load   func(ctx context.Context, key dex.Key) (value V, found bool, err error)
	size   func(value V) int64
	flight singleflight.Group

	news recent[V] // values that came after their absence was noted

	hits, misses, absents, stale, lookups atomic.Uint64
	took                                  latency.Recorder
	ttl                                   atomic.Int64 // of absences, nanoseconds

	tuning sync.Mutex // guards all below
	tuned  time.Time
	seen   struct{ hits, lookups uint64 }
}

// entry is what is known of a key. known is false for one that is known to be absent, until a time.
type entry[V any] struct {
	key   dex.Key
	value V
	known bool
	until time.Time
}

// entryCost is what an entry takes beside its value, about: Ristretto's maps and policy, and the entry itself.
const entryCost = 200

func newCache[V any](name string, budget int64, size func(V) int64, load func(context.Context, dex.Key) (V, bool, error)) (*cache[V], error) {
	store, err := ristretto.NewCache(&ristretto.Config[uint64, *entry[V]]{
		NumCounters:        max(budget/entryCost, 100) * 10,
		MaxCost:            max(budget/smallestPart*2, 1),
		BufferItems:        64,
		Metrics:            true,
		IgnoreInternalCost: true, // else its own bookkeeping counts as entries
	})
	if err != nil {
		return nil, fmt.Errorf("make cache of %s: %w", name, err)
	}
	c := &cache[V]{name: name, budget: budget, store: store, load: load, size: size, tuned: time.Now()}
	c.ttl.Store(int64(firstTTL))
	return c, nil
}

func (c *cache[V]) close() { c.store.Close() }

// get returns the value of a key, from the cache or from behind it.
func (c *cache[V]) get(ctx context.Context, key dex.Key) (value V, found bool, err error) {
	if c.lookups.Add(1)%tuneLookups == 0 {
		c.tune(time.Now())
	}
	if e, ok := c.store.Get(slot(key)); ok && e.key == key {
		if e.known {
			c.hits.Add(1)
			return e.value, true, nil
		}
		if value, came := c.news.of(key); came {
			c.hits.Add(1)
			return value, true, nil
		}
		if time.Now().Before(e.until) {
			c.hits.Add(1)
			return value, false, nil
		}
		c.stale.Add(1)
	}
	return c.fetch(ctx, key)
}

// fetch asks what stands behind; several that ask for one key share the answer.
func (c *cache[V]) fetch(ctx context.Context, key dex.Key) (value V, found bool, err error) {
	answer, err, _ := c.flight.Do(string(key[:]), func() (any, error) {
		start := time.Now()
		value, found, err := c.load(ctx, key)
		now := time.Now()
		c.took.Add(now, now.Sub(start))
		return entry[V]{value: value, known: found}, err
	})
	if err != nil {
		return value, false, err
	}
	e := answer.(entry[V])
	if !e.known {
		c.absents.Add(1)
		ttl := time.Duration(c.ttl.Load())
		c.store.SetWithTTL(slot(key), &entry[V]{key: key, until: time.Now().Add(ttl)}, entryCost, 2*ttl)
		return value, false, nil
	}
	c.misses.Add(1)
	c.put(key, e.value)
	return e.value, true, nil
}

// learn keeps a value that has just been stored behind the cache, where the absence of its key may be known. Ristretto takes no new entry
// for a key that still waits to be entered, drops any when it is busy, and may enter the absence a moment later: so that is deleted, which
// is never dropped, and not believed in the meantime.
func (c *cache[V]) learn(key dex.Key, value V) {
	c.news.add(key, value)
	c.store.Del(slot(key))
	c.put(key, value)
}

// put keeps a value that is stored behind the cache.
func (c *cache[V]) put(key dex.Key, value V) {
	c.store.Set(slot(key), &entry[V]{key: key, value: value, known: true}, entryCost+c.size(value))
}

// recentKept is how many values a recent holds: far more than come while Ristretto is behind.
const recentKept = 1024

// recent holds the newest values.
type recent[V any] struct {
	mu     sync.Mutex // guards all below
	values map[dex.Key]V
	ring   [recentKept]dex.Key
	next   int
}

func (r *recent[V]) add(key dex.Key, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.values == nil {
		r.values = map[dex.Key]V{}
	}
	if _, there := r.values[key]; !there {
		delete(r.values, r.ring[r.next])
		r.ring[r.next] = key
		r.next = (r.next + 1) % recentKept
	}
	r.values[key] = value
}

func (r *recent[V]) of(key dex.Key) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok := r.values[key]
	return value, ok
}

// tune follows the hit rate within the memory limit: a cache that misses gets room, and asks less often for what is absent; one that does
// not need its room gives it back; one at its limit forgets absences sooner.
func (c *cache[V]) tune(now time.Time) {
	if !c.tuning.TryLock() {
		return
	}
	defer c.tuning.Unlock()
	if now.Sub(c.tuned) < tuneEvery {
		return
	}
	hits, lookups := c.hits.Load(), c.lookups.Load()
	rate := float64(hits-c.seen.hits) / float64(max(lookups-c.seen.lookups, 1))
	c.tuned, c.seen.hits, c.seen.lookups = now, hits, lookups
	limit, used, ttl := c.store.MaxCost(), c.used(), time.Duration(c.ttl.Load())
	switch {
	case used > c.budget*9/10:
		ttl = ttl * 4 / 5
	case rate < 0.9:
		ttl = ttl * 5 / 4
	}
	switch {
	case rate < 0.95 && used > limit*3/4:
		limit = limit * 5 / 4
	case rate > 0.98 && used < limit/2:
		limit = limit * 4 / 5
	}
	c.ttl.Store(int64(min(max(ttl, shortestTTL), longestTTL)))
	c.store.UpdateMaxCost(min(max(limit, c.budget/smallestPart), c.budget))
}

func (c *cache[V]) used() int64 {
	m := c.store.Metrics
	return int64(m.CostAdded()) - int64(m.CostEvicted())
}

// CacheStats is a cache since start.
type CacheStats struct {
	// Name of what it holds.
	Name string
	// Hits were answered by the cache, Misses by what stands behind it, Absent by neither. Stale entries were found and not believed any
	// more. Dropped entries found no room.
	Hits, Misses, Absent, Stale, Dropped uint64
	// Bytes held, about, and how many it may hold now.
	Bytes, Limit int64
	// AbsentTTL is how long an absence is believed now.
	AbsentTTL time.Duration
	// Load is how long lookups behind the cache took.
	Load *latency.Recorder
}

func (c *cache[V]) stats() CacheStats {
	m := c.store.Metrics
	return CacheStats{
		Name: c.name, Hits: c.hits.Load(), Misses: c.misses.Load(), Absent: c.absents.Load(), Stale: c.stale.Load(),
		Dropped: m.SetsDropped() + m.SetsRejected() + m.KeysEvicted(), Bytes: max(c.used(), 0), Limit: c.store.MaxCost(),
		AbsentTTL: time.Duration(c.ttl.Load()), Load: &c.took,
	}
}

// slot is the first word of a key. Keys are hashes or curve points, so it spreads well; get compares the whole key.
func slot(key dex.Key) uint64 { return binary.LittleEndian.Uint64(key[:]) }
