package raydium

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// AmmInfoSize is the length of a pool account of AMM v4. It has no discriminator: owner and length tell it.
const AmmInfoSize = 752

// AmmInfo is the account of a pool of AMM v4. The reserves of its price are the balances of the two vaults less what the protocol
// may take of them (NeedTakePnl…).
type AmmInfo struct {
	Status                                 uint64
	CoinDecimals, PcDecimals               uint64
	SwapFeeNumerator, SwapFeeDenominator   uint64
	NeedTakePnlCoin, NeedTakePnlPc         uint64
	PoolOpenTime                           uint64 // Unix seconds
	CoinVault, PcVault, CoinMint, PcMint   dex.Key
	LPMint, OpenOrders, Market, MarketProg dex.Key
	Owner                                  dex.Key
	LPAmount                               uint64 // LP tokens minted
}

// ParseAmmInfo reads an account's whole data. It fails with dex.ErrShort when the length is another one.
func ParseAmmInfo(b []byte) (AmmInfo, error) {
	if len(b) != AmmInfoSize {
		return AmmInfo{}, fmt.Errorf("AMM v4 pool: %w", dex.ErrShort)
	}
	n := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	return AmmInfo{
		Status: n(0), CoinDecimals: n(32), PcDecimals: n(40), SwapFeeNumerator: n(176), SwapFeeDenominator: n(184),
		NeedTakePnlCoin: n(192), NeedTakePnlPc: n(200), PoolOpenTime: n(224),
		CoinVault: dex.KeyAt(b[336:]), PcVault: dex.KeyAt(b[368:]), CoinMint: dex.KeyAt(b[400:]), PcMint: dex.KeyAt(b[432:]),
		LPMint: dex.KeyAt(b[464:]), OpenOrders: dex.KeyAt(b[496:]), Market: dex.KeyAt(b[528:]), MarketProg: dex.KeyAt(b[560:]),
		Owner: dex.KeyAt(b[688:]), LPAmount: n(720),
	}, nil
}

// Reserves returns the reserves of the price formula, of what the vaults hold. It is false when more is owed than is there.
func (a *AmmInfo) Reserves(coinVault, pcVault uint64) (PoolReserves, bool) {
	r := PoolReserves{Coin: coinVault - a.NeedTakePnlCoin, Pc: pcVault - a.NeedTakePnlPc, LPSupply: a.LPAmount}
	return r, coinVault >= a.NeedTakePnlCoin && pcVault >= a.NeedTakePnlPc
}
