package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/ledger"
	"github.com/weir-run/weir/host/internal/pool"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// router tells to which groups a transaction belongs, for the groups of the moment.
type router struct {
	*fold.Router
	active, all fold.GroupSet
}

// setGroups follows the groups of the pool.
func (p *pipeline) setGroups(from *pool.Pool) error {
	groups, active := from.Folded()
	r, err := fold.NewRouter(groups)
	if err != nil {
		return err
	}
	p.router.Store(&router{Router: r, active: active, all: fold.AllGroups(len(groups))})
	return nil
}

func (p *pipeline) route(tx *geyser.Transaction) fold.GroupSet {
	r := p.router.Load()
	return r.Route(tx) & r.active
}

// all is every group, for what concerns a slot as a whole.
func (p *pipeline) all() fold.GroupSet { return p.router.Load().all }

// menderConfig tells the mender how to write to the journal. Retractions are for processed only.
func (p *pipeline) menderConfig(l *ledger.Ledger, processed bool, log *slog.Logger) ledger.MenderConfig {
	c := ledger.MenderConfig{Ledger: l, Ingest: p.ingest, Journal: p.journalGap, Over: journalOver, Log: log}
	if processed {
		c.Forks = ledger.NewForks(0)
		c.Retract = p.journalRetraction
	}
	return c
}

// journalGap journals that something is missing, so that monitors know.
func (p *pipeline) journalGap(from, to uint64, groups []string, reason, endpoint string) error {
	p.count.notes.Add(1)
	p.log.Warn("gap", "from_slot", from, "to_slot", to, "groups", groups, "endpoint", endpoint, "reason", reason)
	return p.note(&eventv1.Record{Slot: to, Body: &eventv1.Record_Gap{Gap: &eventv1.Gap{
		FromSlot: from, ToSlot: to, Endpoint: endpoint, Reason: plain(reason), Groups: groups,
	}}})
}

// journalRetraction journals that everything of a slot is void.
func (p *pipeline) journalRetraction(slot uint64, reason, endpoint string) error {
	p.count.notes.Add(1)
	p.log.Info("slot retracted", "slot", slot, "endpoint", endpoint, "reason", reason)
	return p.note(&eventv1.Record{Slot: slot, Body: &eventv1.Record_SlotRetracted{SlotRetracted: &eventv1.SlotRetracted{
		Reason: plain(reason), Endpoint: endpoint,
	}}})
}

// plain makes a provider's text one that a record can hold: the words of a refusal and of a dead slot come as bytes.
func plain(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// journalOver tells whether nothing is stored any more, however long one waits.
func journalOver(err error) bool {
	return errors.Is(err, journal.ErrClosed) || errors.Is(err, journal.ErrFenced)
}

func (p *pipeline) note(r *eventv1.Record) error {
	if err := p.journal.Append([]*eventv1.Record{r}, time.Now().UnixNano()); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}
