package trading

import (
	"math/bits"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// origin is a launched coin whose creator did not sell much yet.
type origin struct {
	launch
	supply, sold, sells uint64
}

// origins are bounded: the coin that was launched first is forgotten.
type origins struct {
	coins *keyed.Map[sdk.Key, origin]
}

func newOrigins() origins {
	return origins{keyed.NewMap(keyed.Codec[sdk.Key, origin]{
		AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key,
		Append: func(b []byte, o *origin) []byte {
			return pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(o.append(b), o.supply), o.sold), o.sells)
		},
		Read: func(r *pack.Reader, o *origin) {
			o.read(r)
			o.supply, o.sold, o.sells = r.Uvarint(), r.Uvarint(), r.Uvarint()
		},
	})}
}

// originated remembers who made a coin. A supply that is not known cannot be sold in part.
func (m *monitor) originated(mint sdk.Key, l launch, supply uint64) {
	if supply == 0 {
		return
	}
	all := m.state.origins.coins
	for all.Len() >= m.config.MaxTraders {
		all.DeleteOldest()
	}
	*all.Put(mint) = origin{launch: l, supply: supply}
}

// dumped reports a creator who sold a part of the supply, once a coin.
func (m *monitor) dumped(r *sdk.Record, t *sdk.Trade) {
	all, mint := m.state.origins.coins, sdk.KeyOf(t.GetMint())
	if o, ok := all.Get(mint); !ok || !o.own(sdk.KeyOf(t.GetTrader())) {
		return
	}
	o := all.Change(mint)
	o.sold += min(t.GetBaseAmount(), o.supply) // a coin that is bought back and sold again can pass the supply, not 64 bits
	o.sells++
	if !reaches(o.sold, o.supply, m.config.DumpPPM) {
		return
	}
	f := single(r, t)
	f.Evidence = []*sdk.FindingTrade{o.evidence(), f.Evidence[0]}
	f.Trades, f.Count = o.sells, r.GetSlot()-min(r.GetSlot(), o.slot)
	m.emit("creator_dump", mint, f)
	all.Delete(mint)
}

// reaches tells whether part is ppm millionths of whole, or more.
func reaches(part, whole, ppm uint64) bool {
	high, low := bits.Mul64(part, million)
	needHigh, needLow := bits.Mul64(whole, ppm)
	return high > needHigh || high == needHigh && low >= needLow
}
