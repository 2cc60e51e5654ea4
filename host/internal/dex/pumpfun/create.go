package pumpfun

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layouts of CreateEvent by the number of fields, for Extent.Fields.
const (
	CreateOldest   = 6  // 2024, 116 + n bytes
	CreateCreator  = 8  // 2025-04: creator and time, 156 + n
	CreateReserves = 12 // 2025-05: start reserves, 188 + n
	CreateMayhem   = 14 // 2025-11: token program, 221 + n
	CreateBack     = 15 // 2026-02: cashback, 222 + n
	CreateQuote    = 17 // 2026-05: quote coin, 262 + n
	CreateHolders  = 19 // 2026-09: creator fee, holder reward, 271 + n
	CreateNewest   = 20 // 2026-10: depth, 272 + n
)

// CreateEvent tells of a new coin and its curve.
type CreateEvent struct {
	dex.Extent
	Name, Symbol, URI                        []byte // alias the input; UTF-8 is not certain
	Mint, BondingCurve                       dex.Key
	User                                     dex.Key // signed
	Creator                                  dex.Key // owns the creator fee; zero in the oldest layout
	Timestamp                                int64   // block time, Unix seconds
	VirtualTokenReserves, VirtualSolReserves uint64
	RealTokenReserves, TokenTotalSupply      uint64
	TokenProgram                             dex.Key
	IsMayhemMode, IsCashbackEnabled          bool
	QuoteMint                                dex.Key // zero: SOL
	VirtualQuoteReserves                     uint64  // at the start
	CreatorFeeBps                            uint64
	IsHolderReward                           bool
	Depth                                    uint8 // 0: quoted in SOL, a stable or listed coin; n: in a coin of depth n-1
}

// ParseCreateEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseCreateEvent(b []byte) (CreateEvent, error) {
	var e CreateEvent
	if dex.Tag(b) != TagCreate {
		return e, fmt.Errorf("create event: %w", dex.ErrTag)
	}
	r := dex.NewReader(b[8:])
	e.Name = r.Bytes()
	e.Symbol = r.Bytes()
	e.URI = r.Bytes()
	r.Key(&e.Mint)
	r.Key(&e.BondingCurve)
	r.Key(&e.User)
	r.Key(&e.Creator)
	e.Timestamp = r.Int64()
	e.VirtualTokenReserves = r.Uint64()
	e.VirtualSolReserves = r.Uint64()
	e.RealTokenReserves = r.Uint64()
	e.TokenTotalSupply = r.Uint64()
	r.Key(&e.TokenProgram)
	e.IsMayhemMode = r.Bool()
	e.IsCashbackEnabled = r.Bool()
	r.Key(&e.QuoteMint)
	e.VirtualQuoteReserves = r.Uint64()
	e.CreatorFeeBps = r.Uint64()
	e.IsHolderReward = r.Bool()
	e.Depth = r.Uint8()
	e.Extent = r.Extent()
	if !e.Has(CreateOldest) {
		return e, fmt.Errorf("create event: %w", dex.ErrShort)
	}
	return e, nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *CreateEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagCreate), e.Fields)
	w.Bytes(e.Name)
	w.Bytes(e.Symbol)
	w.Bytes(e.URI)
	w.Key(&e.Mint)
	w.Key(&e.BondingCurve)
	w.Key(&e.User)
	w.Key(&e.Creator)
	w.Int64(e.Timestamp)
	w.Uint64(e.VirtualTokenReserves)
	w.Uint64(e.VirtualSolReserves)
	w.Uint64(e.RealTokenReserves)
	w.Uint64(e.TokenTotalSupply)
	w.Key(&e.TokenProgram)
	w.Bool(e.IsMayhemMode)
	w.Bool(e.IsCashbackEnabled)
	w.Key(&e.QuoteMint)
	w.Uint64(e.VirtualQuoteReserves)
	w.Uint64(e.CreatorFeeBps)
	w.Bool(e.IsHolderReward)
	w.Uint8(e.Depth)
	return w.Written()
}
