// Package lplock reads and writes the instructions of Raydium's LP lock program (burn and earn), which keeps LP tokens of CPMM pools and
// NFTs of CLMM positions for ever and gives an NFT for their fees. Layouts are of sevenlabs-hq/carbon's raydium-liquidity-locking decoder.
package lplock

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction that Weir reads.
type Kind uint8

// The instructions.
const (
	Other        Kind = iota
	LockCPMM          // lock_cp_liquidity
	LockPosition      // lock_clmm_position
	kinds
)

var tags = [kinds]uint64{0, 0xd89d1d4e26331f1a, 0xbc25b38352965449}

// Places says at which index of an instruction's accounts something stands; -1 where the instruction does not have it.
type Places struct {
	Owner    int8 // who gives the LP tokens or the NFT
	Receiver int8 // who gets the NFT for the fees
	Pool     int8
	LPMint   int8
	OwnerLP  int8 // token account that they leave
	NftMint  int8 // of the position
}

var places = [kinds]Places{
	Other:        {-1, -1, -1, -1, -1, -1},
	LockCPMM:     {2, 3, 6, 8, 9, -1},
	LockPosition: {2, 3, -1, -1, -1, 6},
}

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k Kind) Places() Places {
	if k < kinds {
		return places[k]
	}
	return places[Other]
}

// Instruction holds the arguments.
type Instruction struct {
	Kind Kind
	// LP is how many LP tokens are locked, raw units; 0 on LockPosition.
	LP uint64
	// Metadata says whether the fee NFT gets metadata.
	Metadata bool
}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of this program.
func KindOf(data []byte) Kind {
	tag := dex.Tag(data)
	for k := Kind(1); k < kinds; k++ {
		if tags[k] == tag {
			return k
		}
	}
	return Other
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when LP is
// cut.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, dex.ErrTag
	}
	r := dex.NewReader(data[8:])
	need := uint8(0)
	if in.Kind == LockCPMM {
		in.LP, need = r.Uint64(), 1
	}
	in.Metadata = r.Bool()
	if r.Extent().Fields < need {
		return in, dex.ErrShort
	}
	return in, nil
}

// Append writes the instruction's data.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind == Other || in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), 0)
	if in.Kind == LockCPMM {
		w.Uint64(in.LP)
	}
	w.Bool(in.Metadata)
	return w.Written()
}
