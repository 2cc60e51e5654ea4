package cpmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of CPMM that Weir reads.
type Kind uint8

// The instructions.
const (
	Other Kind = iota
	Initialize
	InitializeWithPermission
	Deposit
	Withdraw
	SwapBaseInput
	SwapBaseOutput
	kinds
)

var names = [kinds]string{
	"other", "initialize", "initialize_with_permission", "deposit", "withdraw", "swap_base_input", "swap_base_output",
}

var tags = [kinds]uint64{
	0, 0xafaf6d1f0d989bed, 0x3f37fe4131b25979, 0xf223c68952e1f2b6, 0xb712469c946da122, 0x8fbe5adac41e33de, 0x37d96256a34ab4ad,
}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of CPMM: other programs use the same
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
func (k Kind) IsSwap() bool { return k == SwapBaseInput || k == SwapBaseOutput }

// IsInitialize tells of the kinds that open a pool.
func (k Kind) IsInitialize() bool { return k == Initialize || k == InitializeWithPermission }

// Instruction holds the arguments of one instruction. Fields tells how many were present.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is the exact side of a swap, Limit the limit on the other.
	Amount, Limit uint64
	// Token0 and Token1 are what a pool begins with, the most that Deposit puts in, or the least that Withdraw takes out.
	Token0, Token1 uint64
	// LP is what Deposit mints or Withdraw burns.
	LP uint64
	// OpenTime is when trading begins, Unix seconds.
	OpenTime uint64
	// CreatorFeeOn is of InitializeWithPermission: 0 both tokens, 1 only token 0, 2 only token 1.
	CreatorFeeOn uint8
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when
// an argument is cut.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("cpmm instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	need := uint8(3)
	switch in.Kind {
	case Initialize, InitializeWithPermission:
		in.Token0, in.Token1, in.OpenTime = r.Uint64(), r.Uint64(), r.Uint64()
		if in.Kind == InitializeWithPermission {
			in.CreatorFeeOn = r.Uint8()
		}
	case Deposit, Withdraw:
		in.LP, in.Token0, in.Token1 = r.Uint64(), r.Uint64(), r.Uint64()
	default:
		in.Amount, in.Limit = r.Uint64(), r.Uint64()
		if in.Kind == SwapBaseOutput {
			in.Amount, in.Limit = in.Limit, in.Amount
		}
		need = 2
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("cpmm %s instruction: %w", in.Kind, dex.ErrShort)
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
	case Initialize, InitializeWithPermission:
		w.Uint64(in.Token0)
		w.Uint64(in.Token1)
		w.Uint64(in.OpenTime)
		if in.Kind == InitializeWithPermission {
			w.Uint8(in.CreatorFeeOn)
		}
	case Deposit, Withdraw:
		w.Uint64(in.LP)
		w.Uint64(in.Token0)
		w.Uint64(in.Token1)
	case SwapBaseOutput:
		w.Uint64(in.Limit)
		w.Uint64(in.Amount)
	default:
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
	}
	return w.Written()
}
