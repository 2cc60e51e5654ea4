package pumpfun

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layouts of the events around completion by the number of fields, for Extent.Fields.
const (
	CompleteOldest        = 4  // 112 bytes
	CompleteNewest        = 5  // 2026-05: quote coin, 144
	MigrationOldest       = 8  // 168 bytes
	MigrationNewest       = 9  // 2026-05: quote coin, 200
	PostCompleteBuyNewest = 16 // 232 bytes, its only layout
)

// CompleteEvent tells that a buy emptied the curve. It follows that buy's TradeEvent.
type CompleteEvent struct {
	dex.Extent
	User, Mint, BondingCurve dex.Key
	Timestamp                int64   // block time, Unix seconds
	QuoteMint                dex.Key // zero: SOL
}

// ParseCompleteEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseCompleteEvent(b []byte) (CompleteEvent, error) {
	var e CompleteEvent
	if dex.Tag(b) != TagComplete {
		return e, fmt.Errorf("complete event: %w", dex.ErrTag)
	}
	r := dex.NewReader(b[8:])
	r.Key(&e.User)
	r.Key(&e.Mint)
	r.Key(&e.BondingCurve)
	e.Timestamp = r.Int64()
	r.Key(&e.QuoteMint)
	e.Extent = r.Extent()
	if !e.Has(CompleteOldest) {
		return e, fmt.Errorf("complete event: %w", dex.ErrShort)
	}
	return e, nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *CompleteEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagComplete), e.Fields)
	w.Key(&e.User)
	w.Key(&e.Mint)
	w.Key(&e.BondingCurve)
	w.Int64(e.Timestamp)
	w.Key(&e.QuoteMint)
	return w.Written()
}

// CompletePumpAmmMigrationEvent tells that a completed curve's liquidity went into a PumpSwap pool.
type CompletePumpAmmMigrationEvent struct {
	dex.Extent
	User, Mint dex.Key
	// SolAmount is what entered the pool in the quote coin, whichever that is.
	MintAmount, SolAmount, PoolMigrationFee uint64
	BondingCurve                            dex.Key
	Timestamp                               int64 // block time, Unix seconds
	Pool                                    dex.Key
	QuoteMint                               dex.Key // zero: SOL
}

// ParseCompletePumpAmmMigrationEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or
// dex.ErrShort.
func ParseCompletePumpAmmMigrationEvent(b []byte) (CompletePumpAmmMigrationEvent, error) {
	var e CompletePumpAmmMigrationEvent
	if dex.Tag(b) != TagMigration {
		return e, fmt.Errorf("migration event: %w", dex.ErrTag)
	}
	r := dex.NewReader(b[8:])
	r.Key(&e.User)
	r.Key(&e.Mint)
	e.MintAmount = r.Uint64()
	e.SolAmount = r.Uint64()
	e.PoolMigrationFee = r.Uint64()
	r.Key(&e.BondingCurve)
	e.Timestamp = r.Int64()
	r.Key(&e.Pool)
	r.Key(&e.QuoteMint)
	e.Extent = r.Extent()
	if !e.Has(MigrationOldest) {
		return e, fmt.Errorf("migration event: %w", dex.ErrShort)
	}
	return e, nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *CompletePumpAmmMigrationEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagMigration), e.Fields)
	w.Key(&e.User)
	w.Key(&e.Mint)
	w.Uint64(e.MintAmount)
	w.Uint64(e.SolAmount)
	w.Uint64(e.PoolMigrationFee)
	w.Key(&e.BondingCurve)
	w.Int64(e.Timestamp)
	w.Key(&e.Pool)
	w.Key(&e.QuoteMint)
	return w.Written()
}

// PostCompleteBuyEvent is the part of a completing buy that went past the end of the curve, into the reserves with which the
// pool will open. The buyer's total is this and the TradeEvent before it.
type PostCompleteBuyEvent struct {
	dex.Extent
	User, Mint, BondingCurve                        dex.Key
	QuoteMint                                       dex.Key // zero: SOL
	Timestamp                                       int64   // block time, Unix seconds
	BaseOut, QuoteIn                                uint64  // without fees
	FeeBasisPoints, Fee                             uint64
	CreatorFeeBasisPoints, CreatorFee               uint64
	BuybackFee                                      uint64 // part of Fee
	PoolBaseReservesBefore, PoolQuoteReservesBefore uint64
	PoolBaseReservesAfter, PoolQuoteReservesAfter   uint64
}

// ParsePostCompleteBuyEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParsePostCompleteBuyEvent(b []byte) (PostCompleteBuyEvent, error) {
	var e PostCompleteBuyEvent
	if dex.Tag(b) != TagPostCompleteBuy {
		return e, fmt.Errorf("post-complete buy event: %w", dex.ErrTag)
	}
	r := dex.NewReader(b[8:])
	r.Key(&e.User)
	r.Key(&e.Mint)
	r.Key(&e.BondingCurve)
	r.Key(&e.QuoteMint)
	e.Timestamp = r.Int64()
	e.BaseOut = r.Uint64()
	e.QuoteIn = r.Uint64()
	e.FeeBasisPoints = r.Uint64()
	e.Fee = r.Uint64()
	e.CreatorFeeBasisPoints = r.Uint64()
	e.CreatorFee = r.Uint64()
	e.BuybackFee = r.Uint64()
	e.PoolBaseReservesBefore = r.Uint64()
	e.PoolQuoteReservesBefore = r.Uint64()
	e.PoolBaseReservesAfter = r.Uint64()
	e.PoolQuoteReservesAfter = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(PostCompleteBuyNewest) {
		return e, fmt.Errorf("post-complete buy event: %w", dex.ErrShort)
	}
	return e, nil
}

// Append writes the event with its discriminator.
func (e *PostCompleteBuyEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagPostCompleteBuy), e.Fields)
	w.Key(&e.User)
	w.Key(&e.Mint)
	w.Key(&e.BondingCurve)
	w.Key(&e.QuoteMint)
	w.Int64(e.Timestamp)
	w.Uint64(e.BaseOut)
	w.Uint64(e.QuoteIn)
	w.Uint64(e.FeeBasisPoints)
	w.Uint64(e.Fee)
	w.Uint64(e.CreatorFeeBasisPoints)
	w.Uint64(e.CreatorFee)
	w.Uint64(e.BuybackFee)
	w.Uint64(e.PoolBaseReservesBefore)
	w.Uint64(e.PoolQuoteReservesBefore)
	w.Uint64(e.PoolBaseReservesAfter)
	w.Uint64(e.PoolQuoteReservesAfter)
	return w.Written()
}
