package decode

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// routed is a transaction of a wallet whose program trades through the vault, once for each amount.
func routed(vault dex.Key, tokens ...uint64) []any {
	var does []any
	for _, n := range tokens {
		does = append(does, buyNode(coin, curve, vault, curveBuy(coin, vault, n, 200)))
	}
	return does
}

// An amount that a program splits over several trades is still the wallet's: what its account took is the sum.
func TestTraderOfASplitAmount(t *testing.T) {
	vault := key(60)
	tx := run([]dex.Key{wallet}, &node{program: router, does: routed(vault, 5_000_000, 3_000_000)})
	holds(tx, key(62), coin, wallet, 6, 40, 8_000_040)
	for _, trade := range trades(New(Options{}).Decode(tx)) {
		expectKey(t, "trader", trade.Trader, wallet)
		expectKey(t, "venue user", trade.VenueUser, vault)
	}
}

// Two wallets may trade through the same program's account: an instruction's trades are of the wallet that it alone fits.
func TestTradersOfOneProgram(t *testing.T) {
	vault, second := key(60), key(61)
	traders := func(last uint64) []*eventv1.Trade {
		tx := run([]dex.Key{wallet, second},
			&node{program: router, does: routed(vault, 5_000_000, 3_000_000)},
			&node{program: router, does: routed(vault, 7_000_000, last)})
		holds(tx, key(62), coin, wallet, 6, 0, 8_000_000)
		holds(tx, key(63), coin, second, 6, 0, 7_000_000+last)
		return trades(New(Options{}).Decode(tx))
	}
	for i, trade := range traders(2_000_000) {
		expectKey(t, "trader", trade.Trader, [4]dex.Key{wallet, wallet, second, second}[i])
	}
	for _, trade := range traders(1_000_000) { // the same sum
		expectKey(t, "trader in doubt", trade.Trader, vault)
		expect(t, "venue user in doubt", len(trade.VenueUser), 0)
	}
}

// A hop in the middle of a route moves nothing of the wallet's own: it is of the wallet of the other hops.
func TestTraderOfAMiddleHop(t *testing.T) {
	vault, middle := key(60), key(64)
	does := append(routed(vault, 5_000_000), buyNode(middle, key(65), vault, curveBuy(middle, vault, 9_000_000, 300)))
	tx := run([]dex.Key{wallet}, &node{program: router, does: does})
	holds(tx, key(62), coin, wallet, 6, 0, 5_000_000)
	got := trades(New(Options{}).Decode(tx))
	expect(t, "trades", len(got), 2)
	for _, trade := range got {
		expectKey(t, "trader", trade.Trader, wallet)
	}
	// Another program's account below the same instruction proves nothing.
	other := key(66)
	does = append(routed(vault, 5_000_000), buyNode(middle, key(65), other, curveBuy(middle, other, 9_000_000, 300)))
	tx = run([]dex.Key{wallet}, &node{program: router, does: does})
	holds(tx, key(62), coin, wallet, 6, 0, 5_000_000)
	expectKey(t, "trader of another account", trades(New(Options{}).Decode(tx))[1].Trader, other)
}
