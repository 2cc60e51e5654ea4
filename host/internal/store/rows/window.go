package rows

import "strings"

// windows keeps the last window of each pair and length.
var windows = made(table{
	name: "windows", key: []string{"mint", "quote_mint", "seconds"},
	state: strings.Fields(`event end_time buys sells base_volume quote_volume buy_quote_volume traders traders_estimated high_quote high_base low_quote low_base gap retracted`),
})

func addWindow(b *Batch, h head) {
	w := h.GetWindowClosed()
	highQuote, highBase := ratio(w.GetHigh())
	lowQuote, lowBase := ratio(w.GetLow())
	mint, quote := named(w.GetMint()), named(w.GetQuoteMint())
	touched := within(b.Marks.pairs[mint.(string)+quote.(string)], w.GetEnd()-int64(w.GetSeconds()), w.GetEnd())
	b.put(windows, mint, quote, int64(w.GetSeconds()), h.event, w.GetEnd(),
		count(w.GetBuys()), count(w.GetSells()), sum(w.GetBaseVolume()), sum(w.GetQuoteVolume()), wide(w.GetBuyQuoteVolume()),
		count(w.GetTraders()), w.GetTradersEstimated(), highQuote, highBase, lowQuote, lowBase, w.GetGap(), touched)
}
