package liquidity

import (
	"cmp"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// fees are sums by kind and side, in that order: a pool has few.
type fees []fee

// fee is what trades paid of one kind in one mint, and what of it left the pool.
type fee struct {
	kind           sdk.FeeKind
	inBase         bool
	accrued, swept amount
}

// of finds a sum or makes it.
func (f *fees) of(kind sdk.FeeKind, inBase bool) *fee {
	at, ok := slices.BinarySearchFunc(*f, fee{kind: kind, inBase: inBase}, func(a, b fee) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(flags(a.inBase), flags(b.inBase)))
	})
	if !ok {
		*f = slices.Insert(*f, at, fee{kind: kind, inBase: inBase})
	}
	return &(*f)[at]
}

// accrue adds the fees of a trade.
func (f *fees) accrue(paid []*sdk.Fee) {
	for _, fee := range paid {
		f.of(fee.GetKind(), fee.GetInBase()).accrued.add(fee.GetAmount())
	}
}

// collect adds what providers took out of a pool of concentrated liquidity.
func (f *fees) collect(base, quote uint64) {
	if base > 0 {
		f.of(sdk.FeeLP, true).swept.add(base)
	}
	if quote > 0 {
		f.of(sdk.FeeLP, false).swept.add(quote)
	}
}

// find returns a sum, zero for none.
func (f fees) find(kind sdk.FeeKind, inBase bool) fee {
	for _, v := range f {
		if v.kind == kind && v.inBase == inBase {
			return v
		}
	}
	return fee{}
}

func (v *fee) message() *sdk.FeeTotal {
	return &sdk.FeeTotal{Kind: v.kind, InBase: v.inBase, Accrued: v.accrued.String(), Swept: v.swept.String()}
}

func (f fees) messages() []*sdk.FeeTotal {
	var list []*sdk.FeeTotal
	for i := range f {
		list = append(list, f[i].message())
	}
	return list
}

// moved takes fees that left a pool which had kept them.
func (m *monitor) moved(r *sdk.Record, f *sdk.FeesMoved) error {
	key, mint := sdk.KeyOf(f.GetPool()), sdk.KeyOf(f.GetQuoteMint())
	if f.GetMovement() != sdk.FeesSwept || key.IsZero() {
		return nil
	}
	p := m.open(key, r.GetSlot())
	if p.base.IsZero() {
		p.learn(f.GetVenue(), f.GetMint(), f.GetQuoteMint(), nil)
	}
	inBase := mint == p.base
	total := p.fees.of(f.GetKind(), inBase)
	total.swept.add(f.GetAmount())
	p.reserves.release(f.GetAmount(), inBase)
	if m.config.Sweeps {
		m.host.Emit(&sdk.Output{Kind: "fees_swept", Key: key.String(), Body: &sdk.PoolFeeBody{PoolFee: &sdk.PoolFee{
			Venue: p.venue, Pool: key[:], BaseMint: p.base.Bytes(), QuoteMint: p.quote.Bytes(), Recipient: f.GetRecipient(), Amount: f.GetAmount(),
			Total: total.message(), SinceSlot: p.since,
		}}})
	}
	m.tick(r, key, p, func(b *bucket) { b.fees.of(f.GetKind(), inBase).swept.add(f.GetAmount()) })
	return nil
}

// release takes kept fees out of a vault. They were no part of the price.
func (v *reserves) release(amount uint64, inBase bool) {
	side := &v.quote
	if inBase {
		side = &v.base
	}
	if v.held && *side >= amount {
		*side -= amount
	} else {
		v.held = false
	}
}

func (f fees) append(b []byte) []byte {
	b = pack.AppendUvarint(b, uint64(len(f)))
	for _, v := range f {
		b = append(pack.AppendUvarint(b, uint64(v.kind)), flags(v.inBase))
		b = v.swept.append(v.accrued.append(b))
	}
	return b
}

func readFees(r *pack.Reader) (f fees) {
	for range r.Count(6) {
		f = append(f, fee{kind: sdk.FeeKind(r.Uvarint()), inBase: r.Byte() != 0, accrued: readAmount(r), swept: readAmount(r)})
	}
	return f
}
