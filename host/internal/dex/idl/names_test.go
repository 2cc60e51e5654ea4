package idl

import (
	"encoding/hex"
	"testing"
)

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{
		"buy": "buy", "buyExactSolIn": "buy_exact_sol_in", "createV2": "create_v2", "swapV2ExactIn": "swap_v2_exact_in",
		"migrate_v2": "migrate_v2", "mintURI": "mint_uri", "lpMint": "lp_mint", "token0Mint": "token0_mint", "": "", "A": "a", "TradeEvent": "trade_event",
	} {
		if got := snake(in); got != want {
			t.Errorf("snake(%q) = %q, want %q", in, got, want)
		}
	}
}

// Discriminators of the chain.
func TestDiscriminator(t *testing.T) {
	for _, c := range []struct{ space, name, want string }{
		{"global", "buy", "66063d1201daebea"},
		{"global", "buy_exact_sol_in", "38fc74089edfcd5f"},
		{"event", "TradeEvent", "bddb7fd34ee661ee"},
		{"account", "BondingCurve", "17b7f83760d8ac60"},
	} {
		if got := hex.EncodeToString(discriminator(c.space, c.name)); got != c.want {
			t.Errorf("%s:%s is %s, want %s", c.space, c.name, got, c.want)
		}
	}
}
