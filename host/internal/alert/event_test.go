package alert

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/journal"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var coin = slices.Repeat([]byte{7}, 32)

func traded(cause, quote uint64, key string) *eventv1.Output {
	return &eventv1.Output{Cause: cause, Kind: "trade", Key: key, Slot: 9, Body: &eventv1.Output_TradeReported{
		TradeReported: &eventv1.TradeReported{Mint: coin, QuoteAmount: quote, BaseVolume: "18446744073709551616", QuoteVolume: "55"},
	}}
}

func TestMatches(t *testing.T) {
	mint := base58.Encode(coin)
	signal := &eventv1.Output{Kind: "whale", Key: "k", Body: &eventv1.Output_Signal{Signal: &eventv1.Signal{Fields: map[string]string{"lamports": "900", "who": "x"}}}}
	for name, test := range map[string]struct {
		entry  config.EventAlert
		output *eventv1.Output
		want   bool
	}{
		"any of the kind":          {config.EventAlert{}, traded(1, 5, "k"), true},
		"mint by body":             {config.EventAlert{Mint: mint}, traded(1, 5, "pool"), true},
		"mint by key":              {config.EventAlert{Mint: mint}, &eventv1.Output{Key: mint}, true},
		"other mint":               {config.EventAlert{Mint: "So11111111111111111111111111111111111111112"}, traded(1, 5, mint), false},
		"instance":                 {config.EventAlert{Instance: "trading"}, traded(1, 5, "k"), true},
		"other instance":           {config.EventAlert{Instance: "second"}, traded(1, 5, "k"), false},
		"enough":                   {config.EventAlert{Field: "quote_amount", AtLeast: 5}, traded(1, 5, "k"), true},
		"too little":               {config.EventAlert{Field: "quote_amount", AtLeast: 6}, traded(1, 5, "k"), false},
		"number as text":           {config.EventAlert{Field: "quote_volume", AtLeast: 55}, traded(1, 5, "k"), true},
		"a number beyond 64 bits":  {config.EventAlert{Field: "base_volume", AtLeast: 1}, traded(1, 5, "k"), false},
		"no such field":            {config.EventAlert{Field: "nothing", AtLeast: 0}, traded(1, 5, "k"), false},
		"a field that is no value": {config.EventAlert{Field: "mint", AtLeast: 0}, traded(1, 5, "k"), false},
		"absent is not zero":       {config.EventAlert{Field: "base_decimals", AtLeast: 0}, traded(1, 5, "k"), false},
		"field of a signal":        {config.EventAlert{Field: "lamports", AtLeast: 900}, signal, true},
		"text of a signal":         {config.EventAlert{Field: "who", AtLeast: 0}, signal, false},
		"no body":                  {config.EventAlert{Field: "x", AtLeast: 0}, &eventv1.Output{}, false},
	} {
		if got := matches(test.entry, "trading", test.output); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// feed is a stream of batches that ends with an error after some, as a journal does that is closed.
type feed struct{ batches [][]byte }

func (f *feed) add(t *testing.T, outputs ...*eventv1.Output) {
	t.Helper()
	data, err := proto.Marshal(&eventv1.OutputBatch{Instance: "trading", Outputs: outputs})
	if err != nil {
		t.Fatal(err)
	}
	f.batches = append(f.batches, data)
}

func (f *feed) read(ctx context.Context, q journal.EventsQuery, visit func(uint64, []byte) error) error {
	from := max(q.From, 1)
	if q.Tail > 0 {
		from = max(uint64(len(f.batches)), q.Tail) - q.Tail + 1
	}
	for at := from; at <= uint64(len(f.batches)); at++ {
		if err := visit(at, f.batches[at-1]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestEventsGiveNoticesAcrossRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := newBook(), &feed{}
		f.add(t, traded(1, 100, "old")) // long before alerts were asked for
		f.add(t, traded(2, 100, "k"), traded(3, 1, "k"))
		cfg := hooked(Config{Status: func() *adminv1.StatusResponse { return healthy() }, Book: b, Events: f.read})
		cfg.Set.Events = []config.EventAlert{{Name: "big-buy", Kind: "trade", Field: "quote_amount", AtLeast: 100, Severity: "info"}}
		for range 3 { // what is read again after a restart is not told again
			_, stop := run(t, cfg, &receiver{})
			time.Sleep(10 * time.Second)
			stop()
			f.add(t, traded(uint64(4+len(f.batches)), 200, "k"))
		}
		var causes []uint64
		for _, data := range b.data {
			var a eventv1.Alert
			if err := proto.Unmarshal(data, &a); err != nil {
				t.Fatal(err)
			}
			if a.GetState() != eventv1.AlertState_ALERT_STATE_NOTICE || a.GetRule() != "big-buy" || a.GetInstance() != "trading" || a.GetSeverity() != eventv1.Severity_SEVERITY_INFO {
				t.Errorf("%v", &a)
			}
			if text := sentence(&a); strings.Count(text, a.GetSubject()+":") != 1 || strings.Contains(text, "of "+a.GetSubject()) {
				t.Errorf("%q names the token not once", text)
			}
			causes = append(causes, a.GetEvent().GetCause())
		}
		if want := []uint64{2, 6, 7}; !slices.Equal(causes, want) {
			t.Errorf("told of %d, want %d", causes, want)
		}
	})
}

// TestANoticeWaitsForAJournalThatStoresNothing: the cooldown of what could not be stored must not keep it from being told at all.
func TestANoticeWaitsForAJournalThatStoresNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, f := newBook(), &feed{}
		b.down = true
		f.add(t, traded(1, 100, "k"))
		said := &strings.Builder{}
		cfg := hooked(Config{Status: func() *adminv1.StatusResponse { return healthy() }, Book: b, Events: f.read, Log: slog.New(slog.NewTextHandler(said, nil))})
		cfg.Set.Events = []config.EventAlert{{Name: "big-buy", Kind: "trade", Cooldown: time.Hour, Severity: "info"}}
		_, stop := run(t, cfg, &receiver{})
		time.Sleep(10 * time.Second)
		b.mu.Lock()
		b.down = false
		b.mu.Unlock()
		time.Sleep(10 * time.Second)
		stop()
		if got := b.rules(t); !slices.Equal(got, []string{"big-buy notice"}) {
			t.Errorf("the book holds %q", got)
		}
		if n := strings.Count(said.String(), "rule=big-buy"); n != 1 {
			t.Errorf("it is said %d times in the log", n)
		}
	})
}

func TestCooldownOfAnEntryIsByToken(t *testing.T) {
	w := newWanted([]config.EventAlert{{Name: "any", Kind: "trade", Cooldown: time.Minute, Severity: "info"}})
	now := time.Unix(1_700_000_000, 0)
	count := func(at time.Duration, key string) int {
		return len(w.look(now.Add(at), 1, &eventv1.OutputBatch{Outputs: []*eventv1.Output{traded(1, 1, key)}}))
	}
	if got := []int{count(0, "a"), count(time.Second, "a"), count(time.Second, "b"), count(time.Minute, "a")}; !slices.Equal(got, []int{1, 0, 1, 1}) {
		t.Errorf("told %d", got)
	}
}
