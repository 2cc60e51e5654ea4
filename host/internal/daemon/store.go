package daemon

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/ledger"
	"github.com/weir-run/weir/host/internal/store"
	"github.com/weir-run/weir/host/internal/store/query"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// initStore prepares the store, where one is configured. A database that is away is no reason not to start.
func (d *Daemon) initStore() error {
	place, wanted, err := storePlace(d.cfg)
	if err != nil || !wanted {
		return err
	}
	keep := d.cfg.Store.Retention
	d.store, err = store.New(store.Config{
		Place: place, Events: store.Events(d.journal), Alerts: store.Alerts(d.alertLog), Instances: d.cfg.Store.Instances, Adopt: d.cfg.Store.Adopt, Gaps: d.storedGaps,
		Retention: store.Retention{Trades: keep.Trades, Candles: keep.Candles, Liquidity: keep.Liquidity, Signals: keep.Signals, Alerts: keep.Alerts, Tokens: keep.Tokens},
		Log:       d.log.With("room", "store"),
	})
	return err
}

// StoreName names the database of a configuration without secrets; empty when there is none.
func StoreName(cfg config.Config) (string, error) {
	place, wanted, err := storePlace(cfg)
	if err != nil || !wanted {
		return "", err
	}
	return place.String(), nil
}

// storePlace finds the database; wanted is false when none is configured.
func storePlace(cfg config.Config) (place sqldb.Place, wanted bool, err error) {
	url, err := cfg.Store.ReadURL()
	if err != nil {
		return place, false, fmt.Errorf("store: %w", err)
	}
	if url == "" {
		return place, false, nil
	}
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return place, false, fmt.Errorf("find data folder: %w", err)
	}
	if place, err = sqldb.ParsePlace(url, dir); err != nil {
		return place, false, fmt.Errorf("store.url: %w", err)
	}
	return place, true, nil
}

// Store answers questions about stored outputs; nil where no store is configured.
func (d *Daemon) Store() *query.Reader {
	if d.store == nil {
		return nil
	}
	return d.store.Reader()
}

// storedGaps are the rows of weir gaps.
func (d *Daemon) storedGaps() (gaps []store.Gap, oldest uint64) {
	oldest = d.ledger.Totals().Oldest
	for _, r := range d.ledger.Rows(ledger.Query{States: []ledger.State{ledger.Missing, ledger.Backfilled, ledger.Dead}}) {
		gaps = append(gaps, store.Gap{
			From: r.From, To: r.To, Groups: strings.Join(r.Names, ","), State: r.State.String(), Reason: r.Reason, Endpoint: r.Endpoint,
			Found: seconds(r.Found), Healed: seconds(r.Healed),
		})
	}
	return gaps, oldest
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (d *Daemon) storeStatus() *adminv1.StoreStatus {
	if d.store == nil {
		return nil
	}
	s := d.store.Status()
	return &adminv1.StoreStatus{
		Place: s.Place, Trouble: s.Trouble, TroubleSinceUnix: seconds(s.Since), Outputs: s.Outputs, Rows: s.Rows, Kinds: s.Kinds, Errors: s.Errors,
		Missed: s.Missed, Deleted: s.Deleted, Position: s.Position, Last: s.Last, LagMicros: uint64(s.Lag.Microseconds()),
		Transactions: summary(s.Recent, s.All),
	}
}
