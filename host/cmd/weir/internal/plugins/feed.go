package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/txfile"
	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/monitor/drive"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// captured decodes files as weir decode does, and knows of tokens what the files told before.
func (f recordsFlags) captured(ctx context.Context, std shell.Streams) iter.Seq2[drive.Run, error] {
	return f.decoded(ctx, std, func(d *txfile.Reader) error {
		for _, path := range f.Capture {
			if err := d.File(ctx, path, std.In); err != nil {
				return err
			}
		}
		return nil
	})
}

// generated decodes the transactions of a market.
func (f recordsFlags) generated(ctx context.Context) iter.Seq2[drive.Run, error] {
	return f.decoded(ctx, shell.Streams{Err: io.Discard}, func(d *txfile.Reader) error {
		source := market.New(market.Options{Seed: f.Seed, TransactionsPerSlot: 40, StartTime: 1_700_000_000, Staged: 0.3})
		for range f.Market {
			block, err := source.Next(ctx)
			if err != nil {
				return err
			}
			for _, tx := range block.Transactions {
				if err := d.Transaction(&corpus.Loaded{Info: tx.Info, Slot: block.Slot, BlockTime: &block.Time, SlotKnown: true, IndexKnown: true}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// decoded turns a walk over transactions into runs of records.
func (f recordsFlags) decoded(ctx context.Context, std shell.Streams, walk func(*txfile.Reader) error) iter.Seq2[drive.Run, error] {
	return func(yield func(drive.Run, error) bool) {
		enricher, err := enrich.New(ctx, enrich.Config{Tokens: tokensInMemory{}})
		if err != nil {
			yield(drive.Run{}, err)
			return
		}
		defer enricher.Close()
		number := uint64(0)
		d := &txfile.Reader{Decoder: decode.New(decode.Options{Failed: true}), Warn: std.Err}
		d.Take = func(_ *geyser.Transaction, records []*eventv1.Record, _ []string) error {
			if len(records) == 0 {
				return nil
			}
			if err := enricher.Enrich(ctx, records); err != nil {
				return err
			}
			run := drive.Run{First: number + 1, Last: number + uint64(len(records))}
			for _, r := range records {
				number++
				e, err := envelope(number, r)
				if err != nil {
					return err
				}
				run.Records = append(run.Records, e)
			}
			if !yield(run, nil) {
				return errEnough
			}
			return ctx.Err()
		}
		if err := walk(d); err != nil && !errors.Is(err, errEnough) {
			yield(drive.Run{}, err)
		}
	}
}

// envelope gives a record the header that the journal would.
func envelope(number uint64, r *eventv1.Record) (*pluginv1.Envelope, error) {
	body, err := proto.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode record %d: %w", number, err)
	}
	e := &pluginv1.Envelope{Number: number, Slot: r.GetSlot(), Record: body}
	m := r.ProtoReflect()
	if field := m.WhichOneof(m.Descriptor().Oneofs().ByName("body")); field != nil {
		e.Kind = eventv1.Kind(eventv1.Kind_value["KIND_"+strings.ToUpper(string(field.Name()))])
		inner := m.Get(field).Message()
		if venue := inner.Descriptor().Fields().ByName("venue"); venue != nil {
			e.Venue = eventv1.Venue(inner.Get(venue).Enum())
		}
	}
	return e, nil
}

// tokensInMemory is what a replay knows of tokens: nobody keeps it.
type tokensInMemory map[string][]byte

// Get implements enrich.Table.
func (t tokensInMemory) Get(_ context.Context, key string) ([]byte, bool, error) {
	value, ok := t[key]
	return value, ok, nil
}

// Put implements enrich.Table.
func (t tokensInMemory) Put(_ context.Context, key string, value []byte) error {
	t[key] = slices.Clone(value)
	return nil
}
