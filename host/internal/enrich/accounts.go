package enrich

import (
	"strings"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/spl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// account is what a node says of one; owner is zero when there is none. data may be cut.
type account struct {
	owner dex.Key
	data  []byte
}

// maxText bounds a name, symbol or address of metadata, in bytes; Metaplex allows 200.
const maxText = 1 << 10

// readToken makes metadata of a mint's account and of its Metaplex account, where it has one. It is false when the first is no mint.
func readToken(mint dex.Key, base, metaplex account) (*eventv1.TokenMetadata, bool) {
	if base.owner != dex.SPLToken && base.owner != dex.Token2022 {
		return nil, false
	}
	state, ok := spl.ParseMint(base.data)
	if !ok || !state.Initialized {
		return nil, false
	}
	m := &eventv1.TokenMetadata{
		Mint: mint[:], TokenProgram: base.owner[:], Decimals: new(uint32(state.Decimals)), Supply: new(state.Supply),
		MintAuthority: orAbsent(state.Authority), FreezeAuthority: orAbsent(state.FreezeAuthority),
	}
	if base.owner == dex.Token2022 {
		named, ok := spl.ParseTokenMetadata(spl.Extension(base.data, spl.ExtTokenMetadata))
		if ok && named.Mint == mint {
			return name(m, named, eventv1.MetadataSource_METADATA_SOURCE_EXTENSION), true
		}
	}
	if metaplex.owner == dex.Metaplex {
		if named, ok := spl.ParseMetaplex(metaplex.data); ok && named.Mint == mint {
			return name(m, named, eventv1.MetadataSource_METADATA_SOURCE_METAPLEX), true
		}
	}
	return m, true
}

// readCurve makes a pump curve's state of its account; nil where that is none.
func readCurve(key dex.Key, a account) *eventv1.CurveState {
	if a.owner != dex.Pump {
		return nil
	}
	c, err := pumpfun.ParseBondingCurve(a.data)
	if err != nil {
		return nil
	}
	quote := dex.WSOL
	if !c.QuoteMint.IsZero() {
		quote = c.QuoteMint
	}
	return &eventv1.CurveState{
		Venue: eventv1.Venue_VENUE_PUMP, Curve: key[:], Creator: orAbsent(c.Creator), QuoteMint: quote[:], Complete: c.Complete,
		Mayhem: c.IsMayhemMode, Cashback: c.IsCashbackCoin, HolderReward: c.IsHolderReward,
		Reserves: &eventv1.Reserves{Base: &c.RealTokenReserves, Quote: &c.RealQuoteReserves, PriceBase: &c.VirtualTokenReserves, PriceQuote: &c.VirtualQuoteReserves},
	}
}

func name(m *eventv1.TokenMetadata, from spl.Metadata, source eventv1.MetadataSource) *eventv1.TokenMetadata {
	m.Name, m.Symbol, m.Uri, m.Source = plain(from.Name), plain(from.Symbol), plain(from.URI), source
	m.UpdateAuthority = orAbsent(from.UpdateAuthority)
	return m
}

// plain is UTF-8 of bounded length.
func plain(b []byte) string { return strings.ToValidUTF8(string(b[:min(len(b), maxText)]), "\uFFFD") }

func orAbsent(k dex.Key) []byte {
	if k.IsZero() {
		return nil
	}
	return k[:]
}
