package backfill

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gagliardetto/solana-go"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/rpc"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// step fetches the slots from to to, both inclusive, and tells the pipeline when they are whole.
func (b *Backfill) step(ctx context.Context, from, to uint64, programs []solana.PublicKey, failed bool, groups fold.GroupSet) error {
	before, err := b.anchor(ctx, from, to)
	if err != nil {
		return err
	}
	listed := map[uint64]map[solana.Signature]bool{}
	for _, program := range programs {
		if err := b.list(ctx, program, before, from, to, failed, listed); err != nil {
			return err
		}
	}
	if err := b.config.Pipeline.Reopen(ctx, from, to); err != nil {
		return err
	}
	defer b.config.Pipeline.Shut()
	for _, slot := range slices.Sorted(maps.Keys(listed)) {
		if err := b.slot(ctx, slot, listed[slot]); err != nil {
			return err
		}
	}
	return b.config.Pipeline.Healed(ctx, from, to, groups)
}

// anchor proves that the node has all of the slots and returns a signature behind them, from which lists are read backwards.
func (b *Backfill) anchor(ctx context.Context, from, to uint64) (solana.Signature, error) {
	first, err := b.node.first(ctx)
	if err != nil {
		return solana.Signature{}, err
	}
	if first > from {
		return solana.Signature{}, fmt.Errorf("the oldest block of %s is in slot %d, after slot %d: name a node with more history in rpc.url", b.node.Host(), first, from)
	}
	next, err := b.node.after(ctx, to)
	if err != nil {
		return solana.Signature{}, err
	}
	if next == 0 {
		return solana.Signature{}, fmt.Errorf("%s has no block after slot %d yet: it is behind", b.node.Host(), to)
	}
	signatures, err := b.node.signatures(ctx, next)
	if err != nil {
		return solana.Signature{}, err
	}
	if len(signatures) == 0 {
		return solana.Signature{}, nil // an empty block: read from the newest on, which takes longer
	}
	return signatures[0], nil
}

// mostPages bounds the lists of one program in one step.
const mostPages = 2000

// list notes the signatures of a program's transactions in the slots.
func (b *Backfill) list(ctx context.Context, program solana.PublicKey, before solana.Signature, from, to uint64, failed bool, listed map[uint64]map[solana.Signature]bool) error {
	for range mostPages {
		page, err := b.node.page(ctx, program, before, to+1, b.config.PageLimit)
		if err != nil {
			return err
		}
		for _, s := range page {
			before = s.Signature
			if s.Slot < from {
				return nil
			}
			if s.Slot > to || (s.Err != nil && !failed) {
				continue
			}
			if listed[s.Slot] == nil {
				listed[s.Slot] = map[solana.Signature]bool{}
			}
			listed[s.Slot][s.Signature] = true
		}
		if len(page) == 0 { // a short page may be one that the node cut; an empty one is the end
			return nil
		}
	}
	return fmt.Errorf("more than %d pages of signatures of %s before slot %d is reached", mostPages, program, from)
}

// slot fetches the transactions of a slot and gives them on in order.
func (b *Backfill) slot(ctx context.Context, slot uint64, signatures map[solana.Signature]bool) error {
	loaded, err := b.load(ctx, slot, signatures)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(loaded, func(tx corpus.Loaded) bool { return !tx.IndexKnown }) {
		if err := b.number(ctx, slot, loaded); err != nil {
			return err
		}
	}
	slices.SortFunc(loaded, func(a, b corpus.Loaded) int { return cmp.Compare(a.Info.GetIndex(), b.Info.GetIndex()) })
	updates := make([][]byte, 0, len(loaded))
	for _, tx := range loaded {
		update, err := proto.Marshal(updateOf(tx))
		if err != nil {
			return fmt.Errorf("encode transaction of slot %d: %w", slot, err)
		}
		updates = append(updates, update)
	}
	if err := b.config.Pipeline.Take(ctx, slot, updates); err != nil {
		return err
	}
	b.transactions.Add(uint64(len(updates)))
	return nil
}

// roundTrip is how long an answer may take for the pace to be kept, and mostUnderWay bounds how many requests that takes.
const (
	roundTrip    = 200 * time.Millisecond
	mostUnderWay = 32
)

// underWay is how many transactions are asked for at once: one after another, a node far away would never see its pace.
func underWay(requestsPerSecond float64) int {
	return int(min(max(requestsPerSecond*roundTrip.Seconds(), 1), mostUnderWay))
}

// load fetches transactions of a slot, in no order.
func (b *Backfill) load(ctx context.Context, slot uint64, signatures map[solana.Signature]bool) ([]corpus.Loaded, error) {
	loaded := make([]corpus.Loaded, len(signatures))
	requests, ctx := errgroup.WithContext(ctx)
	requests.SetLimit(underWay(b.config.RequestsPerSecond))
	for i, signature := range slices.Collect(maps.Keys(signatures)) {
		requests.Go(func() error {
			tx, err := b.node.transaction(ctx, signature)
			if err == nil && tx.Slot != slot {
				err = fmt.Errorf("%w: transaction %s is in slot %d, but was listed in slot %d", rpc.ErrAnswer, signature, tx.Slot, slot)
			}
			loaded[i] = tx
			return err
		})
	}
	return loaded, requests.Wait()
}

// number sets the places of transactions in their block, which older nodes do not tell.
func (b *Backfill) number(ctx context.Context, slot uint64, loaded []corpus.Loaded) error {
	order, err := b.node.signatures(ctx, slot)
	if err != nil {
		return err
	}
	places := make(map[solana.Signature]uint64, len(order))
	for i, s := range order {
		places[s] = uint64(i)
	}
	for _, tx := range loaded {
		place, ok := places[solana.SignatureFromBytes(tx.Info.GetSignature())]
		if !ok {
			return fmt.Errorf("%w: transaction %s is not in its block %d", rpc.ErrAnswer, solana.SignatureFromBytes(tx.Info.GetSignature()), slot)
		}
		tx.Info.Index = place
	}
	return nil
}

// updateOf makes what a stream would have sent.
func updateOf(tx corpus.Loaded) *geyserpb.SubscribeUpdate {
	u := &geyserpb.SubscribeUpdate{
		Filters: []string{geyser.FilterName},
		UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
			Transaction: &geyserpb.SubscribeUpdateTransaction{Slot: tx.Slot, Transaction: tx.Info},
		},
	}
	if tx.BlockTime != nil {
		u.CreatedAt = timestamppb.New(time.Unix(*tx.BlockTime, 0))
	}
	return u
}
