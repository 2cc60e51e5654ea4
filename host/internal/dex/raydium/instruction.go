package raydium

import (
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of AMM v4 that Weir reads.
type Kind uint8

// The instructions.
const (
	Other Kind = iota // known to the program, not read here
	Initialize2
	Deposit
	Withdraw
	WithdrawPnl
	SwapBaseIn
	SwapBaseOut
	SwapBaseInV2
	SwapBaseOutV2
	kinds
)

var names = [kinds]string{
	"other", "initialize2", "deposit", "withdraw", "withdraw_pnl", "swap_base_in", "swap_base_out", "swap_base_in_v2",
	"swap_base_out_v2",
}

var tags = [kinds]uint8{0xff, 1, 3, 4, 7, 9, 11, 16, 17}

// KindOf tells the instruction by the first byte of its data.
func KindOf(data []byte) Kind {
	if len(data) == 0 {
		return Other
	}
	switch data[0] {
	case 1:
		return Initialize2
	case 3:
		return Deposit
	case 4:
		return Withdraw
	case 7:
		return WithdrawPnl
	case 9:
		return SwapBaseIn
	case 11:
		return SwapBaseOut
	case 16:
		return SwapBaseInV2
	case 17:
		return SwapBaseOutV2
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
func (k Kind) IsSwap() bool { return k >= SwapBaseIn && k <= SwapBaseOutV2 }

// IsExactOut tells of the swaps that ask for an exact output.
func (k Kind) IsExactOut() bool { return k == SwapBaseOut || k == SwapBaseOutV2 }

// Instruction holds the arguments of one instruction. Fields tells how many were present.
type Instruction struct {
	dex.Extent
	Kind Kind
	// In and Out are the arguments of a swap: the exact amount of one side and the limit on the other.
	In, Out uint64
	// Coin and Pc are what Initialize2 puts in, the most that Deposit puts in, or the least that Withdraw takes out.
	Coin, Pc uint64
	// LP is what Withdraw burns.
	LP uint64
	// BaseSide of Deposit is 0 when Coin is exact and 1 when Pc is; OtherMin is the least of the other side.
	BaseSide, OtherMin uint64
	// Nonce and OpenTime (Unix seconds) are of Initialize2.
	Nonce    uint8
	OpenTime uint64
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when
// an argument is cut that every version of the instruction has.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("raydium v4 instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[1:])
	need := uint8(0)
	switch in.Kind {
	case Initialize2:
		in.Nonce, in.OpenTime, in.Pc, in.Coin = r.Uint8(), r.Uint64(), r.Uint64(), r.Uint64()
		need = 4
	case Deposit:
		in.Coin, in.Pc, in.BaseSide, in.OtherMin = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
		need = 3
	case Withdraw:
		in.LP, in.Coin, in.Pc = r.Uint64(), r.Uint64(), r.Uint64()
		need = 1
	case SwapBaseIn, SwapBaseOut, SwapBaseInV2, SwapBaseOutV2:
		in.In, in.Out = r.Uint64(), r.Uint64()
		need = 2
	default: // no arguments
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("raydium v4 %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

// Append writes the instruction's data: the tag and the first in.Fields arguments, all of them for 0.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(append(dst, tags[in.Kind]), in.Fields)
	switch in.Kind {
	case Initialize2:
		w.Uint8(in.Nonce)
		w.Uint64(in.OpenTime)
		w.Uint64(in.Pc)
		w.Uint64(in.Coin)
	case Deposit:
		w.Uint64(in.Coin)
		w.Uint64(in.Pc)
		w.Uint64(in.BaseSide)
		w.Uint64(in.OtherMin)
	case Withdraw:
		w.Uint64(in.LP)
		w.Uint64(in.Coin)
		w.Uint64(in.Pc)
	case SwapBaseIn, SwapBaseOut, SwapBaseInV2, SwapBaseOutV2:
		w.Uint64(in.In)
		w.Uint64(in.Out)
	default: // no arguments
	}
	return w.Written()
}
