package pumpfees

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/layout"
)

// FeeConfigAccount and SharingConfigAccount are the tables of the program's accounts.
var (
	FeeConfigAccount = layout.Account("FeeConfig", "bump u8, admin pubkey, flat_fees Fees, fee_tiers vec<FeeTier> / "+
		"stable_fee_tiers vec<FeeTier> / exotic_flat_fees Fees")
	SharingConfigAccount = layout.Account("SharingConfig", "bump u8, version u8, status ConfigStatus, mint pubkey, admin pubkey, "+
		"admin_revoked bool, shareholders vec<Shareholder>")
)

var (
	configFlat   = FeeConfigAccount.Index("flat_fees")
	configTiers  = FeeConfigAccount.Index("fee_tiers")
	configStable = FeeConfigAccount.Index("stable_fee_tiers")
	configExotic = FeeConfigAccount.Index("exotic_flat_fees")
)

// Rates are fees in 1/10,000 of a trade's leg.
type Rates struct{ LP, Protocol, Creator uint64 }

// Tiers are rates by market cap in wire form, ascending; they alias the account's data.
type Tiers []byte

const tierSize = 40

// Len returns how many there are.
func (t Tiers) Len() int { return len(t) / tierSize }

// At returns tier i: from which market cap on, in raw quote units, and its rates.
func (t Tiers) At(i int) (from dex.Uint128, r Rates) {
	b := t[i*tierSize:][:tierSize]
	from = dex.Uint128{Lo: binary.LittleEndian.Uint64(b), Hi: binary.LittleEndian.Uint64(b[8:])}
	return from, rates(b[16:])
}

// For returns the rates at a market cap: those of the last tier that begins at or below it, else of the first.
func (t Tiers) For(marketCap uint64) (Rates, bool) {
	if t.Len() == 0 {
		return Rates{}, false
	}
	_, best := t.At(0)
	for i := range t.Len() {
		from, r := t.At(i)
		if from.Hi != 0 || from.Lo > marketCap {
			break
		}
		best = r
	}
	return best, true
}

func rates(b []byte) Rates {
	if len(b) < 24 {
		return Rates{}
	}
	return Rates{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])}
}

// FeeConfig is the fee schedule of one program, pump or PumpSwap. What an older account does not have is empty.
type FeeConfig struct {
	dex.Extent
	Flat, Exotic  Rates // of pools that pump did not open; of coins in other quotes
	Tiers, Stable Tiers // by market cap in lamports; in units of the stable coin
}

// ParseFeeConfig reads an account's whole data. It fails with dex.ErrTag or dex.ErrShort.
func ParseFeeConfig(b []byte) (FeeConfig, error) {
	v, err := FeeConfigAccount.Parse(b)
	if err != nil {
		return FeeConfig{}, err
	}
	return FeeConfig{
		Extent: v.Extent, Flat: rates(v.Raw(configFlat)), Exotic: rates(v.Raw(configExotic)),
		Tiers: Tiers(v.Raw(configTiers)), Stable: Tiers(v.Raw(configStable)),
	}, nil
}
