package decode

func (d *Decoder) fallback(c *call) { d.stats.of[c.venue].unresolved.Add(1) }

func (d *Decoder) oldPumpFee(c *call, p any, buy bool) (uint64, bool) { return 0, false }
