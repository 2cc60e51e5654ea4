package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
)

var splToken = dex.SPLToken.String()

// poolPlaces are the accounts that tell what a swap moved.
type poolPlaces struct{ userOut, vaultIn, vaultOut int8 }

// poolSwap tells a swap of CPMM or CLMM by what its vaults gained and lost. One of the two is an argument of the instruction, which
// proves that the vaults moved for this swap and nothing else. The venue's fee is not known, so that legs are with it.
func (l ledger) poolSwap(w *poolSwap, p poolPlaces, exact uint64) bool {
	if w.pool == nil || w.user == nil || w.in.mint == nil || w.out.mint == nil {
		return false
	}
	given := uint64(0)
	if *w.exactIn {
		given = exact
	}
	gave, got, ok1 := l.arrived(p.vaultIn, given)
	left, paid, ok2 := l.departed(p.vaultOut, p.userOut)
	if !ok1 || !ok2 || gave == 0 || left == 0 {
		return false
	}
	if *w.exactIn && (gave != exact || paid < w.limit) || !*w.exactIn && (paid != exact || gave > w.limit) {
		return false
	}
	w.in.user, w.in.moved, w.in.leg, w.in.fee = gave, got, got, gave-got
	w.out.user, w.out.moved, w.out.leg, w.out.fee = paid, left, left, left-paid
	if !w.named {
		w.zeroIn = before0(w.in.mint, w.out.mint)
	}
	l.d.poolTrade(l.c, l.strategy(), w)
	return true
}

// arrived is what was sent to a vault and what of it got there, which differ by a transfer fee. exact is what was sent as an
// argument tells, 0 when none does.
func (l ledger) arrived(vault int8, exact uint64) (sent, got uint64, ok bool) {
	moved, ok := l.tokens(vault)
	at, _ := place(l.c, vault)
	if !ok || moved < 0 {
		return 0, 0, false
	}
	if l.feeless(at) {
		return uint64(moved), uint64(moved), true
	}
	if l.transfers {
		b := l.d.balanceOf(at)
		delta, ok := change(b.pre, b.post)
		if !ok || b.mint == nil || delta > moved || delta < 0 || delta != moved && !l.alone(at) {
			return 0, 0, false
		}
		return uint64(moved), uint64(delta), true
	}
	return exact, uint64(moved), exact >= uint64(moved)
}

// departed is what left a vault and what of it reached the user.
func (l ledger) departed(vault, user int8) (left, got uint64, ok bool) {
	moved, ok := l.tokens(vault)
	at, _ := place(l.c, vault)
	if !ok || moved > 0 {
		return 0, 0, false
	}
	left = uint64(-moved)
	if l.feeless(at) {
		return left, left, true
	}
	to, ok := place(l.c, user)
	if !ok {
		return 0, 0, false
	}
	b := l.d.balanceOf(to)
	delta, ok := change(b.pre, b.post)
	if !ok || b.mint == nil || delta < 0 || uint64(delta) > left || uint64(delta) != left && !l.alone(to) {
		return 0, 0, false
	}
	return left, uint64(delta), true
}

// feeless tells of token accounts of the program that knows no transfer fees.
func (l ledger) feeless(at uint32) bool {
	if !l.transfers {
		for _, b := range [...]*geyser.TokenBalance{tokenAt(l.d.tx.PreTokens, at), tokenAt(l.d.tx.PostTokens, at)} {
			if b != nil && len(b.Program) > 0 {
				return string(b.Program) == splToken
			}
		}
		return false
	}
	for _, i := range l.d.below(l.c) {
		in := &l.d.tx.Inner[i].Instruction
		if key := l.d.tx.Key(in.Program); len(key) != 32 || dex.Key(key) != dex.Token2022 {
			continue
		}
		if t, ok := spl.ParseToken(in.Data); !ok || t.Kind.Moves() && uses(in, at) {
			return false
		}
	}
	return true
}
