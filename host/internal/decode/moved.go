package decode

import (
	"bytes"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/layout"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// rareEvent is an event that is read by table.
type rareEvent struct {
	layout *layout.Layout
	// moved tells of fees that moved; nil for events that tell of nothing but settings and accounts, which are counted only.
	moved *payout
	// mayhem tells of a change of virtual reserves.
	mayhem bool
	// boost tells of a pool's boost; nil for all other events.
	boost *boost
}

// payout says where an event of moved fees keeps what a record needs; -1 where the event does not say it.
type payout struct {
	movement                            eventv1.FeesMovement
	kind                                eventv1.FeeKind
	time, amount                        int
	mint, pool, quote, recipient        int
	bucket, shares, recipients, claimed int
	account                             int8 // of the instruction, where the quote mint stands that the event does not say
}

// rare are the events read by table, by venue and discriminator.
var rare = [venues]map[uint64]*rareEvent{pump: rareOf(pumpfun.Rare[:], pumpPayouts), swap: rareOf(pumpswap.Rare[:], swapPayouts)}

func rareOf(tables []*layout.Layout, payouts map[string]payoutNames) map[uint64]*rareEvent {
	m := map[uint64]*rareEvent{}
	for _, l := range tables {
		e := &rareEvent{layout: l, mayhem: l.Name == "UpdateMayhemVirtualParamsEvent", boost: boostOf(l)}
		if names, ok := payouts[l.Name]; ok {
			e.moved = names.places(l)
		}
		m[l.Tag] = e
	}
	return m
}

// payoutNames are the fields of an event of moved fees by name.
type payoutNames struct {
	movement                           eventv1.FeesMovement
	kind                               eventv1.FeeKind
	amount, mint, pool, quote, to      string
	bucket, shares, recipients, claims string
	account                            int8
}

const (
	swept       = eventv1.FeesMovement_FEES_MOVEMENT_SWEPT
	collected   = eventv1.FeesMovement_FEES_MOVEMENT_COLLECTED
	distributed = eventv1.FeesMovement_FEES_MOVEMENT_DISTRIBUTED
	claimed     = eventv1.FeesMovement_FEES_MOVEMENT_CLAIMED

	creatorFee = eventv1.FeeKind_FEE_KIND_CREATOR
	cashback   = eventv1.FeeKind_FEE_KIND_CASHBACK
	holders    = eventv1.FeeKind_FEE_KIND_HOLDER_REWARDS
)

var pumpPayouts = map[string]payoutNames{
	"SweepBondingCurveFeeEvent": {
		movement: swept, amount: "amount", mint: "mint", pool: "bonding_curve", quote: "quote_mint", to: "recipient", bucket: "bucket", account: -1,
	},
	"CollectCreatorFeeEvent": {movement: collected, kind: creatorFee, amount: "creator_fee", quote: "quote_mint", to: "creator", account: -1},
	"DistributeCreatorFeesEvent": {
		movement: distributed, kind: creatorFee, amount: "distributed", mint: "mint", pool: "bonding_curve", quote: "quote_mint", shares: "shareholders", account: -1,
	},
	"DistributeFeeToHoldersEvent": {
		movement: distributed, kind: holders, amount: "total", mint: "mint", quote: "quote_mint", recipients: "recipients", account: -1,
	},
	"ClaimCashbackEvent": {movement: claimed, kind: cashback, amount: "amount", to: "user", claims: "total_claimed", account: 2},
}

var swapPayouts = map[string]payoutNames{
	"SweepPoolFeeEvent": {
		movement: swept, amount: "amount", mint: "base_mint", pool: "pool", quote: "quote_mint", to: "recipient", bucket: "bucket", account: -1,
	},
	"CollectCoinCreatorFeeEvent": {movement: collected, kind: creatorFee, amount: "coin_creator_fee", to: "coin_creator", account: 0},
	"ClaimCashbackEvent":         {movement: claimed, kind: cashback, amount: "amount", to: "user", claims: "total_claimed", account: 2},
}

func (n payoutNames) places(l *layout.Layout) *payout {
	at := func(name string) int {
		if name == "" {
			return -1
		}
		return l.Index(name)
	}
	return &payout{
		movement: n.movement, kind: n.kind, time: at("timestamp"), amount: at(n.amount), mint: at(n.mint), pool: at(n.pool),
		quote: at(n.quote), recipient: at(n.to), bucket: at(n.bucket), shares: at(n.shares), recipients: at(n.recipients),
		claimed: at(n.claims), account: n.account,
	}
}

// rareEvent gives the record of an event that is read by table, or counts it.
func (d *Decoder) rareEvent(c *call, f *found) {
	stats := &d.stats.of[c.venue]
	e := rare[c.venue][dex.Tag(f.raw)]
	if e == nil {
		stats.unknownEvent.Add(1)
		return
	}
	v, err := e.layout.Parse(f.raw)
	switch {
	case !d.parsed(c.venue, err, v.Tail):
	case e.moved != nil:
		stats.seen.Add(1)
		d.payout(c, f, e.moved, &v)
	case e.mayhem:
		stats.seen.Add(1)
		d.mayhem(c, f, &v)
	case e.boost != nil:
		stats.seen.Add(1)
		d.boosted(c, f, e.boost, &v)
	default:
		stats.admin.Add(1)
	}
}

func (d *Decoder) payout(c *call, f *found, p *payout, v *layout.Value) {
	m := &eventv1.FeesMoved{Venue: wire[c.venue], Movement: p.movement, Kind: p.kind, Amount: v.Uint64(p.amount)}
	for at, to := range map[int]*[]byte{p.mint: &m.Mint, p.pool: &m.Pool, p.recipient: &m.Recipient, p.quote: &m.QuoteMint} {
		if at >= 0 {
			*to = v.Key(at)
		}
	}
	m.QuoteMint = d.payoutQuote(c, p, m.QuoteMint)
	if p.bucket >= 0 {
		m.Kind = eventv1.FeeKind_FEE_KIND_PROTOCOL
		if v.Uint64(p.bucket) == 1 {
			m.Kind = creatorFee
		}
	}
	if p.shares >= 0 {
		holders := pumpfun.Shareholders(v.Raw(p.shares))
		for i := range holders.Len() {
			h := holders.At(i)
			m.Shares = append(m.Shares, &eventv1.FeeShare{Address: h.Address[:], BasisPoints: uint32(h.ShareBps)})
		}
	}
	if p.recipients >= 0 {
		m.Recipients = d.pool.u64.of(v.Uint64(p.recipients))
	}
	if p.claimed >= 0 {
		m.TotalClaimed = d.pool.u64.of(v.Uint64(p.claimed))
	}
	d.seldom(c, f.strategy, v.Int64(p.time)).Body = &eventv1.Record_FeesMoved{FeesMoved: m}
}

// payoutQuote is the mint of moved fees: the event's, where zero means SOL; else the instruction's. Forms of the event from before there
// were other quotes, and instructions that name none, move SOL.
func (d *Decoder) payoutQuote(c *call, p *payout, said []byte) []byte {
	switch {
	case said != nil && !bytes.Equal(said, make([]byte, 32)):
		return said
	case said != nil || p.quote >= 0:
		return dex.WSOL[:]
	case c.in == nil:
		return nil
	}
	if c.venue == pump && accounts(c) < claimQuoteAccounts {
		return dex.WSOL[:]
	}
	return d.account(c, p.account)
}

// claimQuoteAccounts is how many accounts pump's claim_cashback_v2 has, which claims in a token; claim_cashback has half as many.
const claimQuoteAccounts = 10

var mayhemEvent = pumpfun.Rare[rareIndex(pumpfun.Rare[:], "UpdateMayhemVirtualParamsEvent")]

func rareIndex(tables []*layout.Layout, name string) int {
	for i, l := range tables {
		if l.Name == name {
			return i
		}
	}
	panic("decode: no table of " + name)
}

var (
	mayhemTime            = mayhemEvent.Index("timestamp")
	mayhemMint            = mayhemEvent.Index("mint")
	mayhemVirtual         = [2]int{mayhemEvent.Index("virtual_token_reserves"), mayhemEvent.Index("virtual_sol_reserves")}
	mayhemVirtualNew      = [2]int{mayhemEvent.Index("new_virtual_token_reserves"), mayhemEvent.Index("new_virtual_sol_reserves")}
	mayhemReal            = [2]int{mayhemEvent.Index("real_token_reserves"), mayhemEvent.Index("real_sol_reserves")}
	mayhemCurve      int8 = 4 // bonding_curve of set_mayhem_virtual_params
)

// mayhem tells of new virtual reserves of a curve. The real ones are the same before and after.
func (d *Decoder) mayhem(c *call, f *found, v *layout.Value) {
	before := state{
		base: v.Uint64(mayhemReal[0]), quote: v.Uint64(mayhemReal[1]), priceBase: v.Uint64(mayhemVirtual[0]), priceQuote: v.Uint64(mayhemVirtual[1]),
		held: true, priced: true,
	}
	after := before
	after.priceBase, after.priceQuote = v.Uint64(mayhemVirtualNew[0]), v.Uint64(mayhemVirtualNew[1])
	mint := dex.Key(v.Key(mayhemMint))
	changed := &eventv1.ReservesChanged{
		Venue: wire[c.venue], Change: eventv1.ReservesChange_RESERVES_CHANGE_MAYHEM, Mint: v.Key(mayhemMint), Pool: d.account(c, mayhemCurve),
		ReservesBefore: d.reserves(&eventv1.Reserves{}, &before, false), ReservesAfter: d.reserves(&eventv1.Reserves{}, &after, false),
	}
	if changed.Pool == nil {
		changed.Pool = d.curves.of(&mint)
	}
	d.seldom(c, f.strategy, v.Int64(mayhemTime)).Body = &eventv1.Record_ReservesChanged{ReservesChanged: changed}
}

// paying are instructions that make no trade but whose events give a record.
var paying = [venues]map[uint64]bool{
	pump: tags("global:", []string{
		"sweep_protocol_fee", "sweep_creator_fee", "collect_creator_fee", "collect_creator_fee_v2", "distribute_creator_fees",
		"distribute_creator_fees_v2", "distribute_fee_to_holders", "claim_cashback", "claim_cashback_v2", "set_mayhem_virtual_params",
	}),
	swap: tags("global:", []string{
		"sweep_protocol_fee", "sweep_creator_fee", "collect_coin_creator_fee", "claim_cashback", "init_boost", "boost_buy_and_burn",
	}),
}

// pays tells of a call whose events, if any, move fees or reserves.
func (d *Decoder) pays(c *call) bool {
	return (c.kind == 0 || c.venue == swap && pumpswap.Kind(c.kind) == pumpswap.BoostBuyAndBurn) && c.in != nil && paying[c.venue][dex.Tag(c.in.Data)]
}
