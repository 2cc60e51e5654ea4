package conform

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Where the chain of the kit begins.
const (
	firstSlot  = 300_000_000
	firstBlock = 1_700_000_000 // Unix seconds
	tokens     = 12
	rounds     = 40
)

// market makes records of every kind: token lives from launch to pool, with sums that differ. It is the same in every call.
func market() (out []*eventv1.Record) {
	for i := range tokens {
		out = append(out, &eventv1.Record{Body: &eventv1.Record_TokenCreated{TokenCreated: &eventv1.TokenCreated{
			Venue: eventv1.Venue_VENUE_PUMP, Mint: key("mint", i), Curve: key("curve", i), Creator: key("trader", i), User: key("trader", i),
			Name: fmt.Sprintf("Coin %d", i), Symbol: fmt.Sprintf("C%d", i), QuoteMint: wsol, Decimals: proto.Uint32(6), TotalSupply: proto.Uint64(1e15),
		}}})
		for round := range rounds {
			out = append(out, trade(i, round))
		}
		out = append(out, graduation(i)...)
	}
	gap := &eventv1.Gap{FromSlot: firstSlot + 3, ToSlot: firstSlot + 4}
	return append(out, &eventv1.Record{Body: &eventv1.Record_Gap{Gap: gap}}, trade(0, rounds))
}

func trade(token, round int) *eventv1.Record {
	side, venue, pool := eventv1.Side_SIDE_BUY, eventv1.Venue_VENUE_PUMP, key("curve", token)
	if round%3 == 2 {
		side = eventv1.Side_SIDE_SELL
	}
	if round%10 == 9 {
		venue, pool = eventv1.Venue_VENUE_PUMPSWAP, key("pool", token)
	}
	quote := uint64(1_000_000) << (round % 20) // from dust to what anyone calls large
	reserve := uint64(30_000_000_000 + round*1_000_000)
	return &eventv1.Record{Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{
		Venue: venue, Pool: pool, Trader: key("trader", token+round%7), FeePayer: key("trader", token+round%7), Mint: key("mint", token), QuoteMint: wsol,
		PoolBaseMint: key("mint", token), PoolQuoteMint: wsol, Side: side, BaseAmount: quote * 30, QuoteAmount: quote, PoolQuoteAmount: quote,
		Symbol: fmt.Sprintf("C%d", token), BaseDecimals: proto.Uint32(6), QuoteDecimals: proto.Uint32(9),
		Fees:           []*eventv1.Fee{{Kind: eventv1.FeeKind_FEE_KIND_PROTOCOL, Amount: quote / 100}},
		ReservesBefore: &eventv1.Reserves{Base: proto.Uint64(1e15), Quote: new(reserve)},
		ReservesAfter:  &eventv1.Reserves{Base: proto.Uint64(1e15 - 1), Quote: new(reserve + 1_000_000)},
	}}}
}

// graduation is the end of a curve, and everything else that a monitor may want.
func graduation(i int) []*eventv1.Record {
	mint, curve, pool, user := key("mint", i), key("curve", i), key("pool", i), key("trader", i)
	pumpswap := eventv1.Venue_VENUE_PUMPSWAP
	return []*eventv1.Record{
		{Body: &eventv1.Record_CurveCompleted{CurveCompleted: &eventv1.CurveCompleted{Venue: eventv1.Venue_VENUE_PUMP, Mint: mint, Curve: curve, User: user, QuoteMint: wsol}}},
		{Body: &eventv1.Record_PoolCreated{PoolCreated: &eventv1.PoolCreated{
			Venue: pumpswap, Pool: pool, Creator: user, BaseMint: mint, QuoteMint: wsol, LpMint: key("lp", i), BaseAmount: 206_900_000_000_000, QuoteAmount: 84_990_359_346,
		}}},
		{Body: &eventv1.Record_TokenMigrated{TokenMigrated: &eventv1.TokenMigrated{
			Venue: eventv1.Venue_VENUE_PUMP, Mint: mint, Curve: curve, Pool: pool, PoolVenue: pumpswap, User: user, QuoteMint: wsol, BaseAmount: 206_900_000_000_000, QuoteAmount: 84_990_359_346,
		}}},
		{Body: &eventv1.Record_LiquidityChanged{LiquidityChanged: &eventv1.LiquidityChanged{
			Venue: pumpswap, Pool: pool, Owner: user, Direction: eventv1.LiquidityDirection(1 + i%2), BaseMint: mint, QuoteMint: wsol, BaseAmount: 1_000_000, QuoteAmount: 50_000, LpMint: key("lp", i),
		}}},
		{Body: &eventv1.Record_TransactionFailed{TransactionFailed: &eventv1.TransactionFailed{Venue: pumpswap, InstructionName: "buy", FeePayer: user, Error: "InstructionError", Fee: 5000}}},
		{Body: &eventv1.Record_FeesMoved{FeesMoved: &eventv1.FeesMoved{Venue: pumpswap, Mint: mint, Pool: pool, QuoteMint: wsol, Recipient: user, Amount: 1_000_000}}},
		{Body: &eventv1.Record_ReservesChanged{ReservesChanged: &eventv1.ReservesChanged{Venue: eventv1.Venue_VENUE_PUMP, Mint: mint, Pool: curve}}},
		{Body: &eventv1.Record_LpMoved{LpMoved: &eventv1.LpMoved{
			Venue: pumpswap, Pool: pool, LpMint: key("lp", i), Movement: eventv1.LpMovement_LP_MOVEMENT_BURNED, Owner: user, Amount: 1_000,
		}}},
		{Body: &eventv1.Record_TokenMetadata{TokenMetadata: &eventv1.TokenMetadata{Mint: mint, Name: "Something", Symbol: "SOME"}}},
		{Body: &eventv1.Record_ProgramEvent{ProgramEvent: &eventv1.ProgramEvent{Name: "Something"}}},
	}
}

var wsol = key("wsol", 0)

func key(name string, i int) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "weir conform %s %d", name, i))
	return sum[:]
}

// envelopes numbers records and keeps those that the plugin asked for. A record without slot and signature gets some.
func envelopes(records []*eventv1.Record, d *pluginv1.DescribeResponse) ([]*pluginv1.Envelope, error) {
	var out []*pluginv1.Envelope
	for i, given := range records {
		number := uint64(i + 1)
		r := proto.CloneOf(given)
		if r.Slot == 0 {
			r.Slot, r.BlockTime = firstSlot+number/4, new(firstBlock+int64(number)/10)
		}
		if len(r.Signature) == 0 && r.GetGap() == nil {
			r.Signature = slices.Concat(key("signature", i), key("signature tail", i))
		}
		r.Number = 0
		body, err := proto.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("encode record %d: %w", number, err)
		}
		e := &pluginv1.Envelope{Number: number, Slot: r.GetSlot(), Kind: kindOf(r), Venue: venueOf(r), Record: body}
		wanted := len(d.GetKinds()) == 0 || slices.Contains(d.GetKinds(), e.GetKind())
		near := len(d.GetVenues()) == 0 || e.GetVenue() == 0 || slices.Contains(d.GetVenues(), e.GetVenue())
		if wanted && near {
			out = append(out, e)
		}
	}
	return out, nil
}

// kindOf goes by the names of the contract: the kind of the body in field f is KIND_ and the field's name.
func kindOf(r *eventv1.Record) eventv1.Kind {
	m := r.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))
	if field == nil {
		return 0
	}
	return eventv1.Kind(eventv1.Kind_value["KIND_"+strings.ToUpper(string(field.Name()))])
}

func venueOf(r *eventv1.Record) eventv1.Venue {
	m := r.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))
	if field == nil {
		return 0
	}
	body := m.Get(field).Message()
	if venue := body.Descriptor().Fields().ByName("venue"); venue != nil {
		return eventv1.Venue(body.Get(venue).Enum())
	}
	return 0
}
