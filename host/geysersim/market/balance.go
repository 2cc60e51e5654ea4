package market

import (
	"strconv"

	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// balances writes what every token account held and holds, as a number and as text with and without the point. All texts share
// one string.
func (t *txn) balances(m *storagepb.TransactionStatusMeta) {
	n := 0
	for i := range t.used {
		if t.used[i].mint != nil {
			n += 2
		}
	}
	type entry struct {
		balance storagepb.TokenBalance
		amount  storagepb.UiTokenAmount
	}
	entries := make([]entry, n)
	list := make([]*storagepb.TokenBalance, 0, n)
	t.amounts, t.ends = t.amounts[:0], t.ends[:0]
	add := func(i int, u *used, amount uint64) {
		e := &entries[len(list)]
		e.balance.AccountIndex, e.balance.Mint, e.balance.Owner = uint32(i), u.mint.base58(), u.owner.base58()
		e.balance.ProgramId, e.balance.UiTokenAmount = u.mint.program.base58(), &e.amount
		e.amount.UiAmount, e.amount.Decimals = float64(amount)/powers[u.mint.decimals], uint32(u.mint.decimals)
		t.amounts = strconv.AppendUint(t.amounts, amount, 10)
		t.ends = append(t.ends, len(t.amounts))
		t.amounts = appendPoint(t.amounts, amount, int(u.mint.decimals))
		t.ends = append(t.ends, len(t.amounts))
		list = append(list, &e.balance)
	}
	for i, k := range t.order.keys {
		if u := &t.used[k]; u.mint != nil && u.open {
			add(i, u, u.amount)
		}
	}
	pre := len(list)
	for i, k := range t.order.keys {
		if u := &t.used[k]; u.mint != nil && u.account.open {
			add(i, u, u.account.amount)
		}
	}
	text, from := string(t.amounts), 0
	for i := range list {
		middle, end := t.ends[2*i], t.ends[2*i+1]
		entries[i].amount.Amount, entries[i].amount.UiAmountString = text[from:middle], text[middle:end]
		from = end
	}
	m.PreTokenBalances, m.PostTokenBalances = list[:pre:pre], list[pre:]
}

var powers = [20]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// appendPoint appends amount with its point, without zeros at the end.
func appendPoint(b []byte, amount uint64, decimals int) []byte {
	var buffer [20]byte
	digits := strconv.AppendUint(buffer[:0], amount, 10)
	whole := len(digits) - decimals
	if whole <= 0 {
		b = append(b, '0')
	} else {
		b, digits = append(b, digits[:whole]...), digits[whole:]
	}
	end := len(digits)
	for end > 0 && digits[end-1] == '0' {
		end--
	}
	if end == 0 {
		return b
	}
	b = append(b, '.')
	for range -whole {
		b = append(b, '0')
	}
	return append(b, digits[:end]...)
}
