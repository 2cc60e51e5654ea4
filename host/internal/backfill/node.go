package backfill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gagliardetto/solana-go"
	solanarpc "github.com/gagliardetto/solana-go/rpc"

	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/rpc"
)

// node asks an RPC node for what a backfill needs.
type node struct {
	*rpc.Node
	commitment solanarpc.CommitmentType
}

func newNode(c Config) (*node, error) {
	n, err := rpc.New(rpc.Config{URL: c.URL, Headers: c.Headers, RequestsPerSecond: c.RequestsPerSecond, Transport: c.Transport})
	if err != nil {
		return nil, err
	}
	return &node{n, solanarpc.CommitmentType(c.Commitment)}, nil
}

// first returns the first slot of which the node has the block.
func (n *node) first(ctx context.Context) (slot uint64, err error) {
	err = n.Try(ctx, "get first available block", func(ctx context.Context) error {
		slot, err = n.Client.GetFirstAvailableBlock(ctx)
		return err
	})
	return slot, err
}

// after returns the slot of the first block after a slot, 0 when the node has none yet.
func (n *node) after(ctx context.Context, slot uint64) (next uint64, err error) {
	err = n.Try(ctx, "get next block", func(ctx context.Context) error {
		blocks, err := n.Client.GetBlocksWithLimit(ctx, slot+1, 1, n.commitment)
		if err == nil && blocks != nil && len(*blocks) > 0 {
			next = (*blocks)[0]
		}
		return err
	})
	return next, err
}

// signatures returns the signatures of a block in order, nil when the slot was skipped.
func (n *node) signatures(ctx context.Context, slot uint64) (out []solana.Signature, err error) {
	err = n.Try(ctx, fmt.Sprintf("get block %d", slot), func(ctx context.Context) error {
		block, err := n.Client.GetBlockWithOpts(ctx, slot, &solanarpc.GetBlockOpts{
			TransactionDetails: solanarpc.TransactionDetailsSignatures, Commitment: n.commitment,
			Rewards: new(false), MaxSupportedTransactionVersion: new(uint64(0)),
		})
		if err == nil && block != nil {
			out = block.Signatures
		}
		return err
	})
	if rpc.Skipped(err) {
		return nil, nil
	}
	return out, err
}

// page returns up to limit transactions that name an address, newest first, before a signature (zero: from the newest on). The node must
// have reached a slot.
func (n *node) page(ctx context.Context, address solana.PublicKey, before solana.Signature, reached uint64, limit int) (out []*solanarpc.TransactionSignature, err error) {
	err = n.Try(ctx, "get signatures of "+address.String(), func(ctx context.Context) error {
		out, err = n.Client.GetSignaturesForAddressWithOpts(ctx, address, &solanarpc.GetSignaturesForAddressOpts{
			Limit: &limit, Before: before, Commitment: n.commitment, MinContextSlot: &reached,
		})
		return err
	})
	return out, err
}

// errUnknown is a transaction that the node listed and does not have.
var errUnknown = errors.New("the node listed the transaction but does not have it")

// transaction fetches one.
func (n *node) transaction(ctx context.Context, signature solana.Signature) (tx corpus.Loaded, err error) {
	err = n.Try(ctx, "get transaction "+signature.String(), func(ctx context.Context) error {
		var raw json.RawMessage
		params := []any{signature, solanarpc.M{"encoding": "json", "commitment": n.commitment, "maxSupportedTransactionVersion": 0}}
		if err := n.Client.RPCCallForInto(ctx, &raw, "getTransaction", params); err != nil {
			return err
		}
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			return errUnknown // its index may lag
		}
		all, err := corpus.Load(bytes.NewReader(raw))
		if err != nil || len(all) != 1 || !all[0].SlotKnown {
			return fmt.Errorf("%w: transaction %s: %w", rpc.ErrAnswer, signature, errors.Join(err, errors.New("not one transaction with a slot")))
		}
		tx = all[0]
		return nil
	})
	return tx, err
}
