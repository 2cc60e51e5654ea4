package trading

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/pack"
)

// maxQuotes is how many quote mints of one coin have a volume. Anyone can open a pool of a coin against a mint of their own.
const maxQuotes = 16

// total is what was traded of one coin, over all venues.
type total struct {
	trades, buys, sells uint64
	base                amount
	quotes              []quoteTotal // the one used last stands last
}

// quoteTotal is what the curves saw of one quote mint.
type quoteTotal struct {
	mint   sdk.Key
	volume amount
}

func (t *total) add(trade *sdk.Trade) {
	t.trades++
	switch trade.GetSide() {
	case sdk.Buy:
		t.buys++
	case sdk.Sell:
		t.sells++
	default:
	}
	t.base.add(trade.GetBaseAmount())
}

// addQuote returns the new volume against a quote mint.
func (t *total) addQuote(mint sdk.Key, volume uint64) amount {
	last := len(t.quotes) - 1
	if last < 0 || t.quotes[last].mint != mint {
		q := quoteTotal{mint: mint}
		if at := slices.IndexFunc(t.quotes, func(q quoteTotal) bool { return q.mint == mint }); at >= 0 {
			q = t.quotes[at]
			t.quotes = slices.Delete(t.quotes, at, at+1)
		} else if len(t.quotes) == maxQuotes {
			t.quotes = slices.Delete(t.quotes, 0, 1)
		}
		t.quotes = append(t.quotes, q)
		last = len(t.quotes) - 1
	}
	t.quotes[last].volume.add(volume)
	return t.quotes[last].volume
}

// state is all that the monitor remembers, in the order of the last trades.
type state struct {
	totals    bounded.Map[sdk.Key, total]
	now       int64 // latest block time seen, Unix seconds; 0 is none
	intervals []*interval
	histories histories
	slot      slotTrades
	launches  launches
	turnings  turnings
	copies    copies

	arranged bool // intervals fit the configuration; not saved
}

// count returns the total of a coin, which becomes the one that was traded last.
func (s *state) count(mint sdk.Key, limit int) *total {
	if t := s.totals.Get(mint); t != nil {
		s.totals.Touch(mint)
		return t
	}
	for s.totals.Len() >= limit {
		s.totals.DeleteOldest()
	}
	return s.totals.Put(mint)
}

// smallest is the fewest bytes that a coin takes: mint, three counts, two halves of an amount, no quote mint.
const smallest = 32 + 3 + 2 + 1

// AppendBinary implements encoding.BinaryAppender.
func (s *state) AppendBinary(b []byte) ([]byte, error) {
	b = slices.Grow(b, 100*s.totals.Len()+10)
	b = pack.AppendUvarint(b, uint64(s.totals.Len()))
	for mint, t := range s.totals.All() {
		b = pack.AppendKey(b, mint)
		b = pack.AppendUvarint(b, t.trades)
		b = pack.AppendUvarint(b, t.buys)
		b = pack.AppendUvarint(b, t.sells)
		b = t.base.append(b)
		b = pack.AppendUvarint(b, uint64(len(t.quotes)))
		for _, q := range t.quotes {
			b = q.volume.append(pack.AppendKey(b, q.mint))
		}
	}
	b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(s.now)), uint64(len(s.intervals)))
	for _, v := range s.intervals {
		b = v.append(b)
	}
	return s.copies.append(s.turnings.append(s.launches.append(s.slot.append(s.histories.append(b))))), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (s *state) UnmarshalBinary(b []byte) error { return s.read(stateVersion, b) }

// stateVersion is that of the states written. Version 1 had the totals alone, version 2 candles and windows,
// version 3 no copy trading, version 4 took what a pool saw of a coin for what the trader gave or got.
const stateVersion = 5

// read replaces the state by one that some version wrote.
func (s *state) read(version uint32, b []byte) error {
	var fresh state
	r := pack.NewReader(b)
	n := r.Count(smallest)
	fresh.totals.Grow(n)
	for range n {
		t := fresh.totals.Put(r.Key())
		*t = total{trades: r.Uvarint(), buys: r.Uvarint(), sells: r.Uvarint(), base: readAmount(r)}
		for range r.Count(len(sdk.Key{}) + 2) {
			t.quotes = append(t.quotes, quoteTotal{mint: r.Key(), volume: readAmount(r)})
		}
	}
	if version > 1 {
		fresh.now = int64(r.Uvarint())
		for range r.Count(3) {
			fresh.intervals = append(fresh.intervals, readInterval(r))
		}
		fresh.histories = readHistories(r)
	}
	if version > 2 {
		fresh.slot, fresh.launches, fresh.turnings = readSlot(r, version), readLaunches(r), readTurnings(r)
	}
	if version > 3 {
		fresh.copies = readCopies(r)
	}
	if err := r.Close(); err != nil {
		return err
	}
	*s = fresh
	return nil
}
