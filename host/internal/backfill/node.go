package backfill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/rpc"
	"github.com/gagliardetto/solana-go/rpc/jsonrpc"

	"github.com/weir-run/weir/host/geysersim/corpus"
)

// node is an RPC node. Its calls are paced and tried again where that can help.
type node struct {
	client     *rpc.Client
	commitment rpc.CommitmentType
	secret     string // the URL, which often holds a key
	shown      string // its host
}

// requestTimeout ends a request that brings nothing.
const requestTimeout = 30 * time.Second

func newNode(c Config) (*node, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("rpc.url is not an http or https URL")
	}
	client := &http.Client{
		Timeout:   0, // a request may wait for its turn; the time is set for each call
		Transport: &pacer{every: time.Duration(float64(time.Second) / c.RequestsPerSecond), next: c.Transport},
	}
	return &node{
		client:     rpc.NewWithCustomRPCClient(jsonrpc.NewClientWithOpts(c.URL, &jsonrpc.RPCClientOpts{HTTPClient: client, CustomHeaders: c.Headers})),
		commitment: rpc.CommitmentType(c.Commitment),
		secret:     c.URL, shown: u.Host,
	}, nil
}

// Codes of Solana's RPC that are told apart.
const (
	codeNoBlockYet     = -32004 // of a slot that the node has not reached, or does not have
	codeUnhealthy      = -32005 // the node is behind
	codeSkipped        = -32007
	codeSkippedOld     = -32009 // skipped, or missing in long-term storage
	codeNoStatusYet    = -32014
	codeBehind         = -32016 // the slot of minContextSlot was not reached
	codeTooMany        = -32429
	codeInternal       = -32603
	codeTooManyOfProxy = 429
)

// mostTries of a call, with pauses from firstRetry on, each twice as long as the one before, up to lastRetry.
const (
	mostTries  = 6
	firstRetry = time.Second
	lastRetry  = 20 * time.Second
)

// try makes a call until it works, cannot work, or was tried often enough.
func (n *node) try(ctx context.Context, what string, call func(ctx context.Context) error) error {
	for i := 1; ; i++ {
		err := n.once(ctx, call)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !passes(err) || i == mostTries {
			return fmt.Errorf("%s from %s: %w", what, n.shown, n.plain(err))
		}
		wait := min(firstRetry<<(i-1), lastRetry)
		if err := pause(ctx, wait/2+rand.N(wait/2)); err != nil {
			return err
		}
	}
}

func (n *node) once(ctx context.Context, call func(ctx context.Context) error) error {
	// The wait for a turn is within: with a pace slower than this nothing could work anyway.
	ctx, cancel := context.WithTimeout(ctx, requestTimeout+mostRetryAfter)
	defer cancel()
	return call(ctx)
}

// passes tells whether the same call may work later.
func passes(err error) bool {
	switch code, ok := codeOf(err); {
	case !ok: // the network, or an answer that is no JSON: a proxy speaks
		if status, is := errors.AsType[*jsonrpc.HTTPError](err); is {
			return status.Code == http.StatusTooManyRequests || status.Code == http.StatusRequestTimeout || status.Code >= 500
		}
		return !errors.Is(err, errAnswer)
	default:
		switch code {
		case codeNoBlockYet, codeUnhealthy, codeNoStatusYet, codeBehind, codeTooMany, codeTooManyOfProxy, codeInternal:
			return true
		}
		return false
	}
}

func codeOf(err error) (int, bool) {
	if e, ok := errors.AsType[*jsonrpc.RPCError](err); ok {
		return e.Code, true
	}
	return 0, false
}

// errAnswer is an answer that cannot be right.
var errAnswer = errors.New("answer cannot be used")

// plainError is an error in one line and without the URL.
type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

func (n *node) plain(err error) error {
	if e, ok := errors.AsType[*jsonrpc.RPCError](err); ok {
		return &plainError{fmt.Sprintf("%s (code %d)", e.Message, e.Code), err}
	}
	return &plainError{strings.ReplaceAll(err.Error(), n.secret, n.shown), err}
}

// skipped tells that a slot has no block.
func skipped(err error) bool {
	code, ok := codeOf(err)
	return ok && (code == codeSkipped || code == codeSkippedOld)
}

// first returns the first slot of which the node has the block.
func (n *node) first(ctx context.Context) (slot uint64, err error) {
	err = n.try(ctx, "get first available block", func(ctx context.Context) error {
		slot, err = n.client.GetFirstAvailableBlock(ctx)
		return err
	})
	return slot, err
}

// after returns the slot of the first block after a slot, 0 when the node has none yet.
func (n *node) after(ctx context.Context, slot uint64) (next uint64, err error) {
	err = n.try(ctx, "get next block", func(ctx context.Context) error {
		blocks, err := n.client.GetBlocksWithLimit(ctx, slot+1, 1, n.commitment)
		if err == nil && blocks != nil && len(*blocks) > 0 {
			next = (*blocks)[0]
		}
		return err
	})
	return next, err
}

// signatures returns the signatures of a block in order, nil when the slot was skipped.
func (n *node) signatures(ctx context.Context, slot uint64) (out []solana.Signature, err error) {
	err = n.try(ctx, fmt.Sprintf("get block %d", slot), func(ctx context.Context) error {
		block, err := n.client.GetBlockWithOpts(ctx, slot, &rpc.GetBlockOpts{
			TransactionDetails: rpc.TransactionDetailsSignatures, Commitment: n.commitment,
			Rewards: new(false), MaxSupportedTransactionVersion: new(uint64(0)),
		})
		if err == nil && block != nil {
			out = block.Signatures
		}
		return err
	})
	if skipped(err) {
		return nil, nil
	}
	return out, err
}

// page returns up to limit transactions that name an address, newest first, before a signature (zero: from the newest on). The node must
// have reached a slot.
func (n *node) page(ctx context.Context, address solana.PublicKey, before solana.Signature, reached uint64, limit int) (out []*rpc.TransactionSignature, err error) {
	err = n.try(ctx, "get signatures of "+address.String(), func(ctx context.Context) error {
		out, err = n.client.GetSignaturesForAddressWithOpts(ctx, address, &rpc.GetSignaturesForAddressOpts{
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
	err = n.try(ctx, "get transaction "+signature.String(), func(ctx context.Context) error {
		var raw json.RawMessage
		params := []any{signature, rpc.M{"encoding": "json", "commitment": n.commitment, "maxSupportedTransactionVersion": 0}}
		if err := n.client.RPCCallForInto(ctx, &raw, "getTransaction", params); err != nil {
			return err
		}
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			return errUnknown // its index may lag
		}
		all, err := corpus.Load(bytes.NewReader(raw))
		if err != nil || len(all) != 1 || !all[0].SlotKnown {
			return fmt.Errorf("%w: transaction %s: %w", errAnswer, signature, errors.Join(err, errors.New("not one transaction with a slot")))
		}
		tx = all[0]
		return nil
	})
	return tx, err
}
