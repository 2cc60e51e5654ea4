package lifecycle

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"slices"

	"github.com/weir-run/weir/sdk"
)

// wrappedSOL is the mint by which SOL is named.
const wrappedSOL = "So11111111111111111111111111111111111111112"

// Mints that tokens are quoted in and that are no launched tokens themselves.
var (
	solMint  = mustKey(wrappedSOL)
	usdcMint = mustKey("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")
	usdtMint = mustKey("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB")
)

// Programs that derive addresses: pump (6EF8r...) and PumpSwap (pAMMB...).
var (
	pumpProgram     = mustKey("6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P")
	pumpSwapProgram = mustKey("pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA")
)

func mustKey(s string) sdk.Key {
	k, err := sdk.ParseKey(s)
	if err != nil {
		panic(err)
	}
	return k
}

// canonical knows which PumpSwap pools are those that pump opens at migration. It is a cache of what can be worked out again at any time,
// so it is no part of the state.
type canonical struct{ pools map[sdk.Key]bool }

// maxCanonical bounds the cache. When there are more, all are worked out again.
const maxCanonical = 100_000

// is says whether a trade was in the pool that pump opens for its mint and quote mint: the one with index 0 of the pool authority that
// pump derives from the mint.
func (c *canonical) is(pool sdk.Key, t *sdk.Trade) bool {
	if t.GetVenue() != sdk.PumpSwap || !bytes.Equal(t.GetPoolBaseMint(), t.GetMint()) {
		return false
	}
	if yes, known := c.pools[pool]; known {
		return yes
	}
	if c.pools == nil || len(c.pools) >= maxCanonical {
		c.pools = map[sdk.Key]bool{}
	}
	authority := derive(pumpProgram, []byte("pool-authority"), t.GetMint())
	yes := pool == derive(pumpSwapProgram, []byte("pool"), []byte{0, 0}, authority[:], t.GetMint(), t.GetQuoteMint())
	c.pools[pool] = yes
	return yes
}

// derive is the address that a program owns for some seeds: the first hash, of bumps from 255 down, that is no point of ed25519, so that
// nobody can have a private key for it. It takes some 20 µs.
func derive(program sdk.Key, seeds ...[]byte) (key sdk.Key) {
	for bump := 255; bump >= 0; bump-- {
		h := sha256.New()
		for _, s := range seeds {
			h.Write(s)
		}
		h.Write([]byte{byte(bump)})
		h.Write(program[:])
		h.Write([]byte("ProgramDerivedAddress"))
		if h.Sum(key[:0]); !isPoint(key) {
			return key
		}
	}
	return sdk.Key{} // has a chance of 2^-256
}

// prime and edwards are p and d of ed25519: -x² + y² = 1 + d·x²·y² modulo p.
var (
	one     = big.NewInt(1)
	prime   = new(big.Int).Sub(new(big.Int).Lsh(one, 255), big.NewInt(19))
	edwards = func() *big.Int {
		d := new(big.Int).ModInverse(big.NewInt(121666), prime)
		return d.Mul(d, big.NewInt(-121665)).Mod(d, prime)
	}()
)

// isPoint says whether there is an x to the y that a key holds: whether (y² − 1) / (d·y² + 1) is a square.
func isPoint(k sdk.Key) bool {
	slices.Reverse(k[:])
	k[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(k[:])
	square := y.Mul(y, y).Mod(y, prime)
	below := new(big.Int).Mul(square, edwards)
	below.Add(below, one)
	x := square.Sub(square, one)
	x.Mul(x, below).Mod(x, prime)
	return x.Sign() == 0 || big.Jacobi(x, prime) == 1
}
