package geysersim

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// block sends, whole, the transactions of a block, and in any case its Block and BlockMeta.
func (st *stream) block(ctx context.Context, b *block, whole bool) error {
	if whole {
		for i := range b.transactions {
			if err := st.transaction(ctx, &b.transactions[i]); err != nil {
				return err
			}
		}
		if err := st.release(ctx); err != nil {
			return err
		}
	}
	for i := range st.f.blocks {
		f := &st.f.blocks[i]
		if err := st.update(ctx, b.slot, f.names, b.message(f.takes)); err != nil {
			return err
		}
	}
	if st.f.meta == nil {
		return nil
	}
	return st.update(ctx, b.slot, st.f.meta, b.meta)
}

func (st *stream) transaction(ctx context.Context, t *transaction) error {
	if st.s.faults.armed.Load() && st.s.faults.value(st, shuffle) != 0 {
		st.held = append(st.held, t)
		return nil
	}
	return st.sendTransaction(ctx, t)
}

// release sends the transactions that were held back, in the order that the fault's seed and their slot give.
func (st *stream) release(ctx context.Context) error {
	held := st.held
	if len(held) == 0 {
		return nil
	}
	st.held = nil
	seed := uint64(st.s.faults.value(st, shuffle))
	r := rand.New(rand.NewPCG(seed, held[0].slot))
	r.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	for _, t := range held {
		if err := st.sendTransaction(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) sendTransaction(ctx context.Context, t *transaction) error {
	if names := st.f.transactions.match(t); names != nil {
		copies := 1
		if st.s.faults.armed.Load() {
			copies = st.s.faults.copies(st)
		}
		for range copies {
			if err := st.update(ctx, t.slot, names, t.update); err != nil {
				return err
			}
			st.s.counters.transactions.Add(1)
		}
	}
	if names := st.f.statuses.match(t); names != nil {
		return st.update(ctx, t.slot, names, t.status())
	}
	return nil
}

// update sends one update, names in front.
func (st *stream) update(ctx context.Context, slot uint64, names, update mem.Buffer) error {
	if st.s.faults.armed.Load() {
		if err := st.disturb(ctx, slot, names.Len()+update.Len()); err != nil {
			return err
		}
	}
	st.out.buffers = mem.BufferSlice{names, update} // the transport keeps it: never the same twice
	if st.pad.Load() > 0 {
		st.out.buffers = append(st.out.buffers, padding(st.pad.Swap(0)))
	}
	if err := st.grpc.SendMsg(&st.out); err != nil {
		return err
	}
	st.updates.Add(1)
	st.s.counters.updates.Add(1)
	st.s.counters.bytes.Add(uint64(names.Len() + update.Len()))
	return nil
}

// disturb lets faults hold or end a stream that is about to send an update of that size.
func (st *stream) disturb(ctx context.Context, slot uint64, size int) error {
	f := &st.s.faults
	if err := f.quiet(ctx, st); err != nil {
		return err
	}
	if err := f.spring(st, slot); err != nil {
		return err
	}
	if err := f.quiet(ctx, st); err != nil {
		return err
	}
	if perSecond := f.value(st, trickle); perSecond > 0 {
		return sleepUntil(ctx, time.Now().Add(time.Duration(float64(size)/float64(perSecond)*float64(time.Second))))
	}
	return nil
}

// padding is a field of about n bytes that no reader knows, and so skips.
func padding(n int64) mem.Buffer {
	const unknownField = 1000
	b := protowire.AppendTag(nil, unknownField, protowire.BytesType)
	return mem.SliceBuffer(protowire.AppendBytes(b, make([]byte, n)))
}
