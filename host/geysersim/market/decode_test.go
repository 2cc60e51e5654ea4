package market

import (
	"cmp"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// reader decodes transactions as the host does: from the bytes of an update.
type reader struct {
	view    geyser.View
	decoder *decode.Decoder
	raw     []byte
	worth   int // trades with a market cap
}

// checkWorth: price times supply equals the market cap. On the curve and on its pools every coin has the standard supply.
func checkWorth(tb testing.TB, t *eventv1.Trade) {
	tb.Helper()
	if t.Venue == eventv1.Venue_VENUE_PUMPSWAP && !slices.Equal(t.Mint, t.PoolBaseMint) {
		tb.Fatalf("a market cap of a coin that prices others: %v", t)
	}
	worth := new(big.Int).SetUint64(pumpfun.Supply)
	worth.Mul(worth, new(big.Int).SetUint64(t.GetReservesAfter().GetPriceQuote()))
	worth.Quo(worth, new(big.Int).SetUint64(t.GetReservesAfter().GetPriceBase()))
	if t.Venue == eventv1.Venue_VENUE_PUMP && worth.Uint64() != t.GetMarketCap() {
		tb.Fatalf("market cap %d, price times supply is %s: %v", t.GetMarketCap(), worth, t)
	}
}

func (r *reader) read(tb testing.TB, slot uint64, info *geyserpb.SubscribeUpdateTransactionInfo) []geysersim.Truth {
	tb.Helper()
	update := &geyserpb.SubscribeUpdate{Filters: []string{"w"}, UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
		Transaction: &geyserpb.SubscribeUpdateTransaction{Slot: slot, Transaction: info},
	}}
	var err error
	if r.raw, err = (proto.MarshalOptions{}).MarshalAppend(r.raw[:0], update); err != nil {
		tb.Fatal(err)
	}
	if err := r.view.Read(r.raw); err != nil {
		tb.Fatal(err)
	}
	var facts []geysersim.Truth
	for _, record := range r.decoder.Decode(&r.view.Tx) {
		if record.GetFeesMoved() != nil || record.GetReservesChanged() != nil {
			continue // payouts are noise to the market: it does not promise them
		}
		if record.TxIndex == nil { // 0 is the first of its block, not unknown
			tb.Fatalf("a record without its place in the block: %v", record)
		}
		if trade := record.GetTrade(); trade != nil && trade.MarketCap != nil {
			r.worth++
			checkWorth(tb, trade)
		}
		f := truthOf(record)
		f.Ordinal = len(facts)
		facts = append(facts, f)
	}
	return facts
}

// TestDecoderFindsTheTruth is the promise of the market: what it says is what a decoder reads from the wire, in every field.
func TestDecoderFindsTheTruth(t *testing.T) {
	for name, o := range map[string]Options{
		"default":         {TransactionsPerSlot: 100},
		"two in a router": {TransactionsPerSlot: 100, DoubleShare: 1, RoutedShare: 1, LoadedShare: 1, FailedShare: -1},
		"staged":          {TransactionsPerSlot: 100, Staged: 3, Dollars: true},
		"direct":          {TransactionsPerSlot: 100, DoubleShare: -1, RoutedShare: -1, LoadedShare: -1, HotShare: 1},
	} {
		for seed := range seeds(2) {
			t.Run(fmt.Sprintf("%s, seed %d", name, seed), func(t *testing.T) {
				o.Seed = seed
				compareTruth(t, o)
			})
		}
	}
}

func compareTruth(t *testing.T, o Options) {
	t.Helper()
	r := &reader{decoder: decode.New(decode.Options{})}
	facts, wrong := 0, 0
	play(t, New(o), 120, func(b *geysersim.Block, tx *geysersim.Transaction) {
		got, want := r.read(t, b.Slot, tx.Info), plain(tx.Truth)
		facts += len(want)
		if !reflect.DeepEqual(got, want) && wrong < 5 {
			wrong++
			t.Errorf("slot %d tx %d (%v):\n got %s\nwant %s", b.Slot, tx.Info.Index, traps(tx.Truth), show(got), show(want))
		}
	})
	t.Logf("%d facts: %+v", facts, r.decoder.Stats())
	if facts < 5_000 || r.worth < 1_000 {
		t.Errorf("only %d facts, %d with a market cap", facts, r.worth)
	}
}

func traps(list []geysersim.Truth) []string {
	if len(list) == 0 {
		return nil
	}
	return list[0].Traps
}

// plain leaves out what a record does not say of itself, and sorts fees.
func plain(list []geysersim.Truth) (out []geysersim.Truth) {
	for _, f := range list {
		f.Traps = nil
		if f.Venue == geysersim.VenueRaydiumV4 || f.Kind == geysersim.TruthLPBurned { // its log does not tell the time
			f.BlockTime = 0
		}
		sortFees(f.Fees)
		if f.Kind == geysersim.TruthPoolCreated {
			f.Before, f.After = nil, nil
		}
		out = append(out, f)
	}
	return out
}

func sortFees(list []geysersim.TruthFee) {
	slices.SortFunc(list, func(a, b geysersim.TruthFee) int { return cmp.Compare(a.Kind, b.Kind) })
}

func show(list []geysersim.Truth) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString("\n  ")
		v := reflect.ValueOf(f)
		for i := range v.NumField() {
			field := v.Field(i)
			if field.IsZero() {
				continue
			}
			if field.Kind() == reflect.Pointer {
				field = field.Elem()
			}
			b.WriteString(v.Type().Field(i).Name + "=" + fmt.Sprint(field.Interface()) + " ")
		}
	}
	return b.String()
}

func truthOf(r *eventv1.Record) geysersim.Truth {
	f := geysersim.Truth{Slot: r.Slot, BlockTime: r.GetBlockTime(), Signature: base58.Encode(r.Signature), TxIndex: r.GetTxIndex()}
	switch body := r.Body.(type) {
	case *eventv1.Record_Trade:
		b := body.Trade
		f.Kind, f.Venue, f.Mint, f.QuoteMint = geysersim.TruthTrade, venueName(b.Venue), text(b.Mint), text(b.QuoteMint)
		f.Pool, f.Trader, f.Side = text(b.Pool), text(b.Trader), strings.ToLower(strings.TrimPrefix(b.Side.String(), "SIDE_"))
		f.BaseAmount, f.QuoteAmount, f.PoolQuoteAmount = b.BaseAmount, b.QuoteAmount, b.PoolQuoteAmount
		f.FeePayer, f.PriorityFee, f.Tip = text(b.FeePayer), b.GetPriorityFee(), b.GetTip()
		f.Limit, f.ExactIn, f.BaseDecimals, f.QuoteDecimals = b.GetLimitAmount(), b.GetExactIn(), b.GetBaseDecimals(), b.GetQuoteDecimals()
		f.Before, f.After, f.Router = reserves(b.ReservesBefore), reserves(b.ReservesAfter), text(b.Router)
		for _, fee := range b.Fees {
			f.Fees = append(f.Fees, geysersim.TruthFee{
				Kind: strings.ToLower(strings.TrimPrefix(fee.Kind.String(), "FEE_KIND_")), Amount: fee.Amount, InBase: fee.InBase,
			})
		}
		sortFees(f.Fees)
	case *eventv1.Record_TokenCreated:
		b := body.TokenCreated
		f.Kind, f.Venue, f.Mint, f.QuoteMint = geysersim.TruthTokenCreated, venueName(b.Venue), text(b.Mint), text(b.QuoteMint)
		f.Pool, f.Trader, f.Name, f.Symbol, f.URI = text(b.Curve), text(b.User), b.Name, b.Symbol, b.Uri
		f.After = reserves(b.Reserves)
	case *eventv1.Record_CurveCompleted:
		b := body.CurveCompleted
		f.Kind, f.Venue, f.Mint, f.QuoteMint = geysersim.TruthCurveCompleted, venueName(b.Venue), text(b.Mint), text(b.QuoteMint)
		f.Pool, f.Trader = text(b.Curve), text(b.User)
	case *eventv1.Record_TokenMigrated:
		b := body.TokenMigrated
		f.Kind, f.Venue, f.Mint, f.QuoteMint = geysersim.TruthTokenMigrated, venueName(b.Venue), text(b.Mint), text(b.QuoteMint)
		f.Pool, f.TargetPool, f.Trader, f.BaseAmount, f.QuoteAmount = text(b.Curve), text(b.Pool), text(b.User), b.BaseAmount, b.QuoteAmount
	case *eventv1.Record_PoolCreated:
		b := body.PoolCreated
		f.Kind, f.Venue, f.Mint, f.QuoteMint = geysersim.TruthPoolCreated, venueName(b.Venue), text(b.BaseMint), text(b.QuoteMint)
		f.Pool, f.Trader, f.BaseAmount, f.QuoteAmount, f.LPAmount = text(b.Pool), text(b.Creator), b.BaseAmount, b.QuoteAmount, b.GetLpAmount()
	case *eventv1.Record_LiquidityChanged:
		b := body.LiquidityChanged
		f.Kind, f.Venue, f.Mint, f.QuoteMint = geysersim.TruthLiquidityAdded, venueName(b.Venue), text(b.BaseMint), text(b.QuoteMint)
		if b.Direction == eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED {
			f.Kind = geysersim.TruthLiquidityRemoved
		}
		f.Pool, f.Trader, f.BaseAmount, f.QuoteAmount, f.LPAmount = text(b.Pool), text(b.Owner), b.BaseAmount, b.QuoteAmount, b.GetLpAmount()
		f.Before, f.After = reserves(b.ReservesBefore), reserves(b.ReservesAfter)
	case *eventv1.Record_LpMoved:
		b := body.LpMoved
		f.Kind, f.Venue, f.Pool, f.Trader, f.LPAmount = geysersim.TruthLPBurned, venueName(b.Venue), text(b.Pool), text(b.Owner), b.Amount
	}
	return f
}

func venueName(v eventv1.Venue) string {
	return strings.ToLower(strings.TrimPrefix(v.String(), "VENUE_"))
}

func text(key []byte) string { return base58.Encode(key) }

func reserves(r *eventv1.Reserves) *geysersim.TruthReserves {
	if r == nil {
		return nil
	}
	return &geysersim.TruthReserves{Base: r.GetBase(), Quote: r.GetQuote(), PriceBase: r.GetPriceBase(), PriceQuote: r.GetPriceQuote()}
}
