package launchlab

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layouts of PoolCreateEvent by the number of fields, for Extent.Fields; the fields of the curve count as 5, whatever its kind.
const (
	PoolCreateOldest = 15
	PoolCreateNewest = 16 // on what AMM creator fees are taken
)

// Kinds of a curve.
const (
	CurveConstant = 0 // constant product
	CurveFixed    = 1 // one price
	CurveLinear   = 2
)

// Where a curve's liquidity goes when it is sold out.
const (
	MigrateToAmm    = 0 // AMM v4
	MigrateToCpswap = 1 // CPMM
)

// MintParams describe the new coin.
type MintParams struct {
	Decimals          uint8
	Name, Symbol, URI []byte // alias the input; UTF-8 is not certain
}

// CurveParams describe the curve. TotalBaseSell is of the constant one only.
type CurveParams struct {
	Curve                 uint8
	Supply, TotalBaseSell uint64
	TotalQuoteFundRaising uint64
	MigrateType           uint8
}

// VestingParams describe what of the supply is locked.
type VestingParams struct{ TotalLockedAmount, CliffPeriod, UnlockPeriod uint64 }

// PoolCreateEvent tells of a new coin and its curve. It names no mint.
type PoolCreateEvent struct {
	dex.Extent
	PoolState, Creator, Config dex.Key
	Mint                       MintParams
	Curve                      CurveParams
	Vesting                    VestingParams
	AmmFeeOn                   uint8
}

func (p *MintParams) read(r *dex.Reader) {
	p.Decimals = r.Uint8()
	p.Name = r.Bytes()
	p.Symbol = r.Bytes()
	p.URI = r.Bytes()
}

func (p *MintParams) write(w *dex.Writer) {
	w.Uint8(p.Decimals)
	w.Bytes(p.Name)
	w.Bytes(p.Symbol)
	w.Bytes(p.URI)
}

// read takes a curve. Kinds that are not known have no known length: it is false for them.
func (p *CurveParams) read(r *dex.Reader) bool {
	p.Curve = r.Uint8()
	p.Supply = r.Uint64()
	if p.Curve == CurveConstant {
		p.TotalBaseSell = r.Uint64()
	}
	p.TotalQuoteFundRaising = r.Uint64()
	p.MigrateType = r.Uint8()
	return p.Curve <= CurveLinear
}

func (p *CurveParams) write(w *dex.Writer) {
	w.Uint8(p.Curve)
	w.Uint64(p.Supply)
	if p.Curve == CurveConstant {
		w.Uint64(p.TotalBaseSell)
	}
	w.Uint64(p.TotalQuoteFundRaising)
	w.Uint8(p.MigrateType)
}

func (p *VestingParams) read(r *dex.Reader) {
	p.TotalLockedAmount = r.Uint64()
	p.CliffPeriod = r.Uint64()
	p.UnlockPeriod = r.Uint64()
}

func (p *VestingParams) write(w *dex.Writer) {
	w.Uint64(p.TotalLockedAmount)
	w.Uint64(p.CliffPeriod)
	w.Uint64(p.UnlockPeriod)
}

// missing is how many of the 5 fields a curve does not have.
func (p *CurveParams) missing() uint8 {
	if p.Curve == CurveConstant {
		return 0
	}
	return 1
}

// ParsePoolCreateEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParsePoolCreateEvent(b []byte) (PoolCreateEvent, error) {
	var e PoolCreateEvent
	if dex.Tag(b) != TagPoolCreate {
		return e, fmt.Errorf("launchlab pool create event: %w", dex.ErrTag)
	}
	r := dex.NewReader(b[8:])
	r.Key(&e.PoolState)
	r.Key(&e.Creator)
	r.Key(&e.Config)
	e.Mint.read(&r)
	known := e.Curve.read(&r)
	e.Vesting.read(&r)
	e.AmmFeeOn = r.Uint8()
	e.Extent = r.Extent()
	e.Fields += e.Curve.missing()
	if !known || !e.Has(PoolCreateOldest) {
		return e, fmt.Errorf("launchlab pool create event: %w", dex.ErrShort)
	}
	return e, nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *PoolCreateEvent) Append(dst []byte) []byte {
	fields := e.Fields
	if fields > 0 {
		fields -= e.Curve.missing()
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagPoolCreate), fields)
	w.Key(&e.PoolState)
	w.Key(&e.Creator)
	w.Key(&e.Config)
	e.Mint.write(&w)
	e.Curve.write(&w)
	e.Vesting.write(&w)
	w.Uint8(e.AmmFeeOn)
	return w.Written()
}
