package orca

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of Whirlpool that Weir reads.
type Kind uint8

// The instructions. TwoHopSwap trades in two pools.
const (
	Other Kind = iota
	Swap
	SwapV2
	TwoHopSwap
	TwoHopSwapV2
	kinds
)

var names = [kinds]string{"other", "swap", "swap_v2", "two_hop_swap", "two_hop_swap_v2"}

var tags = [kinds]uint64{0, 0xf8c69e91e17587c8, 0x2b04ed0b1ac91e62, 0xc360ed6c44a2dbe6, 0xba8fd11dfe02c275}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of Whirlpool: CLMM and Meteora use the same
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

// IsTwoHop tells of the kinds that trade in two pools.
func (k Kind) IsTwoHop() bool { return k == TwoHopSwap || k == TwoHopSwapV2 }

// Instruction holds the arguments of one swap; of two hops, the amounts of the whole way.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is the exact side, Limit the limit on the other.
	Amount, Limit uint64
	// SqrtPriceLimit stops a swap before all of Amount has moved; zero is no limit. Not of two hops.
	SqrtPriceLimit dex.Uint128
	// ExactIn says that Amount is of the input.
	ExactIn bool
	// AToB is the direction in the first pool, AToBSecond in the second of two hops.
	AToB, AToBSecond bool
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when an
// argument is cut.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("orca instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	in.Amount, in.Limit = r.Uint64(), r.Uint64()
	need := uint8(5)
	if !in.Kind.IsTwoHop() {
		in.SqrtPriceLimit = r.Uint128()
	}
	in.ExactIn, in.AToB = r.Bool(), r.Bool()
	if in.Kind.IsTwoHop() {
		in.AToBSecond = r.Bool()
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("orca %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

// Append writes the instruction's data: the discriminator and the arguments above.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind == Other || in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), in.Fields)
	w.Uint64(in.Amount)
	w.Uint64(in.Limit)
	if !in.Kind.IsTwoHop() {
		w.Uint128(in.SqrtPriceLimit)
	}
	w.Bool(in.ExactIn)
	w.Bool(in.AToB)
	if in.Kind.IsTwoHop() {
		w.Bool(in.AToBSecond)
	}
	return w.Written()
}

// Hop says at which index of an instruction's accounts one pool's things stand; -1 where the instruction does not have it. Of Swap and
// TwoHopSwap, In and Out are tokens A and B; of TwoHopSwapV2, the hop's input and output; of SwapV2, tokens A and B.
type Hop struct {
	Pool              int8
	UserIn, UserOut   int8
	VaultIn, VaultOut int8
	MintIn, MintOut   int8
}

// Places says where an instruction keeps its accounts. Second is used by two hops alone. Directed tells that In and Out of the hops are
// input and output already.
type Places struct {
	User          int8
	First, Second Hop
	Directed      bool
}

const no = -1

var (
	none   = Hop{no, no, no, no, no, no, no}
	places = [kinds]Places{
		Other:        {no, none, none, false},
		Swap:         {1, Hop{2, 3, 5, 4, 6, no, no}, none, false},
		SwapV2:       {3, Hop{4, 7, 9, 8, 10, 5, 6}, none, false},
		TwoHopSwap:   {1, Hop{2, 4, 6, 5, 7, no, no}, Hop{3, 8, 10, 9, 11, no, no}, false},
		TwoHopSwapV2: {14, Hop{0, 8, no, 9, 10, 2, 3}, Hop{1, no, 13, 11, 12, 3, 4}, true},
	}
)

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k Kind) Places() Places {
	if k < kinds {
		return places[k]
	}
	return places[Other]
}
