package damm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of DAMM v2 that Weir reads.
type Kind uint8

// The instructions.
const (
	Other Kind = iota
	Swap
	Swap2
	InitializePool
	InitializeCustomizable
	InitializeDynamic
	AddLiquidity
	RemoveLiquidity
	RemoveAllLiquidity
	kinds
)

var names = [kinds]string{
	"other", "swap", "swap2", "initialize_pool", "initialize_customizable_pool", "initialize_pool_with_dynamic_config", "add_liquidity",
	"remove_liquidity", "remove_all_liquidity",
}

var tags = [kinds]uint64{
	0, 0xf8c69e91e17587c8, 0x414b3f4ceb5b5b88, 0x5fb40aac54aee828, 0x14a1f118bdddb402, 0x955248c5fdfc440f, 0xb59d59438fb63448,
	0x5055d14818ceb16c, 0x0a333d2370691855,
}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of this program: others use the same discriminators.
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
func (k Kind) IsSwap() bool { return k == Swap || k == Swap2 }

// IsInitialize tells of the kinds that make a pool.
func (k Kind) IsInitialize() bool {
	return k == InitializePool || k == InitializeCustomizable || k == InitializeDynamic
}

// ExactOut is the swap mode of Swap2 in which the output is exact; in all others the input is, or as much of it as fits.
const ExactOut = 2

// Instruction holds the arguments of a swap; of the others, only the kind.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is the exact side of a swap, Limit the limit on the other.
	Amount, Limit uint64
	// Mode is of Swap2.
	Mode uint8
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when an
// argument is cut.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("damm instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	need := uint8(0)
	if in.Kind.IsSwap() {
		in.Amount, in.Limit = r.Uint64(), r.Uint64()
		need = 2
	}
	if in.Kind == Swap2 {
		in.Mode = r.Uint8()
		need = 3
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("damm %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

// Append writes the instruction's data: the discriminator and the arguments above.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind == Other || in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), in.Fields)
	if in.Kind.IsSwap() {
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
	}
	if in.Kind == Swap2 {
		w.Uint8(in.Mode)
	}
	return w.Written()
}

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Config, Pool    int8
	User            int8 // who pays, or who owns the liquidity
	UserIn, UserOut int8
	VaultA, VaultB  int8
	MintA, MintB    int8
}

const no = -1

var places = [kinds]Places{
	Other:                  {no, no, no, no, no, no, no, no, no},
	Swap:                   {no, 1, 8, 2, 3, 4, 5, 6, 7},
	Swap2:                  {no, 1, 8, 2, 3, 4, 5, 6, 7},
	InitializePool:         {4, 6, 0, no, no, 10, 11, 8, 9},
	InitializeCustomizable: {no, 5, 0, no, no, no, no, 7, 8},
	InitializeDynamic:      {no, 7, 0, no, no, no, no, 9, 10},
	AddLiquidity:           {no, 0, 9, no, no, no, no, 6, 7},
	RemoveLiquidity:        {no, 1, 10, no, no, no, no, 7, 8},
	RemoveAllLiquidity:     {no, 1, 10, no, no, no, no, 7, 8},
}

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k Kind) Places() Places {
	if k < kinds {
		return places[k]
	}
	return places[Other]
}
