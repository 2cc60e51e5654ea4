package ledger

import (
	"context"
	"log/slog"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/ingest/span"
)

// MenderConfig of a Mender.
type MenderConfig struct {
	Ledger *Ledger
	Ingest *ingest.Ingest
	// Rerequest asks the stream to send everything from a slot on once more. It must not wait. It tells whether it will be asked. Nil
	// never asks, for a pool that does so by itself.
	Rerequest func(slot uint64) bool
	// Journal appends a gap record for monitors.
	Journal func(from, to uint64, groups []string, reason, endpoint string) error
	// Forks is set at commitment processed only: then Retract appends the record that says that a slot is void.
	Forks   *Forks
	Retract func(slot uint64, reason, endpoint string) error
	// Missed is called when slots are missing for good unless they are fetched: a backfill wants to know. Nil is fine.
	Missed func()
	// Over tells of an error of Ledger that trying again does not help against. After others a change of it is tried until it is durable, as
	// the journal waits for a disk that is full. Nil: none is.
	Over func(err error) bool
	// AskAfter is how many slots a hole must be behind before its slots are asked for again: connections are not equally fast.
	// Default 8, some 3 s.
	AskAfter uint64
	// GiveUpAfter is how many slots a hole must be behind before it is told as a gap and passed. Default 256, some 100 s; it should lie
	// beyond the provider's replay window, and within four windows of ingest.
	GiveUpAfter uint64
	// Log takes a line for each hole. Default: nothing.
	Log *slog.Logger
}

func (c MenderConfig) withDefaults() MenderConfig {
	if c.Rerequest == nil {
		c.Rerequest = func(uint64) bool { return false }
	}
	if c.Missed == nil {
		c.Missed = func() {}
	}
	if c.Over == nil {
		c.Over = func(error) bool { return false }
	}
	if c.AskAfter == 0 {
		c.AskAfter = 8
	}
	if c.GiveUpAfter == 0 {
		c.GiveUpAfter = 256
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Mender keeps ingest, ledger and journal in step: block metas, slot statuses and gaps go through it.
//
// It watches the holes before the frontiers. At commitment processed, each new stream leaves one: what the slot that was under way
// had sent before the stream began is in no replay, until that slot is sealed. So the slots of a hole count as missing from the moment it
// is seen, they are asked for again, and when nothing helps they are told as a gap. It is for the goroutine that ingests.
type Mender struct {
	config MenderConfig
	asked  span.Set // slots that were asked for again
	told   span.Set // slots of gap records in the journal
	lost   span.Set // slots that came, and of which something could not be taken in
	passed uint64   // lowest frontier when asked and told were last cleaned
}

// NewMender returns a Mender.
func NewMender(c MenderConfig) *Mender { return &Mender{config: c.withDefaults()} }

// RestoreRecord notes that the end of the journal holds records of a slot, RestoreGap that it holds a gap record, and RestoreRetraction
// that it holds a retraction. They are called in the order of the journal, after ingest.Restore and along with ingest.Seed, so that
// nothing is journaled twice.
func (m *Mender) RestoreRecord(slot uint64) {
	m.config.Ingest.Revive(slot)
	m.Recorded(slot)
}

// RestoreGap takes a gap record of the journal; see RestoreRecord.
func (m *Mender) RestoreGap(from, to uint64) { m.told.Add(from, to) }

// RestoreRetraction takes a retraction of the journal; see RestoreRecord.
func (m *Mender) RestoreRetraction(slot uint64) {
	if m.config.Forks != nil {
		m.config.Forks.Retracted(slot)
	}
	m.config.Ingest.Void(slot)
}

// Gap takes a gap in: it is durable in the ledger, then a record for monitors, and then the frontiers pass it.
func (m *Mender) Gap(ctx context.Context, from, to uint64, groups fold.GroupSet, reason, endpoint string) error {
	if err := m.noted(ctx, func(l *Ledger) error { return l.Missing(ctx, from, to, groups, reason, endpoint) }); err != nil {
		return err
	}
	if len(m.told.Without(from, to)) > 0 {
		if err := m.config.Journal(from, to, m.config.Ledger.Names(groups), reason, endpoint); err != nil {
			return err
		}
	}
	m.config.Ingest.Told(from, to, groups)
	m.config.Missed()
	return nil
}

// Lost takes in that something of a slot came and could not be used: it cannot be read, or not be stored. That is a gap which no block meta
// heals, since all of the slot did come.
func (m *Mender) Lost(ctx context.Context, slot uint64, groups fold.GroupSet, reason, endpoint string) error {
	m.lost.Add(slot, slot)
	return m.Gap(ctx, slot, slot, groups, reason, endpoint)
}

// Retry forgets what was lost of slots that are about to be fetched, so that it counts if it is lost again.
func (m *Mender) Retry(from, to uint64) { m.lost.Remove(from, to) }

// Healed takes in that missing slots were fetched: the ledger notes it once the journal is flushed, and then the frontiers pass them.
func (m *Mender) Healed(ctx context.Context, from, to uint64, groups fold.GroupSet) error {
	for _, r := range m.lost.Without(from, to) {
		if err := m.noted(ctx, func(l *Ledger) error { return l.Healed(ctx, r.From, r.To, groups) }); err != nil {
			return err
		}
	}
	m.config.Ingest.Told(from, to, groups)
	return nil
}

// BlockMeta takes a block meta through ingest and ledger, and looks after holes. It returns the groups that it proves.
func (m *Mender) BlockMeta(ctx context.Context, meta *geyser.BlockMeta, covers fold.GroupSet) (fold.GroupSet, error) {
	if m.config.Forks != nil {
		m.config.Forks.BlockMeta(meta)
	}
	proven := m.config.Ingest.BlockMeta(meta, covers)
	whole := proven
	if m.lost.Has(meta.Slot) {
		whole = 0
	}
	if err := m.noted(ctx, func(l *Ledger) error { return l.Sealed(ctx, meta, whole) }); err != nil {
		return proven, err
	}
	if m.asked.Has(meta.Slot) && proven != 0 {
		m.config.Log.Info("a slot that was asked for again came", "slot", meta.Slot)
		m.asked.Remove(meta.Slot, meta.Slot)
	}
	err := m.holes(ctx)
	m.clean()
	return proven, err
}

// Recorded notes that records of a slot were given to the journal.
func (m *Mender) Recorded(slot uint64) {
	if m.config.Forks != nil {
		m.config.Forks.Recorded(slot)
	}
}

// SlotStatus takes a slot status through ingest, and retracts what turns out void: the record goes to the journal once, and nothing of the
// slot is taken in after it. Should the chain come back to such a slot, it counts as missing, since what came meanwhile was dropped.
func (m *Mender) SlotStatus(ctx context.Context, u *geyser.SlotUpdate, endpoint string) error {
	m.config.Ingest.SlotStatus(u)
	if m.config.Forks == nil {
		return nil
	}
	for _, v := range m.config.Forks.SlotStatus(u) {
		if err := m.judge(ctx, v, endpoint); err != nil {
			return err
		}
	}
	return nil
}

func (m *Mender) judge(ctx context.Context, v Verdict, endpoint string) error {
	if v.Revived {
		m.config.Ingest.Revive(v.Slot)
		if err := m.Gap(ctx, v.Slot, v.Slot, m.config.Ingest.Groups(), v.Reason, endpoint); err != nil {
			return err
		}
		m.config.Rerequest(v.Slot)
		return nil
	}
	m.config.Ingest.Void(v.Slot)
	if !v.Retract {
		return nil
	}
	m.config.Log.Warn("slot retracted", "slot", v.Slot, "reason", v.Reason, "endpoint", endpoint)
	if err := m.config.Retract(v.Slot, v.Reason, endpoint); err != nil {
		return err
	}
	return m.noted(ctx, func(l *Ledger) error { return l.Dead(ctx, v.Slot, v.Reason, endpoint) })
}

func (m *Mender) holes(ctx context.Context) error {
	for range fold.MostGroups { // each round passes one hole
		h, ok := m.config.Ingest.Hole(m.config.GiveUpAfter)
		if !ok {
			break
		}
		m.config.Log.Warn("slots did not come and are passed", "from", h.From, "to", h.To, "groups", m.config.Ledger.Names(h.Groups))
		if err := m.Gap(ctx, h.From, h.To, h.Groups, "nothing proves that these slots came whole", ""); err != nil {
			return err
		}
	}
	h, ok := m.config.Ingest.Hole(m.config.AskAfter)
	if !ok || len(m.asked.Without(h.From, h.To)) == 0 {
		return nil
	}
	err := m.noted(ctx, func(l *Ledger) error {
		return l.Missing(ctx, h.From, h.To, h.Groups, "no connection carried all of it", "")
	})
	if err != nil {
		return err
	}
	if m.config.Rerequest(h.From) {
		m.config.Log.Info("asked again for slots that did not come whole", "from", h.From, "to", h.To, "groups", m.config.Ledger.Names(h.Groups))
		m.asked.Add(h.From, h.To)
	}
	return nil
}

// keepLost is how long it is remembered that something of a slot was lost, in slots: longer than any replay that brings its block meta again.
const keepLost = 100_000

// clean forgets what the frontiers have passed.
func (m *Mender) clean() {
	if at := m.config.Ingest.Complete(); at > m.passed {
		m.passed = at
		m.asked.Remove(0, at)
		m.told.Remove(0, at)
		m.lost.Remove(0, max(at, keepLost)-keepLost)
	}
}
