package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
)

// curveTable remembers the curve accounts that had to be derived from a mint, because the instruction does not name them.
// Deriving one takes some 20 µs.
type curveTable struct{ keys map[dex.Key]*dex.Key }

// maxCurves bounds the table. When there are more, all are forgotten.
const maxCurves = 4096

func (t *curveTable) of(mint *dex.Key) []byte {
	if k, ok := t.keys[*mint]; ok {
		return k[:]
	}
	if len(t.keys) >= maxCurves {
		clear(t.keys)
	}
	k := pda.BondingCurve(*mint)
	t.keys[*mint] = &k
	return k[:]
}
