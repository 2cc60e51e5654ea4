// Package pda derives program addresses. A derivation costs tens of microseconds: it is for tools, tests and the simulator, never
// for the stream.
package pda

import (
	"crypto/sha256"
	"math/big"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
)

// Find returns the address that a program owns for the seeds, and its bump. Seeds are at most 32 bytes each.
func Find(program dex.Key, seeds ...[]byte) (dex.Key, uint8) {
	for bump := 255; bump >= 0; bump-- {
		h := sha256.New()
		for _, s := range seeds {
			h.Write(s)
		}
		h.Write([]byte{byte(bump)})
		h.Write(program[:])
		h.Write([]byte("ProgramDerivedAddress"))
		if k := dex.Key(h.Sum(nil)); !onCurve(k) {
			return k, uint8(bump)
		}
	}
	return dex.Key{}, 0 // has a chance of 2⁻²⁵⁶
}

// p and d are those of edwards25519: -x² + y² = 1 + d·x²·y² modulo p.
var (
	one = big.NewInt(1)
	p   = new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	d   = func() *big.Int {
		inverse := new(big.Int).ModInverse(big.NewInt(121666), p)
		v := new(big.Int).Mul(big.NewInt(-121665), inverse)
		return v.Mod(v, p)
	}()
)

// onCurve tells whether k is the encoding of a point, that is, whether a private key could exist for it. x² = u/v has a root exactly
// if u·v is a square.
func onCurve(k dex.Key) bool {
	b := k
	slices.Reverse(b[:])
	b[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(b[:])
	y.Mul(y, y).Mod(y, p)
	u := new(big.Int).Sub(y, one)
	v := y.Mul(y, d)
	v.Add(v, one)
	u.Mul(u, v).Mod(u, p)
	return u.Sign() == 0 || big.Jacobi(u, p) == 1
}
