package keyed

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/weir-run/weir/sdk/pack"
)

// values reads values from their bytes, beside the walk over the entries: each of the two is about half of what restoring takes.
type values[V any] struct {
	read  func(*pack.Reader, *V)
	batch []unread[V]
	queue chan []unread[V] // nil until there is a whole batch: of few values, reading is no work

	readers sync.WaitGroup
	mu      sync.Mutex
	wrong   error
}

// unread is a value and its bytes. Its place must not move.
type unread[V any] struct {
	value *V
	bytes []byte
}

const (
	batchSize   = 512
	mostReaders = 3
)

// add has a value read.
func (v *values[V]) add(value *V, bytes []byte) {
	if v.batch == nil {
		v.batch = make([]unread[V], 0, batchSize)
	}
	if v.batch = append(v.batch, unread[V]{value, bytes}); len(v.batch) < batchSize {
		return
	}
	if v.queue == nil {
		v.queue = make(chan []unread[V], 2*mostReaders)
		for range min(runtime.GOMAXPROCS(0), mostReaders) {
			v.readers.Go(func() {
				for batch := range v.queue {
					v.readAll(batch)
				}
			})
		}
	}
	v.queue <- v.batch
	v.batch = nil
}

// wait reads what is left, and returns what was wrong with any.
func (v *values[V]) wait() error {
	v.readAll(v.batch)
	if v.queue != nil {
		close(v.queue)
	}
	v.readers.Wait()
	v.batch, v.queue = nil, nil
	return v.wrong
}

func (v *values[V]) readAll(batch []unread[V]) {
	var r pack.Reader
	for _, one := range batch {
		r = *pack.NewReader(one.bytes)
		v.read(&r, one.value)
		if err := r.Close(); err != nil {
			v.mu.Lock()
			if v.wrong == nil {
				v.wrong = fmt.Errorf("a value of %d bytes: %w", len(one.bytes), err)
			}
			v.mu.Unlock()
			return
		}
	}
}
