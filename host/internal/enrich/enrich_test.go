package enrich_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/enrich"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func TestMain(m *testing.M) {
	// ristretto's glog start-up goroutine is not ours.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

// table is an in-memory Table whose calls can be made to fail.
type table struct {
	rows map[string][]byte
	fail error
	gets int
}

func (t *table) Get(_ context.Context, key string) ([]byte, bool, error) {
	t.gets++
	v, ok := t.rows[key]
	return v, ok, t.fail
}

func (t *table) Put(_ context.Context, key string, value []byte) error {
	if t.fail == nil {
		t.rows[key] = value
	}
	return t.fail
}

var mint = bytes.Repeat([]byte{7}, 32)

func created() *eventv1.Record {
	return &eventv1.Record{Body: &eventv1.Record_TokenCreated{TokenCreated: &eventv1.TokenCreated{Mint: mint, Symbol: "WEIR", Decimals: proto.Uint32(6)}}}
}

func trade() *eventv1.Record {
	return &eventv1.Record{Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{Mint: mint}}}
}

func newEnricher(t *testing.T, rows *table) *enrich.Enricher {
	t.Helper()
	e, err := enrich.New(t.Context(), enrich.Config{Tokens: rows, Memory: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func TestCreationIsKnownToTheNextRecordAndAfterRestart(t *testing.T) {
	rows := &table{rows: map[string][]byte{}}
	first, bought := created(), trade()
	if err := newEnricher(t, rows).Enrich(t.Context(), []*eventv1.Record{first, bought}); err != nil {
		t.Fatal(err)
	}
	later := trade()
	done := &eventv1.Record{Body: &eventv1.Record_CurveCompleted{CurveCompleted: &eventv1.CurveCompleted{Mint: mint}}}
	moved := &eventv1.Record{Body: &eventv1.Record_TokenMigrated{TokenMigrated: &eventv1.TokenMigrated{Mint: mint}}}
	if err := newEnricher(t, rows).Enrich(t.Context(), []*eventv1.Record{later, done, moved}); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*eventv1.Record{"in the same transaction": bought, "after a restart": later} {
		if got := r.GetTrade(); got.GetSymbol() != "WEIR" || got.BaseDecimals == nil || got.GetBaseDecimals() != 6 {
			t.Errorf("%s: symbol %q decimals %v", name, got.GetSymbol(), got.BaseDecimals)
		}
	}
	if done.GetCurveCompleted().GetSymbol() != "WEIR" || moved.GetTokenMigrated().GetSymbol() != "WEIR" {
		t.Error("completion or migration without symbol")
	}
}

func TestUnknownTokenStaysUnknown(t *testing.T) {
	e := newEnricher(t, &table{rows: map[string][]byte{}})
	r := trade()
	if err := e.Enrich(t.Context(), []*eventv1.Record{r, {Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{Mint: []byte{1}}}}}); err != nil {
		t.Fatal(err)
	}
	if got := r.GetTrade(); got.GetSymbol() != "" || got.BaseDecimals != nil {
		t.Errorf("invented symbol %q, decimals %v", got.GetSymbol(), got.BaseDecimals)
	}
	if s := e.Caches()[0]; s.Absent != 1 {
		t.Errorf("stats %+v, want one absent", s)
	}
}

func TestKnownDecimalsAreNotReplaced(t *testing.T) {
	rows := &table{rows: map[string][]byte{}}
	e := newEnricher(t, rows)
	r := trade()
	r.GetTrade().BaseDecimals = proto.Uint32(9)
	if err := e.Enrich(t.Context(), []*eventv1.Record{created(), r}); err != nil {
		t.Fatal(err)
	}
	if got := r.GetTrade().GetBaseDecimals(); got != 9 {
		t.Errorf("decimals %d, want the 9 that the transaction said", got)
	}
}

func TestFailingTableIsAnErrorThatNamesTheToken(t *testing.T) {
	down := errors.New("table is down")
	for _, r := range []*eventv1.Record{created(), trade()} {
		err := newEnricher(t, &table{rows: map[string][]byte{}, fail: down}).Enrich(t.Context(), []*eventv1.Record{r})
		if !errors.Is(err, down) || !strings.Contains(err.Error(), "token US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx") {
			t.Errorf("got %v", err)
		}
	}
}
