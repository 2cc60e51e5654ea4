package pumpfun

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of the pump program that Weir reads.
type Kind uint8

// The instructions. Buy, BuyV2 and BuyV3 ask for exact tokens, the BuyExact ones spend an exact quote amount.
const (
	Other Kind = iota // known to the program, not read here
	CreateV1
	CreateV2
	Buy
	BuyExactSolIn
	Sell
	BuyV2
	BuyExactQuoteInV2
	SellV2
	BuyV3
	BuyExactQuoteInV3
	SellV3
	MultiHopCurveSwap // its accounts are not public: only its events can be read
	Migrate
	MigrateV2
	Withdraw // until 2025-03, liquidity left for Raydium
	ExtendAccount
	kinds
)

var names = [kinds]string{
	"other", "create", "create_v2", "buy", "buy_exact_sol_in", "sell", "buy_v2", "buy_exact_quote_in_v2", "sell_v2", "buy_v3",
	"buy_exact_quote_in_v3", "sell_v3", "multi_hop_curve_swap", "migrate", "migrate_v2", "withdraw", "extend_account",
}

var tags = [kinds]uint64{
	0, 0x181ec828051c0777, 0xd6904cec5f8b31b4, 0x66063d1201daebea, 0x38fc74089edfcd5f, 0x33e685a4017f83ad,
	0xb817ee6167c5d33d, 0xc2ab1c46684d5b2f, 0x5df6823ce7e940b2, 0x07051dc4f5176550, 0xe1f7501ed5b38488, 0x1c92de7726c469d5,
	0xe19a7516d756f667, 0x9beae792ec9ea21e, 0xbbcb121fceedfe29, 0xb712469c946da122, 0xea66c2cb96483ee5,
}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of the pump program: other programs use the
// same discriminators.
func KindOf(data []byte) Kind {
	switch dex.Tag(data) {
	case 0x181ec828051c0777:
		return CreateV1
	case 0xd6904cec5f8b31b4:
		return CreateV2
	case 0x66063d1201daebea:
		return Buy
	case 0x38fc74089edfcd5f:
		return BuyExactSolIn
	case 0x33e685a4017f83ad:
		return Sell
	case 0xb817ee6167c5d33d:
		return BuyV2
	case 0xc2ab1c46684d5b2f:
		return BuyExactQuoteInV2
	case 0x5df6823ce7e940b2:
		return SellV2
	case 0x07051dc4f5176550:
		return BuyV3
	case 0xe1f7501ed5b38488:
		return BuyExactQuoteInV3
	case 0x1c92de7726c469d5:
		return SellV3
	case 0xe19a7516d756f667:
		return MultiHopCurveSwap
	case 0x9beae792ec9ea21e:
		return Migrate
	case 0xbbcb121fceedfe29:
		return MigrateV2
	case 0xb712469c946da122:
		return Withdraw
	case 0xea66c2cb96483ee5:
		return ExtendAccount
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

// IsBuy tells of the kinds that buy.
func (k Kind) IsBuy() bool {
	return k == Buy || k == BuyV2 || k == BuyV3 || k.IsExactIn()
}

// IsSell tells of the kinds that sell.
func (k Kind) IsSell() bool { return k == Sell || k == SellV2 || k == SellV3 }

// IsExactIn tells of the buys that spend an exact quote amount.
func (k Kind) IsExactIn() bool {
	return k == BuyExactSolIn || k == BuyExactQuoteInV2 || k == BuyExactQuoteInV3
}

// IsCreate tells of the kinds that make a coin.
func (k Kind) IsCreate() bool { return k == CreateV1 || k == CreateV2 }

// Instruction holds the arguments of one instruction. Callers leave trailing arguments out and put stray bytes behind, so an
// argument that is not there is zero and Fields tells how many were.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is in tokens, or in quote units where the kind IsExactIn; Limit is the worst price that the user takes:
	// the most quote in, the fewest tokens out, or the least quote out.
	Amount, Limit uint64
	// TrackVolume exists on Buy and BuyExactSolIn, PartialFill on all buys.
	TrackVolume, PartialFill bool
	// Of the create kinds; the slices alias the input. Creator is missing in 2024, the rest exists on CreateV2 only.
	Name, Symbol, URI               []byte
	Creator                         dex.Key
	IsMayhemMode, IsCashbackEnabled bool
	CreatorFeeBps                   uint64
	IsHolderReward                  bool
}

// ParseInstruction reads an instruction's data, which begins with the discriminator. It fails with dex.ErrTag when it is none
// of the kinds, and with dex.ErrShort when an argument is cut that every version of the instruction has.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("pump instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	need := uint8(0)
	switch {
	case in.Kind.IsCreate():
		in.readCreate(&r)
		need = 3
	case in.Kind.IsBuy():
		in.Amount, in.Limit = r.Uint64(), r.Uint64()
		if in.Kind == Buy || in.Kind == BuyExactSolIn {
			in.TrackVolume = r.Bool()
		}
		in.PartialFill = r.Bool()
		need = 2
	case in.Kind.IsSell():
		in.Amount, in.Limit = r.Uint64(), r.Uint64()
		need = 2
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("pump %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

func (in *Instruction) readCreate(r *dex.Reader) {
	in.Name, in.Symbol, in.URI = r.Bytes(), r.Bytes(), r.Bytes()
	r.Key(&in.Creator)
	if in.Kind == CreateV2 {
		in.IsMayhemMode = r.Bool()
		in.IsCashbackEnabled = r.Bool()
		in.CreatorFeeBps = r.Uint64()
		in.IsHolderReward = r.Bool()
	}
}

// Append writes the instruction's data: the discriminator and the first in.Fields arguments, all of them for 0.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), in.Fields)
	switch {
	case in.Kind.IsCreate():
		w.Bytes(in.Name)
		w.Bytes(in.Symbol)
		w.Bytes(in.URI)
		w.Key(&in.Creator)
		if in.Kind == CreateV2 {
			w.Bool(in.IsMayhemMode)
			w.Bool(in.IsCashbackEnabled)
			w.Uint64(in.CreatorFeeBps)
			w.Bool(in.IsHolderReward)
		}
	case in.Kind.IsBuy():
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
		if in.Kind == Buy || in.Kind == BuyExactSolIn {
			w.Bool(in.TrackVolume)
		}
		w.Bool(in.PartialFill)
	case in.Kind.IsSell():
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
	}
	return w.Written()
}
