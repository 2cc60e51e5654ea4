package rows

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/weir-run/weir/host/internal/store/sqldb"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Batch collects the rows of outputs until they are written in one transaction. One goroutine uses it.
type Batch struct {
	// Next is the number of the next event. Events are numbered in the order in which they are stored, from 1.
	Next int64
	// Rows counts what Write will write, rows that later outputs changed again once.
	Rows int

	// Marks are what void outputs touched; those of the whole database.
	Marks Marks

	pending map[*table]*pending
	order   []*pending
	latest  int64 // block time of the last output that had one, Unix seconds
	// byKind counts outputs since the batch began.
	byKind map[string]int
}

// NewBatch returns an empty batch.
func NewBatch() *Batch { return &Batch{pending: map[*table]*pending{}, byKind: map[string]int{}} }

// Begin empties the batch, and numbers events from next.
func (b *Batch) Begin(next int64) {
	b.Next, b.Rows = next, 0
	for _, p := range b.order {
		clear(p.values)
		clear(p.at)
		p.values = p.values[:0]
	}
	clear(b.byKind)
}

// head is what all outputs have.
type head struct {
	event    int64
	instance string
	*eventv1.Output
}

// Add takes an output of an instance. It keeps nothing of it.
func (b *Batch) Add(instance string, o *eventv1.Output) {
	h := head{event: b.Next, instance: instance, Output: o}
	b.Next++
	if o.BlockTime != nil {
		b.latest = o.GetBlockTime()
	}
	k, ok := kinds[reflect.TypeOf(o.GetBody())]
	if !ok {
		k = other
	}
	b.byKind[k.name]++
	k.add(b, h)
}

// Refuse takes an output that the database refused, or an alert, of which cause is the position, so that it is kept as it came.
func (b *Batch) Refuse(instance, kind string, cause uint64, index uint32, message []byte, reason string) {
	b.put(refused, b.Next, instance, count(cause), int64(index), sqldb.Text(kind), sqldb.Text(reason), message)
	b.Next++
	b.byKind["refused"]++
}

// Kinds calls a function with each kind of output in the batch, by the name of the table that is made for it, and how many there are.
func (b *Batch) Kinds(each func(kind string, outputs int)) {
	for kind, n := range b.byKind {
		each(kind, n)
	}
}

// put adds a row; values stand in the order of the table's columns.
func (b *Batch) put(t *table, values ...any) {
	p, ok := b.pending[t]
	if !ok {
		p = &pending{table: t, at: map[string]int{}}
		b.pending[t] = p
		b.order = append(b.order, p)
	}
	key := ""
	switch len(t.key) {
	case 0:
	case 1:
		key = values[0].(string)
	default:
		key = fmt.Sprint(values[:len(t.key)]...)
	}
	before := len(p.values)
	p.add(key, values)
	if len(p.values) > before {
		b.Rows++
	}
}

// Write writes the rows, within a transaction of the caller.
func (b *Batch) Write(ctx context.Context, c *sqldb.Conn) error {
	for _, p := range b.order {
		if err := p.write(ctx, c); err != nil {
			return fmt.Errorf("write to table %s: %w", p.table.name, err)
		}
	}
	return nil
}

var refused = made(table{name: "refused", rest: strings.Fields("event instance cause idx kind error message")})
