package e2e_test

// elsewhere are the kinds of outputs that expectation says nothing of, each with the test that compares them. A kind that stands neither
// in expectation nor here fails every test of the chain, so a monitor cannot say what nobody checks. Whatever its kind, an output must
// come once and in its place (inOrder, tally).
var elsewhere = map[string]string{
	"emitted":               "TestTraps",
	"candle":                "TestTradingFigures, TestCandlesSurviveKills",
	"window":                "TestTradingFigures",
	"sandwich":              "TestInjectedPatterns, TestNoSandwichInTheCorpus",
	"sandwich_attempt":      "TestInjectedPatterns, TestNoSandwichInTheCorpus",
	"back_run":              "TestInjectedPatterns",
	"arbitrage":             "TestInjectedPatterns",
	"bundle":                "TestInjectedPatterns",
	"whale":                 "TestInjectedPatterns",
	"sniper":                "TestInjectedPatterns",
	"wash":                  "TestInjectedPatterns",
	"bundled_launch":        "TestInjectedPatterns",
	"copy_trade":            "TestInjectedPatterns",
	"creator_dump":          "TestInjectedPatterns",
	"lp_position":           "TestLiquidityFigures",
	"fees_swept":            "TestSweptFees of plugins/liquidity: the simulator sweeps none",
	"pool_depth":            "TestLiquidityFigures",
	"pool_period":           "TestLiquidityFigures",
	"pool_drained":          "TestLiquidityFigures, TestRugsAreFound",
	"token_found":           "TestLifecycleOfTheCorpus",
	"token_milestone":       "TestLifecycleFigures",
	"token_near_graduation": "TestLifecycleFigures",
	"token_abandoned":       "TestLifecycleFigures",
	"token_revived":         "TestLifecycleFigures",
	"token_state":           "TestLifecycleFigures",
}

// compared counts the outputs that expectation knows.
func compared(events []event) (n int) {
	for _, e := range events {
		if elsewhere[e.Kind] == "" {
			n++
		}
	}
	return n
}
