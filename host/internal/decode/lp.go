package decode

import (
	"bytes"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/lplock"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// maxLPMints is how many LP mints and NFTs of positions are remembered, some 7 MB. When there are more, all are forgotten.
const maxLPMints = 1 << 16

// lpTable knows the pools of LP mints and of the NFTs of positions, from the records that named them. Every burn and transfer of any other
// token is no record, so that there are few.
type lpTable map[dex.Key]lpPool

type lpPool struct {
	venue venue
	pool  dex.Key
	nft   bool // it is the NFT of one position
}

func (t lpTable) learn(v venue, pool, mint []byte, nft bool) {
	if len(pool) != 32 || len(mint) != 32 {
		return
	}
	if _, known := t[dex.Key(mint)]; !known && len(t) >= maxLPMints {
		clear(t)
	}
	t[dex.Key(mint)] = lpPool{venue: v, pool: dex.Key(pool), nft: nft}
}

// learnLP takes the LP mints of the transaction's records so far.
func (d *Decoder) learnLP() {
	for _, r := range d.out {
		switch body := r.GetBody().(type) {
		case *eventv1.Record_PoolCreated:
			d.lps.learn(venueOf(r.GetProgram()), body.PoolCreated.GetPool(), body.PoolCreated.GetLpMint(), false)
		case *eventv1.Record_LiquidityChanged:
			l := body.LiquidityChanged
			d.lps.learn(venueOf(r.GetProgram()), l.GetPool(), l.GetLpMint(), false)
			d.lps.learn(venueOf(r.GetProgram()), l.GetPool(), l.GetPosition().GetNftMint(), true)
		default:
		}
	}
}

// lpMove is an instruction that may move LP tokens outside of a venue's program.
type lpMove struct {
	in           *geyser.Instruction
	outer, inner int32
	flat         int32
}

// First bytes of the instructions that lpMoves looks at.
const (
	transferTag        = 3
	burnTag            = 8
	transferCheckedTag = 12
	burnCheckedTag     = 15
)

// mayMoveLP looks at an instruction of no venue. Transfers below other programs are those of swaps; of burns there are few.
func (d *Decoder) mayMoveLP(in *geyser.Instruction, inner int32) bool {
	if len(in.Data) < 9 {
		return false
	}
	switch in.Data[0] {
	case burnTag, burnCheckedTag:
		return isToken(d.tx.Key(in.Program))
	case transferTag, transferCheckedTag:
		return inner < 0 && isToken(d.tx.Key(in.Program))
	case lockCPMMByte, lockPositionByte:
		return lplock.KindOf(in.Data) != lplock.Other && bytes.Equal(d.tx.Key(in.Program), dex.RaydiumLock[:])
	}
	return false
}

const (
	lockCPMMByte     = 0xd8
	lockPositionByte = 0xbc
)

// lpMoved gives the record of such an instruction, if what it moved are LP tokens.
func (d *Decoder) lpMoved(m *lpMove) {
	d.learnLP()
	if bytes.Equal(d.tx.Key(m.in.Program), dex.RaydiumLock[:]) {
		d.lpLocked(m)
		return
	}
	t, ok := spl.ParseToken(m.in.Data)
	p := t.Kind.Places()
	if !ok || t.Amount == 0 || p.Source < 0 || len(m.in.Accounts) <= int(max(p.Source, p.Mint, p.Destination, p.Authority)) {
		return
	}
	source := uint32(m.in.Accounts[p.Source])
	held := d.balanceOf(source)
	mint := held.mint
	if p.Mint >= 0 {
		mint = d.keyAt(m.in.Accounts[p.Mint])
	}
	of, known := d.lpOf(mint)
	if !known || d.within(of.venue, m.flat) {
		return
	}
	l := &eventv1.LpMoved{Movement: eventv1.LpMovement_LP_MOVEMENT_BURNED, Amount: t.Amount, OwnerAfter: d.after(held, -t.Amount)}
	if l.Owner = d.ownerOf(source); l.Owner == nil {
		l.Owner = d.tx.Key(uint32(m.in.Accounts[p.Authority]))
	}
	if p.Destination >= 0 {
		to := uint32(m.in.Accounts[p.Destination])
		l.Receiver = d.ownerOf(to)
		l.Movement, l.ReceiverAfter = eventv1.LpMovement_LP_MOVEMENT_TRANSFERRED, d.after(d.balanceOf(to), t.Amount)
		if bytes.Equal(l.Receiver, dex.Incinerator[:]) {
			l.Movement, l.Receiver, l.ReceiverAfter = eventv1.LpMovement_LP_MOVEMENT_BURNED, nil, nil
		}
		if bytes.Equal(l.Owner, l.Receiver) {
			return
		}
	}
	d.lpRecord(m, of, mint, l)
}

// lpLocked gives the record of LP tokens, or an NFT, that Raydium's lock program got.
func (d *Decoder) lpLocked(m *lpMove) {
	in, err := lplock.ParseInstruction(m.in.Data)
	c := call{in: m.in}
	p := in.Kind.Places()
	if err != nil {
		return
	}
	l := &eventv1.LpMoved{
		Movement: eventv1.LpMovement_LP_MOVEMENT_LOCKED, Owner: d.account(&c, p.Owner), Receiver: d.account(&c, p.Receiver), Amount: in.LP,
		Locker: dex.RaydiumLock[:], OwnerAfter: d.after(d.balanceAt(&c, p.OwnerLP), -in.LP),
	}
	if pool, mint := d.account(&c, p.Pool), d.account(&c, p.LPMint); pool != nil && mint != nil {
		d.lpRecord(m, lpPool{venue: cpmmPool, pool: dex.Key(pool)}, (*dex.Key)(mint), l)
		return
	}
	if nft := d.account(&c, p.NftMint); nft != nil {
		if of, known := d.lpOf((*dex.Key)(nft)); known { // the instruction does not name the pool
			d.lpRecord(m, of, (*dex.Key)(nft), l)
		}
	}
}

func (d *Decoder) lpRecord(m *lpMove, of lpPool, mint *dex.Key, l *eventv1.LpMoved) {
	if d.only != nil && !slices.Contains(d.only, programs[of.venue]) {
		return
	}
	l.Venue, l.Pool, l.LpMint = wire[of.venue], of.pool[:], mint[:]
	if of.nft {
		l.LpMint, l.NftMint, l.Amount, l.OwnerAfter, l.ReceiverAfter = nil, mint[:], 0, nil, nil
	}
	r := &eventv1.Record{Instruction: &eventv1.InstructionPath{}, Body: &eventv1.Record_LpMoved{LpMoved: l}}
	d.place(r, &call{venue: of.venue, outer: m.outer, inner: m.inner}, 0)
	r.Program, r.Strategy = d.tx.Key(m.in.Program), eventv1.Strategy_STRATEGY_IX_TRANSFERS
	d.out = append(d.out, r)
	d.stats.lpMoved.Add(1)
}

func (d *Decoder) lpOf(mint *dex.Key) (lpPool, bool) {
	if mint == nil {
		return lpPool{}, false
	}
	of, known := d.lps[*mint]
	return of, known
}

// within tells whether a call of that venue did what stands at a place: deposits and withdrawals mint and burn, and say it themselves.
func (d *Decoder) within(v venue, flat int32) bool {
	for i := range d.calls {
		if c := &d.calls[i]; c.venue == v && c.flat < flat && flat <= d.end(c) {
			return true
		}
	}
	return false
}

// after is what an account holds after a change, in two's complement; nil where its balances around the transaction do not differ by
// exactly that.
func (d *Decoder) after(held balance, moved uint64) *uint64 {
	if held.mint == nil || held.pre+moved != held.post {
		return nil
	}
	return d.pool.u64.of(held.post)
}

// ownerLP adds to a record what its provider has after it.
func (d *Decoder) ownerLP(c *call, at int8, l *eventv1.LiquidityChanged) {
	if l.LpAmount == nil {
		return
	}
	moved := l.GetLpAmount()
	if l.GetDirection() == eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED {
		moved = -moved
	}
	l.OwnerLpAfter = d.after(d.balanceAt(c, at), moved)
}

// ownerOf is the owner of the token account with that index in tx.Keys, nil when no balance says it.
func (d *Decoder) ownerOf(account uint32) []byte {
	for _, list := range [2][]geyser.TokenBalance{d.tx.PostTokens, d.tx.PreTokens} {
		if b := tokenAt(list, account); b != nil && len(b.Owner) > 0 {
			if key := d.mints.of(b.Owner); key != nil {
				return key[:]
			}
		}
	}
	return nil
}

func (d *Decoder) keyAt(account byte) *dex.Key {
	if key := d.tx.Key(uint32(account)); len(key) == 32 {
		return (*dex.Key)(key)
	}
	return nil
}
