package decode

import (
	"math"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
)

// residual is the change of an account's SOL around the transaction less all that transfers outside of the call explain: what the call
// moved without an instruction, as sales on a curve do. It refuses where anything else named the account that might do the same.
func (l ledger) residual(at uint32) (int64, bool) {
	tx, c := l.d.tx, l.c
	if at == 0 || int(at) >= len(tx.PreBalances) || int(at) >= len(tx.PostBalances) { // account 0 pays for the transaction
		return 0, false
	}
	sum, ok := change(tx.PreBalances[at], tx.PostBalances[at])
	for i := range tx.Outer {
		if int32(i) != c.outer {
			ok = ok && l.explain(&tx.Outer[i], at, &sum)
		}
	}
	end, height := int(c.at)+len(l.d.below(c)), c.height
	for i, n := range slices.Backward(l.d.order) {
		in := &tx.Inner[n]
		switch {
		case i >= int(c.at) && i < end: // its own
		case i < int(c.at) && int32(in.Outer) == c.outer && c.inner >= 0 && i == int(c.at)-1: // itself
		case i < int(c.at) && int32(in.Outer) == c.outer && in.Height != 0 && in.Height < height: // led to it
			height = in.Height
		default:
			ok = ok && l.explain(&in.Instruction, at, &sum)
		}
	}
	return sum, ok
}

// explain takes what an instruction moved out of sum. It is false when the instruction names the account and may have moved SOL in a
// way that shows nowhere.
func (l ledger) explain(in *geyser.Instruction, at uint32, sum *int64) bool {
	if !uses(in, at) {
		return true
	}
	program := l.d.tx.Key(in.Program)
	switch {
	case string(program) == string(dex.System[:]):
		s, ok := spl.ParseSystem(in.Data)
		if !ok || s.Lamports > math.MaxInt64 {
			return false
		}
		if accountAt(in, s.From) == int64(at) {
			*sum += int64(s.Lamports)
		}
		if accountAt(in, s.To) == int64(at) {
			*sum -= int64(s.Lamports)
		}
		return true
	case venueOf(program) == pump:
		k := pumpfun.KindOf(in.Data) // buys pay by transfers, which stand in the list themselves
		return k.IsBuy() || k.IsCreate()
	}
	t, ok := spl.ParseToken(in.Data)
	return isToken(program) && ok && t.Kind != spl.CloseAccount // which gives the account's SOL to somebody
}
