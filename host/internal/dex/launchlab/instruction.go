package launchlab

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of LaunchLab that Weir reads.
type Kind uint8

// The instructions.
const (
	Other Kind = iota
	BuyExactIn
	BuyExactOut
	SellExactIn
	SellExactOut
	Initialize
	InitializeV2
	InitializeWithToken2022
	MigrateAmm
	MigrateCpswap
	kinds
)

var names = [kinds]string{
	"other", "buy_exact_in", "buy_exact_out", "sell_exact_in", "sell_exact_out", "initialize", "initialize_v2",
	"initialize_with_token_2022", "migrate_to_amm", "migrate_to_cpswap",
}

var tags = [kinds]uint64{
	0, 0xfaea0d7bd59c13ec, 0x18d3742869039938, 0x9527de9bd37c981a, 0x5fc8472208090ba6, 0xafaf6d1f0d989bed, 0x4399af27da102620,
	0x25be7ede2c9aab11, 0xcf52c091fecf91df, 0x885cc8671cda908c,
}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of LaunchLab: other programs use the same
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

// IsBuy tells of the kinds that buy the coin.
func (k Kind) IsBuy() bool { return k == BuyExactIn || k == BuyExactOut }

// IsTrade tells of the kinds that trade.
func (k Kind) IsTrade() bool { return k >= BuyExactIn && k <= SellExactOut }

// IsExactIn tells of the trades that give an exact amount.
func (k Kind) IsExactIn() bool { return k == BuyExactIn || k == SellExactIn }

// IsInitialize tells of the kinds that launch a coin.
func (k Kind) IsInitialize() bool { return k >= Initialize && k <= InitializeWithToken2022 }

// IsMigrate tells of the kinds that move a sold-out curve's liquidity.
func (k Kind) IsMigrate() bool { return k == MigrateAmm || k == MigrateCpswap }

// Instruction holds the arguments of one instruction. Fields tells how many were present.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is the exact side of a trade, Limit the limit on the other; ShareFeeRate is in 1/RateUnit.
	Amount, Limit, ShareFeeRate uint64
	// Mint, Curve and Vesting are of the launches.
	Mint    MintParams
	Curve   CurveParams
	Vesting VestingParams
}

// ParseInstruction reads an instruction's data. It fails with dex.ErrTag when it is none of the kinds, and with dex.ErrShort when
// an argument is cut that every version of the instruction has.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("launchlab instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	need := uint8(0)
	known := true
	switch {
	case in.Kind.IsTrade():
		in.Amount, in.Limit, in.ShareFeeRate = r.Uint64(), r.Uint64(), r.Uint64()
		need = 2
	case in.Kind.IsInitialize():
		in.Mint.read(&r)
		known = in.Curve.read(&r)
		in.Vesting.read(&r)
		need = 12 - in.Curve.missing()
	default: // migrations: no argument that is read
	}
	in.Extent = r.Extent()
	if !known || !in.Has(need) {
		return in, fmt.Errorf("launchlab %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

// Append writes the instruction's data: the discriminator and the first in.Fields arguments, all of them for 0.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind == Other || in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), in.Fields)
	switch {
	case in.Kind.IsTrade():
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
		w.Uint64(in.ShareFeeRate)
	case in.Kind.IsInitialize():
		in.Mint.write(&w)
		in.Curve.write(&w)
		in.Vesting.write(&w)
	default: // migrations
	}
	return w.Written()
}
