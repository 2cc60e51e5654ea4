package decode

import (
	"math"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// ledger tells what a call moved: by the transfers below it, or by the balances around the transaction. Both refuse to answer
// where what they see may be more or less than the call's own doing.
type ledger struct {
	d         *Decoder
	c         *call
	transfers bool
	rest      bool // SOL by what transfers elsewhere leave of the balances
}

func (l ledger) strategy() eventv1.Strategy {
	if l.transfers && !l.rest {
		return eventv1.Strategy_STRATEGY_IX_TRANSFERS
	}
	return eventv1.Strategy_STRATEGY_BALANCES
}

// tokens is the change of a token account, positive for what came in. n is its place in the instruction.
func (l ledger) tokens(n int8) (int64, bool) {
	at, ok := place(l.c, n)
	switch {
	case !ok:
		return 0, false
	case l.transfers:
		return l.tokensBelow(at)
	case !l.alone(at):
		return 0, false
	}
	b := l.d.balanceOf(at)
	delta, ok := change(b.pre, b.post)
	return delta, ok && b.mint != nil
}

func change(pre, post uint64) (int64, bool) {
	return int64(post) - int64(pre), pre <= math.MaxInt64 && post <= math.MaxInt64
}

// tokensBelow sums the transfers in and out of an account. A token instruction that it cannot read might move anything.
func (l ledger) tokensBelow(at uint32) (int64, bool) {
	var sum int64
	for _, i := range l.d.below(l.c) {
		in := &l.d.tx.Inner[i].Instruction
		if !isToken(l.d.tx.Key(in.Program)) {
			continue
		}
		t, ok := spl.ParseToken(in.Data)
		if !ok && spl.PreparesAccount(in.Data) {
			continue
		}
		if !ok || t.Amount > math.MaxInt64 || t.Fee > t.Amount {
			return 0, false
		}
		p := t.Kind.Places()
		if accountAt(in, p.Source) == int64(at) && p.Source >= 0 && moves(t.Kind) {
			sum -= int64(t.Amount)
		}
		if accountAt(in, p.Destination) == int64(at) && p.Destination >= 0 && moves(t.Kind) {
			sum += int64(t.Amount - t.Fee)
		}
	}
	return sum, true
}

func moves(k spl.TokenKind) bool {
	return k.Moves() || k == spl.MintTo || k == spl.MintToChecked || k == spl.Burn || k == spl.BurnChecked
}

func accountAt(in *geyser.Instruction, n int8) int64 {
	if n < 0 || int(n) >= len(in.Accounts) {
		return -1
	}
	return int64(in.Accounts[n])
}

// lamports is the change of an account's SOL. Programs move SOL out of their own accounts without an instruction, so only
// what came in shows in transfers.
func (l ledger) lamports(n int8) (int64, bool) {
	at, ok := place(l.c, n)
	switch {
	case !ok:
		return 0, false
	case l.rest:
		return l.residual(at)
	case l.transfers:
		return l.lamportsBelow(at)
	case at == 0 || !l.alone(at) || int(at) >= len(l.d.tx.PreBalances) || int(at) >= len(l.d.tx.PostBalances):
		return 0, false // account 0 pays for the transaction
	}
	return change(l.d.tx.PreBalances[at], l.d.tx.PostBalances[at])
}

func (l ledger) lamportsBelow(at uint32) (int64, bool) {
	var sum int64
	for _, i := range l.d.below(l.c) {
		in := &l.d.tx.Inner[i].Instruction
		if string(l.d.tx.Key(in.Program)) != string(dex.System[:]) {
			continue
		}
		s, ok := spl.ParseSystem(in.Data)
		if !ok || s.Lamports > math.MaxInt64 {
			continue
		}
		from, to := accountAt(in, s.From), accountAt(in, s.To)
		if from == int64(at) {
			sum -= int64(s.Lamports)
		}
		if to == int64(at) {
			if s.Kind != spl.SystemTransfer {
				return 0, false // rent of a new account, not a payment
			}
			sum += int64(s.Lamports)
		}
	}
	return sum, true
}

// alone tells whether no instruction names an account but the call, those that led to it and those that it made.
func (l ledger) alone(at uint32) bool {
	tx, c := l.d.tx, l.c
	for i := range tx.Outer {
		if int32(i) != c.outer && uses(&tx.Outer[i], at) {
			return false
		}
	}
	if c.inner < 0 {
		return !l.usedOutside(0, int(c.at), 0, at) && !l.usedOutside(int(c.at)+len(l.d.below(c)), len(l.d.order), 0, at)
	}
	return !l.usedOutside(0, int(c.at)-1, c.height, at) && !l.usedOutside(int(c.at)+len(l.d.below(c)), len(l.d.order), 0, at)
}

// usedOutside tells whether an inner instruction from one place to another names an account. Going back from the call, those
// that led to it are passed over: each stands lower than all after it. height is that of the call, 0 to pass over none.
func (l ledger) usedOutside(from, to int, height uint32, at uint32) bool {
	for i := to - 1; i >= from; i-- {
		in := &l.d.tx.Inner[l.d.order[i]]
		if int32(in.Outer) == l.c.outer && in.Height != 0 && in.Height < height {
			height = in.Height
			continue
		}
		if uses(&in.Instruction, at) {
			return true
		}
	}
	return false
}

func uses(in *geyser.Instruction, at uint32) bool {
	for _, a := range in.Accounts {
		if uint32(a) == at {
			return true
		}
	}
	return false
}
