package dex

// QuoteRank orders the currencies that coins are priced in: USDC 3, USDT 2, SOL 1 (wrapped, or the zero key that pump writes),
// everything else 0. Other stable coins are among everything else: none of their mints is given by what Weir decodes by, and a wrong one
// would turn every pool of some coin around. The liquidity monitor and the dashboard keep the same order.
func QuoteRank(mint Key) int {
	switch mint {
	case USDC:
		return 3
	case USDT:
		return 2
	case WSOL, Key{}:
		return 1
	}
	return 0
}

// Quote tells which of a pool's two mints is the currency: the one of higher rank, the second when both rank alike. So a
// SOL/USDC pool prices SOL in USDC, and a pool of two unknown coins keeps the order that its creator chose.
func Quote(a, b Key) (quote Key, first bool) {
	if QuoteRank(a) > QuoteRank(b) {
		return a, true
	}
	return b, false
}
