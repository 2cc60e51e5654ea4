package pumpfun

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// TagBondingCurve begins the data of a bonding curve account, as dex.Tag reads it.
const TagBondingCurve = 0x17b7f83760d8ac60

// Layouts of BondingCurve by the number of fields, for Extent.Fields. Accounts are often allocated longer than their layout;
// the rest is zero and reads as fields of the next one.
const (
	CurveOldest  = 6  // 49 bytes
	CurveCreator = 7  // 2025-05, 81
	CurveQuote   = 10 // 2026-05: mayhem, cashback, quote coin, 115
	CurveEdit    = 12 // 124
	CurveHolders = 13 // 2026-09, 125
	CurveNewest  = 19 // 2026-10: fees kept, 166
)

// BondingCurve is the account of a coin's curve. It does not name its coin. Once the coin has migrated, Complete stays true and
// the reserves are 0.
type BondingCurve struct {
	dex.Extent
	VirtualTokenReserves, VirtualQuoteReserves uint64
	RealTokenReserves, RealQuoteReserves       uint64
	TokenTotalSupply                           uint64
	Complete                                   bool
	Creator                                    dex.Key
	IsMayhemMode, IsCashbackCoin               bool
	QuoteMint                                  dex.Key // zero: SOL
	CreatorFeeBps                              uint64
	CanEditCreatorFee, IsHolderReward          bool
	CreatorFee, ProtocolFees                   uint64 // kept on the curve until they are swept, in quote units
	Depth                                      uint8  // see CreateEvent
	InitialVirtualQuoteReserves                uint64
	PostCompleteBaseOut, PostCompleteQuoteIn   uint64
}

// ParseBondingCurve reads an account's whole data. It fails with dex.ErrTag or dex.ErrShort.
func ParseBondingCurve(b []byte) (BondingCurve, error) {
	var c BondingCurve
	if dex.Tag(b) != TagBondingCurve {
		return c, fmt.Errorf("bonding curve: %w", dex.ErrTag)
	}
	r := dex.NewReader(b[8:])
	c.VirtualTokenReserves = r.Uint64()
	c.VirtualQuoteReserves = r.Uint64()
	c.RealTokenReserves = r.Uint64()
	c.RealQuoteReserves = r.Uint64()
	c.TokenTotalSupply = r.Uint64()
	c.Complete = r.Bool()
	r.Key(&c.Creator)
	c.IsMayhemMode = r.Bool()
	c.IsCashbackCoin = r.Bool()
	r.Key(&c.QuoteMint)
	c.CreatorFeeBps = r.Uint64()
	c.CanEditCreatorFee = r.Bool()
	c.IsHolderReward = r.Bool()
	c.CreatorFee = r.Uint64()
	c.ProtocolFees = r.Uint64()
	c.Depth = r.Uint8()
	c.InitialVirtualQuoteReserves = r.Uint64()
	c.PostCompleteBaseOut = r.Uint64()
	c.PostCompleteQuoteIn = r.Uint64()
	c.Extent = r.Extent()
	if !c.Has(CurveOldest) {
		return c, fmt.Errorf("bonding curve: %w", dex.ErrShort)
	}
	return c, nil
}

// Append writes the account's data in the layout that c.Fields names; 0 is the newest.
func (c *BondingCurve) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagBondingCurve), c.Fields)
	w.Uint64(c.VirtualTokenReserves)
	w.Uint64(c.VirtualQuoteReserves)
	w.Uint64(c.RealTokenReserves)
	w.Uint64(c.RealQuoteReserves)
	w.Uint64(c.TokenTotalSupply)
	w.Bool(c.Complete)
	w.Key(&c.Creator)
	w.Bool(c.IsMayhemMode)
	w.Bool(c.IsCashbackCoin)
	w.Key(&c.QuoteMint)
	w.Uint64(c.CreatorFeeBps)
	w.Bool(c.CanEditCreatorFee)
	w.Bool(c.IsHolderReward)
	w.Uint64(c.CreatorFee)
	w.Uint64(c.ProtocolFees)
	w.Uint8(c.Depth)
	w.Uint64(c.InitialVirtualQuoteReserves)
	w.Uint64(c.PostCompleteBaseOut)
	w.Uint64(c.PostCompleteQuoteIn)
	return w.Written()
}

// Curve returns the reserves for the arithmetic of a curve.
func (c *BondingCurve) Curve() Curve {
	return Curve{c.VirtualTokenReserves, c.VirtualQuoteReserves, c.RealTokenReserves, c.RealQuoteReserves}
}
