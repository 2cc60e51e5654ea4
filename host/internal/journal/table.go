package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Table is a durable map from keys to small values. Any goroutine may use it.
type Table struct {
	name string
	node *node
	kv   jetstream.KeyValue
}

// Table opens the table with a name, and makes it when it is not there.
func (j *Journal) Table(ctx context.Context, name string) (*Table, error) {
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("open table: %w", err)
	}
	kv, err := j.makeBucket(ctx, tablePrefix+name)
	if err != nil {
		return nil, fmt.Errorf("open table %s: %w", name, err)
	}
	return &Table{name: name, node: j.node, kv: kv}, nil
}

// Get returns the value and whether the key exists.
func (t *Table) Get(ctx context.Context, key string) (value []byte, found bool, err error) {
	entry, err := t.kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read %s from table %s: %w", key, t.name, err)
	}
	return entry.Value(), true, nil
}

// Put stores the value durably before it returns. Keys are letters, digits and -/_=. characters.
func (t *Table) Put(ctx context.Context, key string, value []byte) error {
	if err := t.node.roomy(); err != nil {
		return fmt.Errorf("write %s to table %s: %w", key, t.name, err)
	}
	if _, err := t.kv.Put(ctx, key, value); err != nil {
		return fmt.Errorf("write %s to table %s: %w", key, t.name, err)
	}
	return nil
}

// All visits every entry, in order of writing. An error of visit ends it and is returned.
func (t *Table) All(ctx context.Context, visit func(key string, value []byte) error) error {
	watch, err := t.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("read table %s: %w", t.name, err)
	}
	defer func() { _ = watch.Stop() }()
	for {
		select {
		case entry, open := <-watch.Updates():
			if !open || entry == nil {
				return ctx.Err()
			}
			if err := visit(entry.Key(), entry.Value()); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
