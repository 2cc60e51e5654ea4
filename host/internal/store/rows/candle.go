package rows

import "strings"

var candles = made(table{name: "candles", rest: strings.Fields(`event instance cause idx mint quote_mint seconds start_time
	open_quote open_base high_quote high_base low_quote low_base close_quote close_base buys sells base_volume quote_volume late_trades gap retracted`)})

func addCandle(b *Batch, h head) {
	c := h.GetCandleClosed()
	openQuote, openBase := ratio(c.GetOpen())
	highQuote, highBase := ratio(c.GetHigh())
	lowQuote, lowBase := ratio(c.GetLow())
	closeQuote, closeBase := ratio(c.GetClose())
	mint, quote := named(c.GetMint()), named(c.GetQuoteMint())
	touched := within(b.Marks.pairs[mint.(string)+quote.(string)], c.GetStart(), c.GetStart()+int64(c.GetSeconds()))
	b.put(candles, h.event, h.instance, count(h.GetCause()), int64(h.GetIndex()), mint, quote, int64(c.GetSeconds()), c.GetStart(),
		openQuote, openBase, highQuote, highBase, lowQuote, lowBase, closeQuote, closeBase,
		count(c.GetBuys()), count(c.GetSells()), sum(c.GetBaseVolume()), sum(c.GetQuoteVolume()), count(c.GetLateTrades()), c.GetGap(), touched)
}
