package weirtest

import (
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
)

// Where the chain of the tests begins.
const (
	firstSlot  = 300_000_000
	firstBlock = 1_700_000_000 // Unix seconds
)

// WSOL is the mint of wrapped SOL, by which native SOL is named.
var WSOL = mustKey("So11111111111111111111111111111111111111112")

// USDC is the mint of USDC.
var USDC = mustKey("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")

func mustKey(s string) []byte {
	key, err := sdk.ParseKey(s)
	if err != nil {
		panic(err)
	}
	return key.Bytes()
}

// Key makes a key of a name, always the same.
func Key(name string) []byte {
	sum := sha256.Sum256([]byte("weirtest " + name))
	return sum[:]
}

// The builders below return a record whose body has sane values for everything that the argument leaves at zero. Nil takes
// all of them. They speak of the coin Key("mint"), created by Key("creator").

// Trade is a buy of 1,000 coins (6 decimals) for 1 SOL on the pump curve Key("curve"), or on the pool Key("pool") when another
// venue is given.
func Trade(t *sdk.Trade) *sdk.Record {
	d := &sdk.Trade{
		Venue: sdk.Pump, Pool: Key("curve"), Trader: Key("trader"), Mint: Key("mint"), QuoteMint: WSOL, Side: sdk.Buy,
		BaseAmount: 1_000_000_000, QuoteAmount: 1_012_500_000, PoolQuoteAmount: 1_000_000_000, Symbol: "TEST",
		BaseDecimals: proto.Uint32(6), QuoteDecimals: proto.Uint32(9),
	}
	if venue := t.GetVenue(); venue != 0 && venue != sdk.Pump {
		d.Pool = Key("pool")
	}
	if len(t.GetFees()) == 0 {
		d.Fees = []*sdk.Fee{{Kind: sdk.FeeProtocol, Amount: 9_500_000}, {Kind: sdk.FeeCreator, Amount: 3_000_000}}
	}
	if t.GetReservesBefore() == nil {
		d.ReservesBefore = reserves(900_000_000_000, 40_000_000_000)
	}
	if t.GetReservesAfter() == nil {
		d.ReservesAfter = reserves(899_000_000_000, 41_000_000_000)
	}
	proto.Merge(d, t)
	d.FeePayer = fallback(d.GetFeePayer(), d.GetTrader())
	d.PoolBaseMint = fallback(d.GetPoolBaseMint(), d.GetMint())
	d.PoolQuoteMint = fallback(d.GetPoolQuoteMint(), d.GetQuoteMint())
	return &sdk.Record{Body: &eventv1.Record_Trade{Trade: d}}
}

// TokenCreated is a launch on the pump curve Key("curve").
func TokenCreated(c *sdk.TokenCreated) *sdk.Record {
	d := &sdk.TokenCreated{
		Venue: sdk.Pump, Mint: Key("mint"), Curve: Key("curve"), Creator: Key("creator"), User: Key("creator"),
		Name: "Test coin", Symbol: "TEST", Uri: "https://example.com/test.json", QuoteMint: WSOL,
		Decimals: proto.Uint32(6), TotalSupply: proto.Uint64(1_000_000_000_000_000),
	}
	proto.Merge(d, c)
	return &sdk.Record{Body: &eventv1.Record_TokenCreated{TokenCreated: d}}
}

// CurveCompleted is the end of the pump curve Key("curve").
func CurveCompleted(c *sdk.CurveCompleted) *sdk.Record {
	d := &sdk.CurveCompleted{
		Venue: sdk.Pump, Mint: Key("mint"), Curve: Key("curve"), User: Key("trader"), QuoteMint: WSOL, Symbol: "TEST",
	}
	proto.Merge(d, c)
	return &sdk.Record{Body: &eventv1.Record_CurveCompleted{CurveCompleted: d}}
}

// TokenMigrated is a move from the curve Key("curve") to the PumpSwap pool Key("pool").
func TokenMigrated(m *sdk.TokenMigrated) *sdk.Record {
	d := &sdk.TokenMigrated{
		Venue: sdk.Pump, Mint: Key("mint"), Curve: Key("curve"), Pool: Key("pool"), PoolVenue: sdk.PumpSwap,
		User: Key("migrator"), QuoteMint: WSOL, BaseAmount: 206_900_000_000_000, QuoteAmount: 84_990_359_346,
		MigrationFee: 15_000_001, Symbol: "TEST",
	}
	proto.Merge(d, m)
	return &sdk.Record{Body: &eventv1.Record_TokenMigrated{TokenMigrated: d}}
}

// PoolCreated is the PumpSwap pool Key("pool").
func PoolCreated(p *sdk.PoolCreated) *sdk.Record {
	d := &sdk.PoolCreated{
		Venue: sdk.PumpSwap, Pool: Key("pool"), Creator: Key("creator"), BaseMint: Key("mint"), QuoteMint: WSOL,
		LpMint: Key("lp"), BaseAmount: 206_900_000_000_000, QuoteAmount: 84_990_359_346, LpAmount: proto.Uint64(4_193_388_282_000),
		BaseDecimals: proto.Uint32(6), QuoteDecimals: proto.Uint32(9),
	}
	proto.Merge(d, p)
	return &sdk.Record{Body: &eventv1.Record_PoolCreated{PoolCreated: d}}
}

// LiquidityChanged is a deposit into the PumpSwap pool Key("pool").
func LiquidityChanged(l *sdk.LiquidityChanged) *sdk.Record {
	d := &sdk.LiquidityChanged{
		Venue: sdk.PumpSwap, Pool: Key("pool"), Owner: Key("provider"), Direction: sdk.LiquidityAdded,
		BaseMint: Key("mint"), QuoteMint: WSOL, BaseAmount: 1_000_000_000, QuoteAmount: 50_000_000,
		LpAmount: proto.Uint64(7_000_000), LpMint: Key("lp"),
	}
	if l.GetReservesAfter() == nil {
		d.ReservesAfter = reserves(901_000_000_000, 40_050_000_000)
	}
	proto.Merge(d, l)
	return &sdk.Record{Body: &eventv1.Record_LiquidityChanged{LiquidityChanged: d}}
}

// TransactionFailed is a buy on pump that went past its limit.
func TransactionFailed(f *sdk.TransactionFailed) *sdk.Record {
	d := &sdk.TransactionFailed{
		Venue: sdk.Pump, InstructionName: "buy", FeePayer: Key("trader"), Error: "InstructionError",
		FailedInstruction: proto.Uint32(2), InstructionError: "Custom", CustomCode: proto.Uint32(6002), Fee: 5000,
	}
	proto.Merge(d, f)
	return &sdk.Record{Body: &eventv1.Record_TransactionFailed{TransactionFailed: d}}
}

// FeesMoved is a sweep of creator fees from the pump curve Key("curve").
func FeesMoved(f *sdk.FeesMoved) *sdk.Record {
	d := &sdk.FeesMoved{
		Venue: sdk.Pump, Movement: sdk.FeesSwept, Kind: sdk.FeeCreator, Mint: Key("mint"), Pool: Key("curve"),
		QuoteMint: WSOL, Recipient: Key("creator"), Amount: 1_000_000,
	}
	proto.Merge(d, f)
	return &sdk.Record{Body: &eventv1.Record_FeesMoved{FeesMoved: d}}
}

// ReservesChanged is a change of virtual reserves of the pump curve Key("curve").
func ReservesChanged(c *sdk.ReservesChanged) *sdk.Record {
	d := &sdk.ReservesChanged{
		Venue: sdk.Pump, Change: eventv1.ReservesChange_RESERVES_CHANGE_MAYHEM, Mint: Key("mint"), Pool: Key("curve"),
	}
	if c.GetReservesAfter() == nil {
		d.ReservesAfter = reserves(901_000_000_000, 40_050_000_000)
	}
	proto.Merge(d, c)
	return &sdk.Record{Body: &eventv1.Record_ReservesChanged{ReservesChanged: d}}
}

// LpMoved is the burning of LP tokens of the PumpSwap pool Key("pool").
func LpMoved(l *sdk.LpMoved) *sdk.Record {
	d := &sdk.LpMoved{
		Venue: sdk.PumpSwap, Pool: Key("pool"), LpMint: Key("lp"), Movement: sdk.LpBurned, Owner: Key("provider"), Amount: 1_000_000,
	}
	proto.Merge(d, l)
	return &sdk.Record{Body: &eventv1.Record_LpMoved{LpMoved: d}}
}

// TokenMetadata is the name of Key("mint") as its Token-2022 mint says.
func TokenMetadata(m *sdk.TokenMetadata) *sdk.Record {
	d := &sdk.TokenMetadata{Mint: Key("mint"), Name: "Weir", Symbol: "WEIR", Source: eventv1.MetadataSource_METADATA_SOURCE_EXTENSION, Decimals: new(uint32(6))}
	proto.Merge(d, m)
	return &sdk.Record{Body: &eventv1.Record_TokenMetadata{TokenMetadata: d}}
}

// Gap is one slot that could not be had.
func Gap(g *sdk.Gap) *sdk.Record {
	d := &sdk.Gap{FromSlot: firstSlot, ToSlot: firstSlot, Endpoint: "test", Reason: "the replay begins later"}
	proto.Merge(d, g)
	return &sdk.Record{Body: &eventv1.Record_Gap{Gap: d}}
}

// Retracted says that a slot never happened, as the journal does. Everything sent from the slot before is void.
func Retracted(slot uint64) *sdk.Record {
	return &sdk.Record{Slot: slot, Body: &eventv1.Record_SlotRetracted{SlotRetracted: &sdk.SlotRetracted{Endpoint: "test", Reason: "forked away"}}}
}

// ProgramEvent is the event "Happened" of Key("program"), as a dropped-in IDL gives it.
func ProgramEvent(e *sdk.ProgramEvent) *sdk.Record {
	d := &sdk.ProgramEvent{Program: Key("program"), Name: "Happened", Kind: eventv1.ProgramEventKind_PROGRAM_EVENT_KIND_EVENT}
	proto.Merge(d, e)
	return &sdk.Record{Program: d.GetProgram(), Body: &eventv1.Record_ProgramEvent{ProgramEvent: d}}
}

func reserves(base, quote uint64) *sdk.Reserves {
	return &sdk.Reserves{Base: &base, Quote: &quote, PriceBase: new(base), PriceQuote: new(quote)}
}

func fallback(key, other []byte) []byte {
	if len(key) == 0 {
		return other
	}
	return key
}

// complete copies a record and fills in what says where it is from.
func complete(r *sdk.Record, number uint64) *sdk.Record {
	r = proto.CloneOf(r)
	r.Number = number
	if r.GetSlot() == 0 {
		r.Slot = firstSlot + number
	}
	if r.GetGap() != nil || r.GetSlotRetracted() != nil || r.GetTokenMetadata() != nil {
		return r
	}
	if r.BlockTime == nil {
		r.BlockTime = new(firstBlock + int64(number))
	}
	if len(r.GetSignature()) == 0 {
		one, two := Key(fmt.Sprintf("signature %d", number)), Key(fmt.Sprintf("rest %d", number))
		r.Signature = append(one, two...)
	}
	if r.GetStrategy() == 0 {
		r.Strategy = eventv1.Strategy_STRATEGY_EVENT_CPI
	}
	return r
}

// envelope encodes a record as it lies in the journal: the number is in the header only.
func envelope(r *sdk.Record) (*pluginv1.Envelope, error) {
	e := &pluginv1.Envelope{Number: r.GetNumber(), Slot: r.GetSlot(), Kind: sdk.KindOf(r), Venue: sdk.VenueOf(r)}
	bare := proto.CloneOf(r)
	bare.Number = 0
	var err error
	e.Record, err = proto.Marshal(bare)
	return e, err
}
