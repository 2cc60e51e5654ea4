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

// unit is a step of the stream: an output, positions that were missed, or the end of a message, from where a later start goes on.
type unit struct {
	instance string
	output   *eventv1.Output

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

// eventsStream is the name of the stream of events in the tables.
const eventsStream = "events"

func sumOf(message []byte) uint32 { return crc32.ChecksumIEEE(message) }

// feed reads the stream from a position and sends what it holds, message by message, until ctx ends; then what is left until late ends.
func (s *Store) feed(ctx, late context.Context, from uint64, out chan<- []unit) error {
	next := from
	send := func(units []unit) error {
		select {
		case out <- units:
			return nil
		case <-late.Done():
			return late.Err()
		}
	}
	var missed []unit
	q := journal.EventsQuery{From: next, Follow: true, Missed: func(from, to uint64) { missed = append(missed, unit{missed: &span{from, to}}) }}
	visit := func(position uint64, batch []byte) error {
		units := append(missed, s.unpack(position, batch)...)
		missed = nil
		next = position + 1
		return send(units)
	}
	err := s.cfg.Journal.ReadEvents(ctx, q, visit)
	if err == nil || ctx.Err() == nil || late.Err() != nil {
		return err
	}
	q.From, q.Follow = next, false
	if err := s.cfg.Journal.ReadEvents(late, q, visit); err != nil && !errors.Is(err, journal.ErrClosed) {
		return fmt.Errorf("read the end of the stream: %w", err)
	}
	return nil
}

func (s *Store) unpack(position uint64, batch []byte) []unit {
	end := unit{end: &mark{position, sumOf(batch)}}
	var b eventv1.OutputBatch
	if err := proto.Unmarshal(batch, &b); err != nil {
		// Its checksum is right, so it was written so: there is nothing to wait for.
		s.cfg.Log.Error("a batch of outputs cannot be read and is left out", "position", position, "error", err)
		return []unit{{missed: &span{position, position}}, end}
	}
	if len(s.cfg.Instances) > 0 && !slices.Contains(s.cfg.Instances, b.GetInstance()) {
		return []unit{end}
	}
	units := make([]unit, 0, len(b.GetOutputs())+1)
	for _, o := range b.GetOutputs() {
		units = append(units, unit{instance: b.GetInstance(), output: o})
	}
	return append(units, end)
}
