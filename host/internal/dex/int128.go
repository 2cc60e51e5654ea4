package dex

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// Int128 is a signed 128-bit number in two's complement: Hi·2⁶⁴ + Lo.
type Int128 struct {
	Hi int64
	Lo uint64
}

// Int128From widens v.
func Int128From(v int64) Int128 { return Int128{Hi: v >> 63, Lo: uint64(v)} }

// Int128At reads v out of b, which must hold at least 16 bytes.
func Int128At(b []byte) Int128 {
	return Int128{Hi: int64(binary.LittleEndian.Uint64(b[8:])), Lo: binary.LittleEndian.Uint64(b)}
}

// IsZero tells whether v is 0.
func (v Int128) IsZero() bool { return v == Int128{} }

// AddTo returns u + v. It is false when the sum is negative or does not fit 64 bits.
func (v Int128) AddTo(u uint64) (uint64, bool) {
	lo, carry := bits.Add64(v.Lo, u, 0)
	return lo, v.Hi+int64(carry) == 0
}

// Add returns v + d. It wraps around like all integers of Go.
func (v Int128) Add(d int64) Int128 {
	w := Int128From(d)
	lo, carry := bits.Add64(v.Lo, w.Lo, 0)
	return Int128{Hi: v.Hi + w.Hi + int64(carry), Lo: lo}
}

// Int64 narrows v. It is false when v does not fit.
func (v Int128) Int64() (int64, bool) { return int64(v.Lo), v.Hi == int64(v.Lo)>>63 }

// String returns v in decimal.
func (v Int128) String() string {
	b := new(big.Int).Lsh(big.NewInt(v.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(v.Lo)).String()
}

// Uint128 is an unsigned 128-bit number: Hi·2⁶⁴ + Lo.
type Uint128 struct{ Hi, Lo uint64 }

// String returns v in decimal.
func (v Uint128) String() string {
	b := new(big.Int).Lsh(new(big.Int).SetUint64(v.Hi), 64)
	return b.Add(b, new(big.Int).SetUint64(v.Lo)).String()
}
