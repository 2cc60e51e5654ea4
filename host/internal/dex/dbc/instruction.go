package dbc

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of the Dynamic Bonding Curve that Weir reads.
type Kind uint8

// The instructions.
const (
	Other Kind = iota
	Swap
	Swap2
	InitializeSPL
	InitializeToken2022
	MigrateDAMM
	MigrateDAMMv2
	kinds
)

var names = [kinds]string{
	"other", "swap", "swap2", "initialize_virtual_pool_with_spl_token", "initialize_virtual_pool_with_token2022", "migrate_meteora_damm",
	"migration_damm_v2",
}

var tags = [kinds]uint64{
	0, 0xf8c69e91e17587c8, 0x414b3f4ceb5b5b88, 0x8c55d7b06636684f, 0xa976334e916edc9b, 0x1b013016b43f76d9, 0x9ca9e66735e45040,
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

// IsInitialize tells of the kinds that make a coin and its curve.
func (k Kind) IsInitialize() bool { return k == InitializeSPL || k == InitializeToken2022 }

// IsMigrate tells of the kinds that move a curve's liquidity to a pool.
func (k Kind) IsMigrate() bool { return k == MigrateDAMM || k == MigrateDAMMv2 }

// ExactOut is the swap mode of Swap2 in which the output is exact; in all others the input is, or as much of it as fits.
const ExactOut = 2

// Instruction holds the arguments of one instruction. Strings alias the data.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is the exact side of a swap, Limit the limit on the other.
	Amount, Limit uint64
	// Mode is of Swap2.
	Mode uint8
	// Name, Symbol and URI are of a new coin.
	Name, Symbol, URI []byte
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when an
// argument is cut.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("dbc instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	need := uint8(0)
	switch {
	case in.Kind.IsSwap():
		in.Amount, in.Limit = r.Uint64(), r.Uint64()
		need = 2
		if in.Kind == Swap2 {
			in.Mode = r.Uint8()
			need = 3
		}
	case in.Kind.IsInitialize():
		in.Name, in.Symbol, in.URI = r.Bytes(), r.Bytes(), r.Bytes()
		need = 3
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("dbc %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

// Append writes the instruction's data: the discriminator and the arguments above.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind == Other || in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), in.Fields)
	switch {
	case in.Kind.IsSwap():
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
		if in.Kind == Swap2 {
			w.Uint8(in.Mode)
		}
	case in.Kind.IsInitialize():
		w.Bytes(in.Name)
		w.Bytes(in.Symbol)
		w.Bytes(in.URI)
	}
	return w.Written()
}

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Config, Pool          int8
	User                  int8 // who pays
	Creator               int8 // who asks for a coin
	UserIn, UserOut       int8
	BaseVault, QuoteVault int8
	BaseMint, QuoteMint   int8
	Target                int8 // the pool that a migration makes
}

const no = -1

var places = [kinds]Places{
	Other:               {no, no, no, no, no, no, no, no, no, no, no},
	Swap:                {1, 2, 9, no, 3, 4, 5, 6, 7, 8, no},
	Swap2:               {1, 2, 9, no, 3, 4, 5, 6, 7, 8, no},
	InitializeSPL:       {0, 5, 10, 2, no, no, 6, 7, 3, 4, no},
	InitializeToken2022: {0, 5, 8, 2, no, no, 6, 7, 3, 4, no},
	MigrateDAMM:         {no, 0, no, no, no, no, no, no, 7, no, 4},
	MigrateDAMMv2:       {no, 0, no, no, no, no, no, no, 13, no, 4},
}

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k Kind) Places() Places {
	if k < kinds {
		return places[k]
	}
	return places[Other]
}
