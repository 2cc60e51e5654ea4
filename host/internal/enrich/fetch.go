package enrich

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gagliardetto/solana-go"
	solanarpc "github.com/gagliardetto/solana-go/rpc"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/latency"
	"github.com/weir-run/weir/host/internal/rpc"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// FetchConfig configures a Fetcher.
type FetchConfig struct {
	// Node is asked. Required; its pace is the fetcher's.
	Node *rpc.Node
	// Commitment of its answers: confirmed (default) or finalized.
	Commitment string
	// Deliver takes what was found. Required. After an error the token is asked for again when it is seen again.
	Deliver func(ctx context.Context, m *eventv1.TokenMetadata) error
	// MostWaiting bounds the queue. Default 10,000.
	MostWaiting int
	// Log takes trouble. Default: nothing.
	Log *slog.Logger
}

// Fetcher asks an RPC node for tokens that nobody knows: many in one request, each once at a time. Want and Stats may be called from any
// goroutine.
type Fetcher struct {
	cfg  FetchConfig
	wake chan struct{}
	took latency.Recorder

	mu      sync.Mutex // guards all below
	waiting []dex.Key
	pending map[dex.Key]struct{} // waiting or being asked for
	stats   FetchStats
}

// FetchStats counts since the start.
type FetchStats struct {
	// Asked mints: Found ones became records, Absent ones do not exist or are no mints, Failed ones could not be read. Dropped ones found
	// no place in the queue; Waiting is how many are in it now.
	Asked, Found, Absent, Failed, Dropped uint64
	Waiting                               int
	// Request is how long requests took.
	Request *latency.Recorder
	// LastError is empty when the last request worked.
	LastError string
}

// Bounds of a request: three accounts a mint, 100 a request, and of each so many bytes.
const (
	mintsAtOnce  = 33
	accountBytes = 4 << 10
	// Mint, its Metaplex account, its curve.
	accountsOfMint = 3
	afterFailure   = 15 * time.Second
)

// NewFetcher returns a Fetcher that is not running.
func NewFetcher(c FetchConfig) (*Fetcher, error) {
	if c.Node == nil || c.Deliver == nil {
		return nil, errors.New("fetch metadata: Node and Deliver must be set")
	}
	c.Commitment = cmp.Or(c.Commitment, "confirmed")
	c.MostWaiting = cmp.Or(c.MostWaiting, 10_000)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Fetcher{cfg: c, wake: make(chan struct{}, 1), pending: map[dex.Key]struct{}{}}, nil
}

// Want asks for a mint soon, unless it waits already. It does not block.
func (f *Fetcher) Want(mint dex.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.pending[mint]; known {
		return
	}
	if len(f.waiting) >= f.cfg.MostWaiting {
		f.stats.Dropped++ // it is seen again
		return
	}
	f.pending[mint] = struct{}{}
	f.waiting = append(f.waiting, mint)
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Stats returns a snapshot.
func (f *Fetcher) Stats() FetchStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.stats
	s.Waiting, s.Request = len(f.waiting), &f.took
	return s
}

// Run asks until ctx ends, and then returns nil.
func (f *Fetcher) Run(ctx context.Context) error {
	for {
		batch := f.take()
		var wait <-chan time.Time
		if len(batch) > 0 {
			err := f.ask(ctx, batch)
			if ctx.Err() != nil {
				return nil //nolint:nilerr // a stop
			}
			if f.note(err); err == nil {
				continue
			}
			wait = time.After(afterFailure)
		}
		woken := f.wake
		if wait != nil {
			woken = nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-woken:
		case <-wait:
		}
	}
}

// take takes the mints of one request.
func (f *Fetcher) take() []dex.Key {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := min(len(f.waiting), mintsAtOnce)
	batch := slices.Clone(f.waiting[:n])
	f.waiting = slices.Delete(f.waiting, 0, n)
	f.stats.Asked += uint64(n)
	return batch
}

// ask makes one request and delivers what it tells.
func (f *Fetcher) ask(ctx context.Context, mints []dex.Key) error {
	defer f.settle(mints)
	keys := make([]solana.PublicKey, 0, accountsOfMint*len(mints))
	for _, mint := range mints {
		keys = append(keys, solana.PublicKey(mint), solana.PublicKey(pda.Metadata(mint)), solana.PublicKey(pda.BondingCurve(mint)))
	}
	var accounts []account
	var slot uint64
	start := time.Now()
	err := f.cfg.Node.Try(ctx, fmt.Sprintf("get metadata of %d tokens", len(mints)), func(ctx context.Context) (err error) {
		accounts, slot, err = f.accounts(ctx, keys)
		return err
	})
	now := time.Now()
	f.took.Add(now, now.Sub(start))
	if err != nil {
		f.count(func(s *FetchStats) { s.Failed += uint64(len(mints)) })
		return err
	}
	for i, mint := range mints {
		of := accounts[accountsOfMint*i:]
		m, ok := readToken(mint, of[0], of[1])
		if !ok {
			f.count(func(s *FetchStats) { s.Absent++ })
			continue
		}
		m.AsOfSlot, m.Curve = slot, readCurve(dex.Key(keys[accountsOfMint*i+2]), of[2])
		if err := f.cfg.Deliver(ctx, m); err != nil {
			f.count(func(s *FetchStats) { s.Failed += uint64(len(mints) - i) })
			return fmt.Errorf("keep metadata of token %s: %w", mint, err)
		}
		f.count(func(s *FetchStats) { s.Found++ })
	}
	return nil
}

// accounts asks for the beginnings of accounts, at a slot that the answer tells.
func (f *Fetcher) accounts(ctx context.Context, keys []solana.PublicKey) ([]account, uint64, error) {
	answer, err := f.cfg.Node.Client.GetMultipleAccountsWithOpts(ctx, keys, &solanarpc.GetMultipleAccountsOpts{
		Encoding: solana.EncodingBase64, Commitment: solanarpc.CommitmentType(f.cfg.Commitment),
		DataSlice: &solanarpc.DataSlice{Offset: new(uint64(0)), Length: new(uint64(accountBytes))},
	})
	if err != nil {
		return nil, 0, err
	}
	if len(answer.Value) != len(keys) {
		return nil, 0, fmt.Errorf("%w: %d accounts for %d addresses", rpc.ErrAnswer, len(answer.Value), len(keys))
	}
	out := make([]account, len(keys))
	for i, a := range answer.Value {
		if a != nil && a.Data != nil {
			out[i] = account{dex.Key(a.Owner), a.Data.GetBinary()}
		}
	}
	return out, answer.Context.Slot, nil
}

// settle lets mints be asked for again.
func (f *Fetcher) settle(mints []dex.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, mint := range mints {
		delete(f.pending, mint)
	}
}

func (f *Fetcher) count(change func(s *FetchStats)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.stats)
}

// note keeps the outcome of a request, and says it when it is another than before.
func (f *Fetcher) note(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if text != "" && f.stats.LastError == "" {
		f.cfg.Log.Warn("token metadata cannot be fetched; tokens stay without a name until it can", "error", err)
	}
	f.stats.LastError = text
}
