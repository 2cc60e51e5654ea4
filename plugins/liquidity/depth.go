package liquidity

import (
	"math/big"

	"github.com/weir-run/weir/sdk"
)

// moves are the steps of the price that depth is given for, in millionths.
var moves = [...]int64{10_000, 20_000, 50_000}

// deep reports the depth of a pool whose liquidity changed.
func (m *monitor) deep(key sdk.Key, p *pool) {
	if m.config.Depth {
		m.host.Emit(&sdk.Output{Kind: "pool_depth", Key: key.String(), Body: &sdk.PoolDepthBody{PoolDepth: p.reserves.depth(key, p)}})
	}
}

// depth is what moves the price by each step, on a constant product: along it base * quote stays, so a price r times as high needs
// quote * (sqrt(r) - 1).
func (v *reserves) depth(key sdk.Key, p *pool) *sdk.PoolDepth {
	d := &sdk.PoolDepth{Venue: p.venue, Pool: key[:], BaseMint: p.base.Bytes(), QuoteMint: p.quote.Bytes()}
	switch {
	case v.concentrated:
		d.Absent = sdk.AbsentConcentrated
	case !v.priced || v.priceBase == 0 || v.priceQuote == 0:
		d.Absent = sdk.AbsentReservesUnknown
	default:
		for _, move := range moves {
			up, down := million+move, million-move
			d.Steps = append(d.Steps, &sdk.DepthStep{
				MovePpm: uint32(move), UpQuoteIn: more(v.priceQuote, up, million), UpBaseOut: less(v.priceBase, million, up),
				DownBaseIn: more(v.priceBase, million, down), DownQuoteOut: less(v.priceQuote, down, million),
			})
		}
	}
	return d
}

// more is v * sqrt(a / b) - v rounded down, for an a above b.
func more(v uint64, a, b int64) uint64 {
	x := scaledSquare(v, a)
	x.Quo(x, big.NewInt(b)).Sqrt(x)
	return x.Sub(x, new(big.Int).SetUint64(v)).Uint64()
}

// less is v - v * sqrt(a / b) rounded down, for an a below b.
func less(v uint64, a, b int64) uint64 {
	x := scaledSquare(v, a)
	// The root is rounded up: it is one more than that of what is one less, divided upwards.
	x.Add(x, big.NewInt(b-1)).Quo(x, big.NewInt(b))
	x.Sub(x, big.NewInt(1)).Sqrt(x).Add(x, big.NewInt(1))
	return x.Sub(new(big.Int).SetUint64(v), x).Uint64()
}

func scaledSquare(v uint64, a int64) *big.Int {
	x := new(big.Int).SetUint64(v)
	return x.Mul(x, x).Mul(x, big.NewInt(a))
}
