package backfill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gagliardetto/solana-go"

	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ledger"
)

// Group is a group of subscriptions as backfill sees it.
type Group struct {
	Name string
	// Programs are base58 program ids. A group without any, which gets everything, cannot be filled by signatures.
	Programs []string
	// Failed says that the group gets failed transactions too.
	Failed bool
}

// Pipeline takes what was fetched. An Intake is one.
type Pipeline interface {
	// Reopen prepares for transactions of these slots, which may be long past.
	Reopen(ctx context.Context, from, to uint64) error
	// Take takes transactions of a slot, in the order of the block: encoded SubscribeUpdates.
	Take(ctx context.Context, slot uint64, updates [][]byte) error
	// Healed says that all of the slots was given to Take; it returns when that is durable.
	Healed(ctx context.Context, from, to uint64, groups fold.GroupSet) error
	// Shut ends Reopen.
	Shut()
}

// Config of a Backfill.
type Config struct {
	// URL of the RPC node, http or https. It may hold a key, and is never logged.
	URL string
	// Headers are sent with each request.
	Headers map[string]string
	// Commitment of the node's answers: confirmed (default) or finalized.
	Commitment string
	// RequestsPerSecond is the pace. Default 5.
	RequestsPerSecond float64
	// Groups in the order of their numbers.
	Groups []Group
	// Open returns what is missing, oldest first. It is ledger.Open.
	Open func() []ledger.Row
	// Pipeline takes what was fetched.
	Pipeline Pipeline
	// After is how long a slot must be missing before it is fetched: a second replay costs less. Default 30 s.
	After time.Duration
	// Every is how often missing slots are looked for; a failed try is repeated then too. Default 1 min.
	Every time.Duration
	// Newest returns the newest slot known, to which MostSlots counts: what lies further behind is left missing, since the lists of a
	// busy program are long. Default 9,000, about an hour. Without Newest everything is fetched.
	Newest    func() uint64
	MostSlots uint64
	// StepSlots is how many slots are listed and fetched at once, and so how much is done again when that is interrupted. Default 32.
	StepSlots uint64
	// PageLimit is how many signatures are asked for at once, 1 to 1,000. Default 1,000.
	PageLimit int
	// Transport makes the connections. Default http.DefaultTransport.
	Transport http.RoundTripper
	// Log takes a line for each run of slots. Default: nothing.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.Commitment = cmp.Or(c.Commitment, "confirmed")
	c.RequestsPerSecond = cmp.Or(max(c.RequestsPerSecond, 0), 5)
	c.After = cmp.Or(c.After, 30*time.Second)
	c.Every = cmp.Or(c.Every, time.Minute)
	c.MostSlots = cmp.Or(c.MostSlots, 9000)
	c.StepSlots = cmp.Or(c.StepSlots, 32)
	if c.PageLimit < 1 || c.PageLimit > 1000 {
		c.PageLimit = 1000
	}
	if c.Newest == nil {
		c.Newest = func() uint64 { return 0 }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Backfill is run once. Wake and Stats may be called from any goroutine.
type Backfill struct {
	config   Config
	log      *slog.Logger
	node     *node
	programs [][]solana.PublicKey // of each group
	wake     chan struct{}

	transactions, slots, failures atomic.Uint64
}

// New returns a Backfill that is not running.
func New(c Config) (*Backfill, error) {
	if c.Open == nil || c.Pipeline == nil || len(c.Groups) == 0 {
		return nil, errors.New("backfill: Open, Pipeline and Groups must be set")
	}
	c = c.withDefaults()
	n, err := newNode(c)
	if err != nil {
		return nil, err
	}
	b := &Backfill{config: c, log: c.Log, node: n, wake: make(chan struct{}, 1)}
	for _, g := range c.Groups {
		var keys []solana.PublicKey
		for _, text := range g.Programs {
			key, err := solana.PublicKeyFromBase58(text)
			if err != nil {
				return nil, fmt.Errorf("program %q of group %s: %w", text, g.Name, err)
			}
			keys = append(keys, key)
		}
		b.programs = append(b.programs, keys)
	}
	return b, nil
}

// Wake looks for missing slots soon. It does not wait.
func (b *Backfill) Wake() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Stats counts since New.
type Stats struct {
	// Transactions given to the pipeline, Slots healed, Failures of runs that are tried again.
	Transactions, Slots, Failures uint64
}

// Stats returns a snapshot.
func (b *Backfill) Stats() Stats {
	return Stats{b.transactions.Load(), b.slots.Load(), b.failures.Load()}
}

// Run fills until ctx ends, and then returns nil. What it cannot fill stays missing and is tried again.
func (b *Backfill) Run(ctx context.Context) error {
	for {
		due := b.round(ctx)
		wait := time.NewTimer(due)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		case <-b.wake:
			wait.Stop()
		}
	}
}

// round tries each run of missing slots once and returns when to look again.
func (b *Backfill) round(ctx context.Context) time.Duration {
	next := b.config.Every
	for _, row := range b.config.Open() {
		if ctx.Err() != nil {
			return next
		}
		if age := time.Since(row.Found); 0 <= age && age < b.config.After { // below 0 the clock was set back since
			next = min(next, b.config.After-age+time.Second) // times of rows are whole seconds
			continue
		}
		err := b.fill(ctx, row)
		if err != nil && ctx.Err() == nil {
			b.failures.Add(1)
			b.log.Warn("missing slots could not be fetched; trying again later", "from", row.From, "to", row.To, "groups", row.Names, "wait", b.config.Every, "error", err)
		}
	}
	return next
}

// fill fetches a run of missing slots, step by step, newest last: each step that is done is done for good.
func (b *Backfill) fill(ctx context.Context, row ledger.Row) error {
	programs, failed, groups := b.wanted(row.Groups)
	if len(programs) == 0 {
		return nil // nothing that could be asked for
	}
	newest := b.config.Newest()
	from := max(row.From, max(newest, b.config.MostSlots)-b.config.MostSlots)
	if from > row.To {
		return nil // too long ago
	}
	b.log.Info("fetching missing slots", "from", from, "to", row.To, "groups", row.Names, "reason", row.Reason)
	for ; from <= row.To; from += b.config.StepSlots {
		to := min(row.To, from+b.config.StepSlots-1)
		if err := b.step(ctx, from, to, programs, failed, groups); err != nil {
			return err
		}
		b.slots.Add(to - from + 1)
	}
	return nil
}

// wanted returns the programs of groups that can be filled, and those groups.
func (b *Backfill) wanted(in fold.GroupSet) (programs []solana.PublicKey, failed bool, out fold.GroupSet) {
	seen := map[solana.PublicKey]bool{}
	for i, keys := range b.programs {
		if !in.Has(i) || len(keys) == 0 {
			continue
		}
		out = out.With(i)
		failed = failed || b.config.Groups[i].Failed
		for _, key := range keys {
			if !seen[key] {
				seen[key] = true
				programs = append(programs, key)
			}
		}
	}
	return programs, failed, out
}
