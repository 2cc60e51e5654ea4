package trading

import (
	"fmt"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
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

// state is all that the monitor remembers, its maps in the order of the last trades. What changed of the maps is saved, not all of them
// each time.
type state struct {
	current
	totals    *keyed.Map[sdk.Key, total]
	histories histories
	turnings  turnings
	copies    copies
	origins   origins

	*keyed.State
	arranged bool // intervals fit the configuration; not saved
}

// current is what changes with every trade and is saved whole: open candles and steps of windows, the trades of one slot, coins in their
// first slots.
type current struct {
	now       int64 // latest block time seen, Unix seconds; 0 is none
	intervals []*interval
	slot      slotTrades
	launches  launches
	lapses    lapses
}

func newState() *state {
	s := &state{
		totals:    keyed.NewMap(keyed.Codec[sdk.Key, total]{AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key, Append: appendTotal, Read: readTotal}),
		histories: newHistories(), turnings: newTurnings(), copies: newCopies(), origins: newOrigins(),
	}
	s.State = keyed.NewState(&s.current, s.totals, s.histories.pairs, s.turnings.holders, s.copies.buyers, s.copies.follows, s.origins.coins).Lazy()
	return s
}

// LoadParts implements sdk.Divided.
func (s *state) LoadParts(parts sdk.Parts) error {
	s.arranged = false
	return s.State.LoadParts(parts)
}

// count returns the total of a coin, which becomes the one that was traded last.
func (s *state) count(mint sdk.Key, limit int) *total {
	if t := s.totals.Touch(mint); t != nil {
		return t
	}
	for s.totals.Len() >= limit {
		s.totals.DeleteOldest()
	}
	return s.totals.Put(mint)
}

func appendTotal(b []byte, t *total) []byte {
	b = pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(b, t.trades), t.buys), t.sells)
	b = pack.AppendUvarint(t.base.append(b), uint64(len(t.quotes)))
	for _, q := range t.quotes {
		b = q.volume.append(pack.AppendKey(b, q.mint))
	}
	return b
}

func readTotal(r *pack.Reader, t *total) {
	*t = total{trades: r.Uvarint(), buys: r.Uvarint(), sells: r.Uvarint(), base: readAmount(r)}
	for range r.Count(len(sdk.Key{}) + 2) {
		t.quotes = append(t.quotes, quoteTotal{mint: r.Key(), volume: readAmount(r)})
	}
}

// AppendBinary implements encoding.BinaryAppender.
func (c *current) AppendBinary(b []byte) ([]byte, error) {
	b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(c.now)), uint64(len(c.intervals)))
	for _, v := range c.intervals {
		b = v.append(b)
	}
	return c.lapses.append(c.launches.append(c.slot.append(b))), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (c *current) UnmarshalBinary(b []byte) error { return c.read(b, stateVersion) }

func (c *current) read(b []byte, version uint32) error {
	r := pack.NewReader(b)
	fresh := current{now: int64(r.Uvarint()), intervals: readIntervals(r), slot: readSlot(r, version), launches: readLaunches(r)}
	if version > 7 {
		fresh.lapses = readLapses(r)
	}
	if err := r.Close(); err != nil {
		return err
	}
	*c = fresh
	return nil
}

// currentOf7 is current as version 7 wrote it.
type currentOf7 current

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (c *currentOf7) UnmarshalBinary(b []byte) error { return (*current)(c).read(b, 7) }

func readIntervals(r *pack.Reader) (all []*interval) {
	for range r.Count(3) {
		all = append(all, readInterval(r))
	}
	return all
}

// stateVersion is that of the states written. Version 7 did not know gaps, nor the pools of those who turn around; version 6 had no origins. Before version 6 a state was one piece: version 1 had the totals alone, version 2 candles and
// windows, version 3 no copy trading, version 4 took what a pool saw of a coin for what the trader gave or got.
const stateVersion = 8

// smallest is the fewest bytes that a coin takes: mint, three counts, two halves of an amount, no quote mint.
const smallest = 32 + 3 + 2 + 1

// upgrade reads a state of an older version.
func (s *state) upgrade(version uint32, parts [][]byte) error {
	if version >= 6 {
		return s.readParts(version, parts)
	}
	if len(parts) != 1 {
		return fmt.Errorf("a state of version %d is one piece, not %d", version, len(parts))
	}
	return s.readPiece(version, parts[0])
}

// readParts reads versions 6 and 7.
func (s *state) readParts(version uint32, parts [][]byte) error {
	old := turningsOf(version).holders
	rest := (*currentOf7)(&s.current)
	whole := keyed.NewState(rest, s.totals, s.histories.pairs, old, s.copies.buyers, s.copies.follows, s.origins.coins)
	if version == 6 {
		whole = keyed.NewState(rest, s.totals, s.histories.pairs, old, s.copies.buyers, s.copies.follows)
	}
	if err := whole.LoadParts(sdk.PartsOf(parts...)); err != nil {
		return err
	}
	for k, v := range old.All() {
		*s.turnings.holders.Put(k) = v
	}
	return nil
}

func (s *state) readPiece(version uint32, b []byte) error {
	r := pack.NewReader(b)
	for range r.Count(smallest) {
		readTotal(r, s.totals.Put(r.Key()))
	}
	if version > 1 {
		s.now = int64(r.Uvarint())
		s.intervals = readIntervals(r)
		s.histories.read(r)
	}
	if version > 2 {
		s.slot, s.launches = readSlot(r, version), readLaunches(r)
		s.turnings.read(r)
	}
	if version > 3 {
		s.copies.read(r)
	}
	return r.Close()
}
