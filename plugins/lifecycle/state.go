package lifecycle

import (
	"fmt"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// state is all that the monitor remembers. What changed of it is saved, not all of it each time.
type state struct {
	rest struct {
		Clock int64 // chain time, Unix seconds; 0 is not known
		Held  *int  // points to held
	}
	active   *keyed.Map[sdk.Key, token]   // in the order of their last activity
	idle     *keyed.Map[sdk.Key, core]    // in the order in which they fell silent
	pending  *keyed.Map[sdk.Key, int64]   // since when a token's state waits to be given out, in that order
	creators *keyed.Map[sdk.Key, creator] // in the order of their last creations
	held     int                          // holders of all active tokens

	*keyed.State
}

func newState() *state {
	s := &state{
		active:  keyed.NewMap(codec((*token).append, func(t *token, r *pack.Reader) { t.read(r, stateVersion) })),
		idle:    keyed.NewMap(codec((*core).append, (*core).read)),
		pending: keyed.NewMap(codec(appendTime, readTime)),

		creators: keyed.NewMap(codec((*creator).append, (*creator).read)),
	}
	s.rest.Held = &s.held
	s.State = keyed.NewState(&s.rest, s.active, s.idle, s.pending, s.creators).Lazy()
	return s
}

func codec[V any](write func(*V, []byte) []byte, read func(*V, *pack.Reader)) keyed.Codec[sdk.Key, V] {
	return keyed.Codec[sdk.Key, V]{
		AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key,
		Append: func(b []byte, v *V) []byte { return write(v, b) },
		Read:   func(r *pack.Reader, v *V) { read(v, r) },
	}
}

func appendTime(t *int64, b []byte) []byte { return pack.AppendUvarint(b, uint64(*t)) }

func readTime(t *int64, r *pack.Reader) { *t = int64(r.Uvarint()) }

// stateVersion is that of the states written. Version 2 did not say when holders moved elsewhere, nor whether a creator was
// told by the creation. Version 1 had phases and names alone, in one piece.
const stateVersion = 3

// LoadParts implements sdk.Divided.
func (s *state) LoadParts(parts sdk.Parts) error {
	s.held = notSaved
	if err := s.State.LoadParts(parts); err != nil {
		return err
	}
	if s.held == notSaved {
		s.countHeld()
	}
	return nil
}

// notSaved is how many holders a state tells of that a program saved which did not count them in it.
const notSaved = -1

func (s *state) countHeld() {
	s.held = 0
	for _, t := range s.active.All() {
		s.held += len(t.wallets.list)
	}
}

// upgrade reads a state of an older version.
func (s *state) upgrade(version uint32, parts [][]byte) error {
	if version == 1 {
		if len(parts) != 1 {
			return fmt.Errorf("a state of version 1 is one piece, not %d", len(parts))
		}
		return s.readPiece(parts[0])
	}
	old := keyed.NewMap(codec((*token).append, func(t *token, r *pack.Reader) { t.read(r, version) }))
	if err := keyed.NewState(&s.rest, old, s.idle, s.pending, s.creators).LoadParts(sdk.PartsOf(parts...)); err != nil {
		return err
	}
	for mint, t := range old.All() {
		t.creditOld()
		*s.active.Put(mint) = t
	}
	for mint := range s.idle.All() {
		s.idle.Change(mint).creditOld()
	}
	s.countHeld()
	return nil
}

// creditOld tells what version 2 did not need to: that a creator which is known was told by the creation.
func (c *core) creditOld() {
	if !c.creator.IsZero() {
		c.flags |= credited
	}
}

// readPiece reads version 1: tokens on their curve with phase, trades, name, symbol, creator, curve and quote mint, then the mints of those
// that had migrated. What the tokens did besides is not known.
func (s *state) readPiece(b []byte) error {
	r := pack.NewReader(b)
	for range r.Count(32 + 1 + 1 + 2 + 3) {
		t := s.active.Put(r.Key())
		*t = waking(core{phase: phase(r.Byte())}, sdk.AbsentNotYet)
		t.wallets.absent = absence(sdk.AbsentCreationNotSeen)
		t.trades, t.name, t.symbol = r.Uvarint(), r.Text(), r.Text()
		t.creator, t.place, t.quote = r.OptionalKey(), r.OptionalKey(), r.OptionalKey()
		t.onCurve = uint32(t.trades)
	}
	for range r.Count(len(sdk.Key{})) {
		s.idle.Put(r.Key()).phase = phase(sdk.PhaseMigrated)
	}
	return r.Close()
}

// append writes what is remembered of every token: what is usual in few bytes.
func (c *core) append(b []byte) []byte {
	b = pack.AppendUvarint(append(b, byte(c.phase), c.venue), uint64(c.flags))
	b = pack.AppendOptionalKey(b, c.creator)
	b = appendQuote(b, c.quote)
	b = pack.AppendOptionalKey(b, c.place)
	for _, v := range [...]uint64{
		c.trades, uint64(c.buys), uint64(c.agents), uint64(c.onCurve), c.createdSlot, c.supply, c.initial, c.lastSlot, uint64(c.lastTime),
		c.marks.cap, c.marks.usd, uint64(c.marks.holders), uint64(c.marks.progress),
	} {
		b = pack.AppendUvarint(b, v)
	}
	return b
}

func (c *core) read(r *pack.Reader) {
	*c = core{
		phase: phase(r.Byte()), venue: r.Byte(), flags: uint16(r.Uvarint()), creator: r.OptionalKey(), quote: readQuote(r), place: r.OptionalKey(),
		trades: r.Uvarint(), buys: uint32(r.Uvarint()), agents: uint32(r.Uvarint()), onCurve: uint32(r.Uvarint()), createdSlot: r.Uvarint(),
		supply: r.Uvarint(), initial: r.Uvarint(), lastSlot: r.Uvarint(), lastTime: int64(r.Uvarint()),
		marks: marks{cap: r.Uvarint(), usd: r.Uvarint(), holders: uint32(r.Uvarint()), progress: uint32(r.Uvarint())},
	}
}

func (t *token) append(b []byte) []byte {
	b = pack.AppendText(pack.AppendText(t.core.append(b), t.name), t.symbol)
	b = t.wallets.append(t.now.append(b))
	return pack.AppendUvarint(b, max(t.elsewhere, t.lastSlot)-t.lastSlot)
}

func (t *token) read(r *pack.Reader, version uint32) {
	t.core.read(r)
	t.name, t.symbol = r.Text(), r.Text()
	t.now, t.wallets = readStanding(r), readWallets(r)
	if version > 2 {
		t.elsewhere = t.lastSlot + r.Uvarint()
	}
}

// Quote mints that nearly all tokens have take one byte.
var usualQuotes = [...]sdk.Key{{}, solMint, usdcMint, usdtMint}

func appendQuote(b []byte, k sdk.Key) []byte {
	if at := slices.Index(usualQuotes[:], k); at >= 0 {
		return append(b, byte(at))
	}
	return pack.AppendKey(append(b, byte(len(usualQuotes))), k)
}

func readQuote(r *pack.Reader) sdk.Key {
	if at := r.Byte(); int(at) < len(usualQuotes) {
		return usualQuotes[at]
	}
	return r.Key()
}

func (s *standing) append(b []byte) []byte {
	b = append(b, s.has, byte(s.capOut), byte(s.usdOut), byte(s.progressOut))
	for _, v := range [...]uint64{s.base, s.quote, s.priceBase, s.priceQuote, s.cap, s.usd, s.usdSlot, uint64(s.progress)} {
		b = pack.AppendUvarint(b, v)
	}
	return b
}

func readStanding(r *pack.Reader) standing {
	return standing{
		has: r.Byte(), capOut: absence(r.Byte()), usdOut: absence(r.Byte()), progressOut: absence(r.Byte()),
		base: r.Uvarint(), quote: r.Uvarint(), priceBase: r.Uvarint(), priceQuote: r.Uvarint(), cap: r.Uvarint(), usd: r.Uvarint(),
		usdSlot: r.Uvarint(), progress: uint32(r.Uvarint()),
	}
}

// append writes the wallets by their distances, which are a little shorter than they are.
func (w *wallets) append(b []byte) []byte {
	b = pack.AppendUvarint(append(b, byte(w.absent)), uint64(len(w.list)))
	before := uint64(0)
	for _, h := range w.list {
		b = pack.AppendUvarint(pack.AppendUvarint(b, h.wallet-before), h.amount)
		before = h.wallet
	}
	return b
}

func readWallets(r *pack.Reader) wallets {
	w := wallets{absent: absence(r.Byte())}
	n := r.Count(2)
	if n > 0 {
		w.list = make([]holding, n)
	}
	before := uint64(0)
	for i := range w.list {
		before += r.Uvarint()
		w.list[i] = holding{wallet: before, amount: r.Uvarint()}
	}
	return w
}
