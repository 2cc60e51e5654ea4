package pumpswap

// FlatRates are those of pools that pump did not open.
var FlatRates = Rates{LP: 25, Protocol: 5}

// tier holds where a fee tier begins, in whole SOL and whole dollars of market cap, and the creator's rate.
type tier struct{ sol, stable, creator uint64 }

// tiers are those of the chain's FeeConfig in September 2026. The first takes 2 for LP and 93 for the protocol, all others 20
// and 5. Events carry the rates that were taken: these are for generated traffic.
var tiers = [...]tier{
	{0, 0, 30},
	{420, 59_000, 95},
	{1_470, 300_000, 90},
	{2_460, 500_000, 85},
	{3_440, 700_000, 80},
	{4_420, 900_000, 75},
	{9_820, 2_000_000, 70},
	{14_740, 3_000_000, 65},
	{19_650, 4_000_000, 60},
	{24_560, 5_000_000, 55},
	{29_470, 6_000_000, 50},
	{34_380, 7_000_000, 45},
	{39_300, 8_000_000, 40},
	{44_210, 9_000_000, 35},
	{49_120, 10_000_000, 30},
	{54_030, 11_000_000, 28},
	{58_940, 12_000_000, 25},
	{63_860, 13_000_000, 23},
	{68_770, 14_000_000, 20},
	{73_681, 15_000_000, 18},
	{78_590, 16_000_000, 15},
	{83_500, 17_000_000, 13},
	{88_400, 18_000_000, 10},
	{93_330, 19_000_000, 8},
	{98_240, 20_000_000, 5},
}

// CanonicalRates returns the fees of a pool that pump opened, by its market cap in lamports, or in millionths of a dollar
// when stable is true.
func CanonicalRates(marketCap uint64, stable bool) Rates {
	r := Rates{LP: 2, Protocol: 93, Creator: tiers[0].creator}
	for _, t := range tiers[1:] {
		from := t.sol * 1_000_000_000
		if stable {
			from = t.stable * 1_000_000
		}
		if marketCap < from {
			break
		}
		r = Rates{LP: 20, Protocol: 5, Creator: t.creator}
	}
	return r
}
