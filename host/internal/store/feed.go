package store

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// unit is a step of a stream: an output or alert, positions that were missed, or the end of a message, from where a later start goes on.
type unit struct {
	source *source

	instance string
	output   *eventv1.Output

	alert    *eventv1.Alert
	position uint64 // of the alert

	missed *span

	end *mark
}

// span is a range of positions, both inclusive.
type span struct{ from, to uint64 }

// mark is a place in a stream and what lay there.
type mark struct {
	position uint64
	sum      uint32
}

func sumOf(message []byte) uint32 { return crc32.ChecksumIEEE(message) }

// feed sends what a stream holds from where the session goes on, message by message, until ctx ends; then what is left until late ends.
func (src *source) feed(ctx, late context.Context, out chan<- []unit) error {
	next := src.from
	var missed []unit
	miss := func(from, to uint64) { missed = append(missed, unit{source: src, missed: &span{from, to}}) }
	visit := func(position uint64, message []byte) error {
		units := slices.Concat(missed, src.unpack(src, position, message))
		missed, next = nil, position+1
		select {
		case out <- units:
			return nil
		case <-late.Done():
			return late.Err()
		}
	}
	err := src.Read(ctx, next, true, miss, visit)
	if err == nil || ctx.Err() == nil || late.Err() != nil {
		return err
	}
	if err := src.Read(late, next, false, miss, visit); err != nil && !errors.Is(err, journal.ErrClosed) {
		return fmt.Errorf("read the end of the stream: %w", err)
	}
	return nil
}

// outputs takes a batch of outputs apart.
func (s *Store) outputs(src *source, position uint64, message []byte) []unit {
	end := unit{source: src, end: &mark{position, sumOf(message)}}
	var b eventv1.OutputBatch
	if err := proto.Unmarshal(message, &b); err != nil {
		return s.unreadable(src, position, end, err)
	}
	if len(s.cfg.Instances) > 0 && !slices.Contains(s.cfg.Instances, b.GetInstance()) {
		return []unit{end}
	}
	units := make([]unit, 0, len(b.GetOutputs())+1)
	for _, o := range b.GetOutputs() {
		units = append(units, unit{source: src, instance: b.GetInstance(), output: o})
	}
	return append(units, end)
}

// alert reads an alert.
func (s *Store) alert(src *source, position uint64, message []byte) []unit {
	end := unit{source: src, end: &mark{position, sumOf(message)}}
	a := &eventv1.Alert{}
	if err := proto.Unmarshal(message, a); err != nil {
		return s.unreadable(src, position, end, err)
	}
	return []unit{{source: src, alert: a, position: position}, end}
}

// unreadable is a message that is whole and yet cannot be read: it was written so, and there is nothing to wait for.
func (s *Store) unreadable(src *source, position uint64, end unit, err error) []unit {
	s.cfg.Log.Error("a stored message cannot be read and is left out", "stream", src.name, "position", position, "error", err)
	return []unit{{source: src, missed: &span{position, position}}, end}
}
