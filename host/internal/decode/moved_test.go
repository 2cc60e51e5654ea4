package decode

import (
	"encoding/binary"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/layout"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func tagged(name string) []byte {
	return binary.BigEndian.AppendUint64(nil, dextest.Discriminator("global:"+name))
}

func le(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

// paid is a transaction whose one instruction emits one event that is read by table.
func paid(program dex.Key, instruction string, accounts []dex.Key, event []byte) *geyser.Transaction {
	return run([]dex.Key{wallet}, &node{program: program, accounts: accounts, data: tagged(instruction), does: emit(program, event)})
}

// The two payouts of which the chain's own bytes are known.
func TestRealPayouts(t *testing.T) {
	d := New(Options{})
	sweep := dextest.Vector(t, "A11")
	r := one(t, d, paid(dex.Pump, "sweep_creator_fee", nil, sweep.Bytes))
	m := r.GetFeesMoved()
	expect(t, "movement", m.GetMovement(), swept)
	expect(t, "kind", m.GetKind(), creatorFee)
	expect(t, "amount", m.GetAmount(), 1_226_612_132)
	expect(t, "block time", r.GetBlockTime(), 1_791_515_006)
	expectKey(t, "mint", m.GetMint(), dex.MustKey(sweep.Fields["mint"].(string)))
	expectKey(t, "pool", m.GetPool(), dex.MustKey(sweep.Fields["bonding_curve"].(string)))
	expectKey(t, "quote", m.GetQuoteMint(), dex.PumpCoin)
	expectKey(t, "recipient", m.GetRecipient(), dex.MustKey(sweep.Fields["recipient"].(string)))

	collect := dextest.Vector(t, "A12")
	tx := paid(dex.Pump, "collect_creator_fee_v2", nil, collect.Bytes)
	strip(tx) // the log alone tells it
	r = one(t, d, tx)
	expect(t, "strategy", r.GetStrategy(), eventv1.Strategy_STRATEGY_EVENT_LOG)
	expect(t, "movement", r.GetFeesMoved().GetMovement(), collected)
	expect(t, "amount", r.GetFeesMoved().GetAmount(), 2_667_861_120)
	expect(t, "mint", len(r.GetFeesMoved().GetMint()), 0)

	one := dextest.Vector(t, "A10")
	expect(t, "records of an admin event", len(d.Decode(paid(dex.Pump, "extend_account", nil, one.Bytes))), 0)
	s := d.Stats().Pump
	expect(t, "admin", s.Admin, 1)
	expect(t, "decoded", s.Decoded, s.Seen)
	expect(t, "unknown", s.UnknownEvent+s.UnknownInstruction+s.UnknownTail, 0)
}

// Who gets what, in every other event of moved fees.
func TestPayouts(t *testing.T) {
	mint, pool, user := key(61), key(62), key(63)
	shares := pumpfun.Shareholders{}.Append(pumpfun.Shareholder{Address: user, ShareBps: 7_500}).Append(pumpfun.Shareholder{Address: mint, ShareBps: 2_500})
	keys := func(n int) []dex.Key {
		all := make([]dex.Key, n)
		for i := range all {
			all[i] = key(300 + i)
		}
		return all
	}
	rareMake := func(tables []*layout.Layout, name string, raw ...[]byte) []byte {
		return tables[rareIndex(tables, name)].Make(raw...).Append(nil)
	}
	zero := make([]byte, 32)
	for name, c := range map[string]struct {
		tx       *geyser.Transaction
		movement eventv1.FeesMovement
		kind     eventv1.FeeKind
		mint     dex.Key
		quote    dex.Key
		to       dex.Key
		shares   int
		claimed  uint64
	}{
		"a creator's SOL, before other quotes": {
			paid(dex.Pump, "collect_creator_fee", nil, rareMake(pumpfun.Rare[:], "CollectCreatorFeeEvent", le(5), user[:], le(77))),
			collected, creatorFee,
			dex.Key{},
			dex.WSOL, user, 0, 0,
		},
		"shares of a creator fee": {
			paid(dex.Pump, "distribute_creator_fees_v2", nil, rareMake(pumpfun.Rare[:], "DistributeCreatorFeesEvent", le(5), mint[:], pool[:], raw(key(64)), raw(key(65)), shares, le(77), dex.USDC[:])),
			distributed, creatorFee, mint, dex.USDC,
			dex.Key{},
			2, 0,
		},
		"holders": {
			paid(dex.Pump, "distribute_fee_to_holders", nil, rareMake(pumpfun.Rare[:], "DistributeFeeToHoldersEvent", le(5), mint[:], zero, le(12), le(77))),
			distributed, holders, mint, dex.WSOL,
			dex.Key{},
			0, 0,
		},
		"cashback in SOL": {
			paid(dex.Pump, "claim_cashback", keys(5), rareMake(pumpfun.Rare[:], "ClaimCashbackEvent", user[:], le(77), le(5), le(100), le(200))),
			claimed, cashback,
			dex.Key{},
			dex.WSOL, user, 0, 100,
		},
		"cashback in a token": {
			paid(dex.Pump, "claim_cashback_v2", keys(10), rareMake(pumpfun.Rare[:], "ClaimCashbackEvent", user[:], le(77), le(5), le(100), le(200))),
			claimed, cashback,
			dex.Key{},
			key(302), user, 0, 100,
		},
		"a pool's protocol fee": {
			paid(dex.PumpSwap, "sweep_protocol_fee", keys(12), rareMake(pumpswap.Rare[:], "SweepPoolFeeEvent", le(5), pool[:], mint[:], dex.WSOL[:], user[:], zero, le(77), []byte{0})),
			swept, eventv1.FeeKind_FEE_KIND_PROTOCOL, mint, dex.WSOL, user, 0, 0,
		},
		"a pool's creator": {
			paid(dex.PumpSwap, "collect_coin_creator_fee", keys(8), rareMake(pumpswap.Rare[:], "CollectCoinCreatorFeeEvent", le(5), user[:], le(77), zero, zero)),
			collected, creatorFee,
			dex.Key{},
			key(300), user, 0, 0,
		},
		"cashback of pools": {
			paid(dex.PumpSwap, "claim_cashback", keys(9), rareMake(pumpswap.Rare[:], "ClaimCashbackEvent", user[:], le(77), le(5), le(100), le(200))),
			claimed, cashback,
			dex.Key{},
			key(302), user, 0, 100,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := one(t, New(Options{}), c.tx)
			m := r.GetFeesMoved()
			expect(t, "movement", m.GetMovement(), c.movement)
			expect(t, "kind", m.GetKind(), c.kind)
			expect(t, "amount", m.GetAmount(), 77)
			expect(t, "block time", r.GetBlockTime(), 5)
			expect(t, "shares", len(m.GetShares()), c.shares)
			expect(t, "claimed", m.GetTotalClaimed(), c.claimed)
			for what, k := range map[string]struct {
				got  []byte
				want dex.Key
			}{"mint": {m.GetMint(), c.mint}, "quote": {m.GetQuoteMint(), c.quote}, "recipient": {m.GetRecipient(), c.to}} {
				if k.want.IsZero() {
					expect(t, what, len(k.got), 0)
				} else {
					expectKey(t, what, k.got, k.want)
				}
			}
		})
	}
}

// A mayhem agent moves the price without a trade.
func TestMayhemReserves(t *testing.T) {
	event := mayhemEvent.Make(le(5), raw(coin), le(1_000), le(30), le(900), le(40), le(700), le(10)).Append(nil)
	accounts := []dex.Key{key(1), key(2), key(3), key(4), curve, key(5), key(6), key(7)}
	d := New(Options{})
	c := one(t, d, paid(dex.Pump, "set_mayhem_virtual_params", accounts, event)).GetReservesChanged()
	expectKey(t, "mint", c.GetMint(), coin)
	expectKey(t, "pool", c.GetPool(), curve)
	expect(t, "price base before", c.GetReservesBefore().GetPriceBase(), 1_000)
	expect(t, "price quote before", c.GetReservesBefore().GetPriceQuote(), 30)
	expect(t, "price base after", c.GetReservesAfter().GetPriceBase(), 900)
	expect(t, "price quote after", c.GetReservesAfter().GetPriceQuote(), 40)
	expect(t, "base", c.GetReservesAfter().GetBase(), 700)
	expect(t, "quote", c.GetReservesAfter().GetQuote(), 10)
	long := append(event, 1, 2, 3)
	one(t, d, paid(dex.Pump, "set_mayhem_virtual_params", accounts, long))
	expect(t, "unknown tail", d.Stats().Pump.UnknownTail, 1)
	expect(t, "records of a cut event", len(d.Decode(paid(dex.Pump, "set_mayhem_virtual_params", accounts, event[:60]))), 0)
	expect(t, "malformed", d.Stats().Pump.Malformed, 1)
}

// What a transaction pays beside its trades.
func TestCosts(t *testing.T) {
	e := curveBuy(coin, wallet, 34_000_000_000, 1_000_000)
	tip := func(n uint64, to dex.Key) *node {
		return &node{program: dex.System, accounts: []dex.Key{wallet, to}, data: spl.AppendTransfer(nil, n)}
	}
	tx := run([]dex.Key{wallet, key(9)},
		tip(10_000, dex.JitoTips[3]), tip(5, key(77)),
		&node{program: router, does: []any{buyNode(coin, curve, wallet, e), tip(200, dex.JitoTips[7])}},
	)
	tx.Fee, tx.ComputeUnits = 17_345, 91_000
	trade := one(t, New(Options{}), tx).GetTrade()
	expect(t, "priority fee", trade.GetPriorityFee(), 7_345)
	expect(t, "tip", trade.GetTip(), 10_200)
	expect(t, "compute units", trade.GetComputeUnits(), 91_000)
	expect(t, "exact in", trade.ExactIn != nil && !trade.GetExactIn(), true)
	want, _ := e.Curve().MarketCap(pumpfun.Supply)
	expect(t, "market cap", trade.GetMarketCap(), want)

	e.MayhemMode = true
	tx = run([]dex.Key{wallet}, &node{program: dex.Precompiles[0], data: []byte{1, 0}}, buyNode(coin, curve, wallet, e))
	tx.Fee, tx.InnerMissing, tx.Inner = 10_000, true, nil
	trade = one(t, New(Options{}), tx).GetTrade()
	expect(t, "priority fee where a precompile checks signatures", trade.PriorityFee == nil, true)
	expect(t, "tip where transfers are not recorded", trade.Tip == nil, true)
	expect(t, "compute units that nobody said", trade.ComputeUnits == nil, true)
	expect(t, "market cap of a mayhem coin", trade.MarketCap == nil, true)
}

// A failed transaction is told only when asked for, and tells nothing of what it did not do.
func TestTransactionFailed(t *testing.T) {
	e := curveBuy(coin, wallet, 34_000_000_000, 1_000_000)
	tx := run([]dex.Key{wallet}, &node{program: key(9)}, &node{program: router, does: []any{buyNode(coin, curve, wallet, e)}})
	tx.Failed, tx.Fee, tx.Err = true, 5_000, []byte{8, 0, 0, 0, 1, 25, 0, 0, 0, 0x72, 0x17, 0, 0}
	expect(t, "records when not asked for", len(New(Options{}).Decode(tx)), 0)
	d := New(Options{Failed: true})
	r := one(t, d, tx)
	f := r.GetTransactionFailed()
	expect(t, "venue", f.GetVenue(), eventv1.Venue_VENUE_PUMP)
	expect(t, "name", f.GetInstructionName(), "buy")
	expect(t, "error", f.GetError()+"/"+f.GetInstructionError(), "InstructionError/Custom")
	expect(t, "code", f.GetCustomCode(), 6_002)
	expect(t, "failed instruction", f.GetFailedInstruction(), 1)
	expect(t, "fee", f.GetFee(), 5_000)
	expectKey(t, "failed program", f.GetFailedProgram(), router)
	expectKey(t, "fee payer", f.GetFeePayer(), wallet)
	expectKey(t, "program", r.GetProgram(), dex.Pump)
	expect(t, "outer", r.GetInstruction().GetOuter(), 1)
	expect(t, "inner", r.GetInstruction().GetInner(), 0)
	s := d.Stats().Pump
	expect(t, "failed", s.Failed, 1)
	expect(t, "decoded", s.Decoded+s.Seen, 0)

	tx.Err = nil
	f = one(t, d, tx).GetTransactionFailed()
	expect(t, "error that nobody said", f.GetError(), "")
	expect(t, "failed instruction that nobody said", f.FailedInstruction == nil, true)
	other := run([]dex.Key{wallet}, &node{program: key(9)})
	other.Failed = true
	expect(t, "records of a failure without a venue", len(d.Decode(other)), 0)
}

func raw(k dex.Key) []byte { return k[:] }

// A way to create that was published for some weeks only: its event tells all, and it is no sign of a new upgrade.
func TestCreateV3(t *testing.T) {
	d := New(Options{})
	event := dextest.Vector(t, "A8")
	c := one(t, d, paid(dex.Pump, "create_v3", nil, event.Bytes)).GetTokenCreated()
	expectKey(t, "mint", c.GetMint(), dex.MustKey(event.Fields["mint"].(string)))
	expect(t, "unknown instructions", d.Stats().Pump.UnknownInstruction, 0)
}
