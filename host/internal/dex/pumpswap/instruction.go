package pumpswap

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Kind names an instruction of PumpSwap that Weir reads.
type Kind uint8

// The instructions. Buy and BuyV2 ask for an exact base amount, the BuyExact ones spend an exact quote amount.
const (
	Other Kind = iota // known to the program, not read here
	CreatePool
	Buy
	BuyExactQuoteIn
	Sell
	BuyV2
	BuyExactQuoteInV2
	SellV2
	MultiHopSwap
	Deposit
	Withdraw
	BoostBuyAndBurn
	kinds
)

var names = [kinds]string{
	"other", "create_pool", "buy", "buy_exact_quote_in", "sell", "buy_v2", "buy_exact_quote_in_v2", "sell_v2", "multi_hop_swap",
	"deposit", "withdraw", "boost_buy_and_burn",
}

var tags = [kinds]uint64{
	0, 0xe992d18ecf6840bc, 0x66063d1201daebea, 0xc62e1552b4d9e870, 0x33e685a4017f83ad, 0xb817ee6167c5d33d,
	0xc2ab1c46684d5b2f, 0x5df6823ce7e940b2, 0x2b644913e9f66f94, 0xf223c68952e1f2b6, 0xb712469c946da122, 0x694406af000723a2,
}

// KindOf tells the instruction by the first 8 bytes of its data. The data must be of PumpSwap: other programs use the same
// discriminators.
func KindOf(data []byte) Kind {
	switch dex.Tag(data) {
	case 0xe992d18ecf6840bc:
		return CreatePool
	case 0x66063d1201daebea:
		return Buy
	case 0xc62e1552b4d9e870:
		return BuyExactQuoteIn
	case 0x33e685a4017f83ad:
		return Sell
	case 0xb817ee6167c5d33d:
		return BuyV2
	case 0xc2ab1c46684d5b2f:
		return BuyExactQuoteInV2
	case 0x5df6823ce7e940b2:
		return SellV2
	case 0x2b644913e9f66f94:
		return MultiHopSwap
	case 0xf223c68952e1f2b6:
		return Deposit
	case 0xb712469c946da122:
		return Withdraw
	case 0x694406af000723a2:
		return BoostBuyAndBurn
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

// IsBuy tells of the kinds that buy. MultiHopSwap is neither: its events say which way it goes.
func (k Kind) IsBuy() bool {
	return k == Buy || k == BuyExactQuoteIn || k == BuyV2 || k == BuyExactQuoteInV2
}

// IsSell tells of the kinds that sell.
func (k Kind) IsSell() bool { return k == Sell || k == SellV2 }

// IsExactIn tells of the buys that spend an exact quote amount.
func (k Kind) IsExactIn() bool { return k == BuyExactQuoteIn || k == BuyExactQuoteInV2 }

// Instruction holds the arguments of one instruction. Callers leave trailing arguments out and put stray bytes behind, so an
// argument that is not there is zero and Fields tells how many were.
type Instruction struct {
	dex.Extent
	Kind Kind
	// Amount is in base units, or in quote units where the kind IsExactIn, or in units of the first coin on MultiHopSwap;
	// Limit is the worst price that the user takes. Both are unused on the kinds below.
	Amount, Limit uint64
	// TrackVolume exists on Buy and BuyExactQuoteIn.
	TrackVolume bool
	// LP is the LP amount of Deposit and Withdraw; Base and Quote are its limits, or the amounts that CreatePool puts in.
	LP, Base, Quote uint64
	// Of CreatePool.
	Index                             uint16
	CoinCreator                       dex.Key
	IsMayhemMode, IsCashbackCoin      bool
	CreatorFeeBps                     uint64
	CanEditCreatorFee, IsHolderReward bool
}

// ParseInstruction reads an instruction's data, which begins with the discriminator. It fails with dex.ErrTag when it is none
// of the kinds, and with dex.ErrShort when an argument is cut that every version of the instruction has.
func ParseInstruction(data []byte) (Instruction, error) {
	in := Instruction{Kind: KindOf(data)}
	if in.Kind == Other {
		return in, fmt.Errorf("PumpSwap instruction: %w", dex.ErrTag)
	}
	r := dex.NewReader(data[8:])
	need := uint8(2)
	switch in.Kind {
	case CreatePool:
		in.readCreate(&r)
		need = 3
	case Deposit, Withdraw:
		in.LP, in.Base, in.Quote = r.Uint64(), r.Uint64(), r.Uint64()
		need = 3
	case Buy, BuyExactQuoteIn:
		in.Amount, in.Limit, in.TrackVolume = r.Uint64(), r.Uint64(), r.Bool()
	default:
		in.Amount, in.Limit = r.Uint64(), r.Uint64()
	}
	in.Extent = r.Extent()
	if !in.Has(need) {
		return in, fmt.Errorf("PumpSwap %s instruction: %w", in.Kind, dex.ErrShort)
	}
	return in, nil
}

func (in *Instruction) readCreate(r *dex.Reader) {
	in.Index, in.Base, in.Quote = r.Uint16(), r.Uint64(), r.Uint64()
	r.Key(&in.CoinCreator)
	in.IsMayhemMode = r.Bool()
	in.IsCashbackCoin = r.Bool()
	in.CreatorFeeBps = r.Uint64()
	in.CanEditCreatorFee = r.Bool()
	in.IsHolderReward = r.Bool()
}

// Append writes the instruction's data: the discriminator and the first in.Fields arguments, all of them for 0.
func (in *Instruction) Append(dst []byte) []byte {
	if in.Kind >= kinds {
		return dst
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tags[in.Kind]), in.Fields)
	switch in.Kind {
	case CreatePool:
		w.Uint16(in.Index)
		w.Uint64(in.Base)
		w.Uint64(in.Quote)
		w.Key(&in.CoinCreator)
		w.Bool(in.IsMayhemMode)
		w.Bool(in.IsCashbackCoin)
		w.Uint64(in.CreatorFeeBps)
		w.Bool(in.CanEditCreatorFee)
		w.Bool(in.IsHolderReward)
	case Deposit, Withdraw:
		w.Uint64(in.LP)
		w.Uint64(in.Base)
		w.Uint64(in.Quote)
	default:
		w.Uint64(in.Amount)
		w.Uint64(in.Limit)
		if in.Kind == Buy || in.Kind == BuyExactQuoteIn {
			w.Bool(in.TrackVolume)
		}
	}
	return w.Written()
}
