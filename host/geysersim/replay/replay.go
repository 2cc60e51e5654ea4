// Package replay plays a capture: the updates that weir record wrote become the blocks of a geysersim.Source.
package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/capture"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

const (
	// settle is how many slots newer than a complete one must be seen before it is played: slots may come out of order.
	settle = 4
	// giveUp is how many, when no block meta of it came.
	giveUp = 32
)

// Source gives the blocks of captures in ascending order of slots. Transactions stand in a block in the order that the provider gave
// them; what came twice (a resumed stream overlaps with itself) is played once, and slots that died are not played.
type Source struct {
	readers []*capture.Reader
	open    map[uint64]*slot
	newest  uint64
	played  uint64 // highest slot that was given out
	any     bool
	stats   Stats
}

// Stats count what a capture held.
type Stats struct {
	// Updates that were read, and Malformed ones among them.
	Updates, Malformed uint64
	// Transactions that were played, Duplicates that were dropped, and Late ones, which came after their slot was played and were
	// dropped too.
	Transactions, Duplicates, Late uint64
	// Slots that were played, those of them without a block meta, and those that died.
	Slots, WithoutMeta, Dead uint64
	// Damage to the files: bytes that could not be read.
	Damage int64
}

// slot is one that may still get transactions.
type slot struct {
	block geysersim.Block
	meta  bool
	dead  bool
	seen  map[string]struct{}
}

// Open opens captures, which are played one after another in the order of their recording.
func Open(paths ...string) (*Source, error) {
	s := &Source{open: map[uint64]*slot{}}
	for _, path := range paths {
		r, err := capture.Open(path)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.readers = append(s.readers, r)
	}
	slices.SortStableFunc(s.readers, func(a, b *capture.Reader) int {
		x, y := a.Header(), b.Header()
		return cmp.Or(x.Started.Compare(y.Started), cmp.Compare(x.Part, y.Part))
	})
	return s, nil
}

// Close closes the files.
func (s *Source) Close() error {
	var errs []error
	for _, r := range s.readers {
		errs = append(errs, r.Close())
	}
	s.readers = nil
	return errors.Join(errs...)
}

// Stats returns the counters so far. Not while Next runs.
func (s *Source) Stats() Stats { return s.stats }

// Next implements geysersim.Source.
func (s *Source) Next(ctx context.Context) (*geysersim.Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if b := s.ready(len(s.readers) == 0); b != nil {
			return b, nil
		}
		if len(s.readers) == 0 {
			return nil, io.EOF
		}
		if err := s.read(s.readers[0]); err != nil {
			return nil, err
		}
	}
}

// read takes one update in, and leaves the reader when it has no more.
func (s *Source) read(r *capture.Reader) error {
	_, raw, err := r.Next()
	if errors.Is(err, io.EOF) {
		s.stats.Damage += r.Damage().Bytes
		s.readers = s.readers[1:]
		return r.Close()
	}
	if err != nil {
		return err
	}
	s.stats.Updates++
	var u geyserpb.SubscribeUpdate
	if err := proto.Unmarshal(raw, &u); err != nil {
		s.stats.Malformed++
		return nil //nolint:nilerr // one update that cannot be read is counted, the others are played
	}
	s.take(&u)
	return nil
}

// ready gives the lowest slot when nothing more of it is to be expected. last says that the captures are read.
func (s *Source) ready(last bool) *geysersim.Block {
	for len(s.open) > 0 {
		lowest := s.newest
		for n := range s.open {
			lowest = min(lowest, n)
		}
		o := s.open[lowest]
		wait := uint64(giveUp)
		if o.meta || o.dead {
			wait = settle
		}
		if !last && s.newest-lowest < wait {
			return nil
		}
		delete(s.open, lowest)
		s.played, s.any = lowest, true
		if o.dead {
			s.stats.Dead++
			continue
		}
		return s.finish(o)
	}
	return nil
}

func (s *Source) finish(o *slot) *geysersim.Block {
	s.stats.Slots++
	if !o.meta {
		s.stats.WithoutMeta++
	}
	s.stats.Transactions += uint64(len(o.block.Transactions))
	slices.SortStableFunc(o.block.Transactions, func(a, b geysersim.Transaction) int {
		return cmp.Compare(a.Info.GetIndex(), b.Info.GetIndex())
	})
	return &o.block
}

// at returns a slot to add to, nil when it was played already.
func (s *Source) at(n uint64) *slot {
	if s.any && n <= s.played {
		return nil
	}
	o := s.open[n]
	if o == nil {
		o = &slot{block: geysersim.Block{Slot: n}, seen: map[string]struct{}{}}
		s.open[n] = o
	}
	s.newest = max(s.newest, n)
	return o
}

// take sorts an update in. Kinds that make no block are passed over.
func (s *Source) take(u *geyserpb.SubscribeUpdate) {
	switch u := u.GetUpdateOneof().(type) {
	case *geyserpb.SubscribeUpdate_Transaction:
		s.transaction(u.Transaction.GetSlot(), u.Transaction.GetTransaction())
	case *geyserpb.SubscribeUpdate_BlockMeta:
		m := u.BlockMeta
		s.meta(m.GetSlot(), m.GetParentSlot(), m.GetBlockHeight().GetBlockHeight(), m.GetBlockTime().GetTimestamp(), m.GetBlockhash(), m.GetParentBlockhash())
	case *geyserpb.SubscribeUpdate_Block:
		m := u.Block
		s.meta(m.GetSlot(), m.GetParentSlot(), m.GetBlockHeight().GetBlockHeight(), m.GetBlockTime().GetTimestamp(), m.GetBlockhash(), m.GetParentBlockhash())
		for _, info := range m.GetTransactions() {
			s.transaction(m.GetSlot(), info)
		}
	case *geyserpb.SubscribeUpdate_Slot:
		if u.Slot.GetStatus() == geyserpb.SlotStatus_SLOT_DEAD {
			if o := s.at(u.Slot.GetSlot()); o != nil {
				o.dead = true
			}
		}
	}
}

func (s *Source) transaction(n uint64, info *geyserpb.SubscribeUpdateTransactionInfo) {
	if info == nil || len(info.GetSignature()) != 64 {
		s.stats.Malformed++
		return
	}
	o := s.at(n)
	if o == nil {
		s.stats.Late++
		return
	}
	if _, twice := o.seen[string(info.GetSignature())]; twice {
		s.stats.Duplicates++
		return
	}
	o.seen[string(info.GetSignature())] = struct{}{}
	o.block.Transactions = append(o.block.Transactions, geysersim.Transaction{Info: info})
}

func (s *Source) meta(n, parent, height uint64, unix int64, hash, parentHash string) {
	o := s.at(n)
	if o == nil {
		return
	}
	o.meta = true
	b := &o.block
	b.Parent, b.Height, b.Time, b.Hash, b.ParentHash = parent, height, unix, hash, parentHash
	if parent >= n {
		b.Parent = 0 // nonsense: let the server take the block before
	}
}

// Files lists what a path names: the capture itself, or, for its first part, all parts of the recording that lie beside it.
func Files(path string) ([]string, error) {
	if !capture.Is(path) {
		return nil, fmt.Errorf("%s: %w", path, capture.ErrNotCapture)
	}
	return capture.Parts(path), nil
}
