package clmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of CLMM that Weir reads.
type Kind uint8

// The instructions.
const (
	Other Kind = iota
	CreatePool
	CreateCustomizablePool
	Swap
	SwapV2
	SwapRouterBaseIn
	OpenPosition
	OpenPositionV2
	OpenPositionToken22
	IncreaseLiquidity
	IncreaseLiquidityV2
	DecreaseLiquidity
	DecreaseLiquidityV2
	kinds
)

var names = [kinds]string{
	"other", "create_pool", "create_customizable_pool", "swap", "swap_v2", "swap_router_base_in", "open_position",
	"open_position_v2", "open_position_with_token22_nft", "increase_liquidity", "increase_liquidity_v2", "decrease_liquidity",
	"decrease_liquidity_v2",
}

var tags = [kinds]uint64{
	0, 0xe992d18ecf6840bc, 0x2b44d4a7592fa401, 0xf8c69e91e17587c8, 0x2b04ed0b1ac91e62, 0x457d73daf5baf2c4, 0x87802f4d0f98f031,
	0x4db84ad67056f1c7, 0x4dffae527d1dc92e, 0x2e9cf3760dcdfbb2, 0x851d59df45eeb00a, 0xa026d06f685b2c01, 0x3a7fbc3e4f52c460,
}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of CLMM: other programs use the same
// discriminators.
func KindOf(data []byte) Kind {
	tag := dex.Tag(data)
	for k := Kind(1); k < kinds; k++ {
		if tags[k] == tag {
			return k
		}
	}
	return Other
}

// String returns the instruction's name in the program.
func (k Kind) String() string {
	if k < kinds {
		return names[k]
	}
	return names[Other]
}

// IsSwap tells of the kinds that trade.
func (k Kind) IsSwap() bool { return k >= Swap && k <= SwapRouterBaseIn }

// IsCreate tells of the kinds that open a pool.
func (k Kind) IsCreate() bool { return k == CreatePool || k == CreateCustomizablePool }

// IsOpen tells of the kinds that open a position.
func (k Kind) IsOpen() bool { return k >= OpenPosition && k <= OpenPositionToken22 }

// IsPosition tells of the kinds that move liquidity.
func (k Kind) IsPosition() bool { return k >= OpenPosition && k <= DecreaseLiquidityV2 }

// Instruction holds the arguments of one instruction. Fields tells how many were present.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is the exact side of a swap, Limit the limit on the other; IsBaseInput says that the input is the exact one.
	Amount, Limit     uint64
	SqrtPriceLimitX64 dex.Uint128 // 0: none
	IsBaseInput       bool
	// SqrtPriceX64 and OpenTime (Unix seconds) are of CreatePool and CreateCustomizablePool.
	SqrtPriceX64 dex.Uint128
	OpenTime     uint64
	// The rest is of positions: their range, the liquidity to add or remove, and the most or least of both tokens.
	TickLower, TickUpper             int32
	ArrayLowerStart, ArrayUpperStart int32
	Liquidity                        dex.Uint128
	Amount0, Amount1                 uint64
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when
// an argument is cut that every version of the instruction has. Optional arguments of positions are left in the tail.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("clmm instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	need := uint8(3)
	switch in.Kind {
	case CreatePool, CreateCustomizablePool:
		in.SqrtPriceX64 = r.Uint128()
		in.OpenTime = r.Uint64()
		need = 1
	case Swap, SwapV2:
		in.Amount, in.Limit = r.Uint64(), r.Uint64()
		in.SqrtPriceLimitX64 = r.Uint128()
		in.IsBaseInput = r.Bool()
		need = 4
	case SwapRouterBaseIn:
		in.Amount, in.Limit, in.IsBaseInput = r.Uint64(), r.Uint64(), true
		need = 2
	case OpenPosition, OpenPositionV2, OpenPositionToken22:
		in.TickLower, in.TickUpper, in.ArrayLowerStart, in.ArrayUpperStart = r.Int32(), r.Int32(), r.Int32(), r.Int32()
		in.Liquidity = r.Uint128()
		in.Amount0, in.Amount1 = r.Uint64(), r.Uint64()
		need = 7
	default:
		in.Liquidity = r.Uint128()
		in.Amount0, in.Amount1 = r.Uint64(), r.Uint64()
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("clmm %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

// Append writes the instruction's data: the discriminator and the first in.Fields arguments, all of them for 0.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind == Other || in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), in.Fields)
	switch in.Kind {
	case CreatePool, CreateCustomizablePool:
		w.Uint128(in.SqrtPriceX64)
		w.Uint64(in.OpenTime)
	case Swap, SwapV2:
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
		w.Uint128(in.SqrtPriceLimitX64)
		w.Bool(in.IsBaseInput)
	case SwapRouterBaseIn:
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
	case OpenPosition, OpenPositionV2, OpenPositionToken22:
		w.Int32(in.TickLower)
		w.Int32(in.TickUpper)
		w.Int32(in.ArrayLowerStart)
		w.Int32(in.ArrayUpperStart)
		fallthrough
	default:
		w.Uint128(in.Liquidity)
		w.Uint64(in.Amount0)
		w.Uint64(in.Amount1)
	}
	return w.Written()
}
