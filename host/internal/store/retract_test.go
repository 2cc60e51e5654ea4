package store_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/store/query"
	"github.com/weir-run/weir/host/internal/store/storetest"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// sayAt gives one output of a slot, caused by a record.
func (b *bench) sayAt(instance string, slot, cause uint64, o *eventv1.Output) {
	b.t.Helper()
	b.causes[instance] = cause
	if b.logs[instance] == nil {
		epoch, err := b.journal.Acquire(b.t.Context(), instance)
		if err != nil {
			b.t.Fatal(err)
		}
		if b.logs[instance], err = b.journal.Outputs(b.t.Context(), instance, instance, epoch, nil); err != nil {
			b.t.Fatal(err)
		}
	}
	o.Slot, o.Cause = slot, cause
	raw, err := proto.Marshal(o)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.logs[instance].Append([][]byte{raw}, journal.Cursor{Cause: cause, Any: true}); err != nil {
		b.t.Fatal(err)
	}
	if err := b.logs[instance].Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func retraction() *eventv1.Output {
	return &eventv1.Output{Kind: "slot_retracted", Body: &eventv1.Output_SlotRetracted{SlotRetracted: &eventv1.SlotRetracted{}}}
}

func born(mint int) *eventv1.Output {
	return &eventv1.Output{Kind: "token_created", Signature: make([]byte, 64), Body: &eventv1.Output_TokenPhaseChanged{TokenPhaseChanged: &eventv1.TokenPhaseChanged{
		Mint: key(mint), Phase: eventv1.TokenPhase_TOKEN_PHASE_CREATED, Name: "x",
	}}}
}

func candle(mint int, start int64) *eventv1.Output {
	return &eventv1.Output{Kind: "candle", Body: &eventv1.Output_CandleClosed{CandleClosed: &eventv1.CandleClosed{
		Mint: key(mint), QuoteMint: key(3), Seconds: 60, Start: start, BaseVolume: "1", QuoteVolume: "1",
	}}}
}

// What was said of a slot that never happened is taken back, also when a monitor says it late; what another block of the slot brings stays.
func TestRetraction(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			b := newBench(t, place)
			const at = 1_700_000_000 - 1_700_000_000%60
			b.sayAt("trading", 100, 1, trade(7, 10))
			b.sayAt("trading", 101, 2, trade(7, 20)) // void
			b.sayAt("trading", 101, 3, trade(8, 30)) // void, and the only one of its coin
			b.sayAt("lifecycle", 101, 3, born(8))    // void
			b.sayAt("trading", 102, 4, candle(7, at))
			b.sayAt("trading", 101, 5, retraction())
			b.sayAt("lifecycle", 101, 5, retraction())
			b.sayAt("trading", 101, 6, trade(7, 40)) // of another block
			b.sayAt("trading", 103, 7, candle(7, at+60))
			b.sayAt("trading", 103, 8, candle(9, at))
			b.sayAt("second", 101, 3, trade(7, 50)) // void, and late
			r := b.run()
			b.stored(r)
			r.stop()
			r = b.run()                             // it knows what it wrote
			b.sayAt("second", 101, 4, trade(7, 60)) // void, and later
			b.sayAt("second", 101, 5, retraction())
			b.sayAt("second", 101, 6, trade(7, 70))
			b.stored(r)

			var amounts []uint64
			for _, trade := range r.trades(query.TradesQuery{}) {
				amounts = append(amounts, trade.BaseAmount)
			}
			if want := []uint64{70, 40, 10}; !slices.Equal(amounts, want) {
				t.Errorf("trades are of %v, want %v", amounts, want)
			}
			if got := ask(t, place, "SELECT count(*) FROM tokens WHERE mint = '"+base58Of(key(8))+"'"); got[0] != "0" {
				t.Errorf("a coin that never was is there: %v", got)
			}
			if got := ask(t, place, "SELECT count(*) FROM retractions"); got[0] != "1" {
				t.Errorf("%v retractions", got)
			}
			if got := ask(t, place, "SELECT count(*) FROM retracted"); got[0] != "4" {
				t.Errorf("%v rows were taken back", got)
			}
			token, ok, err := r.Reader().Token(t.Context(), base58Of(key(7)), 0)
			if err != nil || !ok || !token.Retracted || *token.LastSlot != 101 {
				t.Errorf("the coin is %+v, %v", token, err)
			}
			for mint, want := range map[int][]bool{7: {false, true}, 9: {false}} {
				list, err := r.Reader().Candles(t.Context(), query.CandlesQuery{Mint: base58Of(key(mint)), QuoteMint: base58Of(key(3)), Seconds: 60})
				if err != nil || len(list.Items) != len(want) {
					t.Fatalf("candles are %+v, %v", list, err)
				}
				for i, c := range list.Items {
					if c.Retracted != want[i] {
						t.Errorf("candle %d of coin %d is %+v", i, mint, c)
					}
				}
			}
		})
	}
}

// A creation that comes late fills in when, and leaves the phase as it is.
func TestCreationComesLate(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			b := newBench(t, place)
			late := born(7)
			late.GetTokenPhaseChanged().Previous = eventv1.TokenPhase_TOKEN_PHASE_TRADING
			b.sayAt("lifecycle", 102, 1, late)
			b.stored(b.run())
			if got := ask(t, place, "SELECT phase, created_slot FROM tokens"); len(got) != 1 || got[0] != "trading 102" {
				t.Errorf("the coin is %v", got)
			}
		})
	}
}
