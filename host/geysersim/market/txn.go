package market

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// logLimit is where a node cuts the log of a transaction, in bytes.
const logLimit = 10_000

// role is how an instruction uses an account.
type role uint8

const (
	readOnly role = 0
	writable role = 1
	signer   role = 2
	program  role = 4 // called as an outer instruction: never from an address table
)

// ref is an account in the list of an instruction.
type ref struct {
	*account
	role
}

func r(a *account) ref  { return ref{a, readOnly} }
func w(a *account) ref  { return ref{a, writable} }
func s(a *account) ref  { return ref{a, signer} }
func ws(a *account) ref { return ref{a, writable | signer} }

// used is an account of the transaction in hand, with what it held before.
type used struct {
	*account
	role     role
	lamports uint64
	amount   uint64
	open     bool
}

// span is a part of one of the transaction's buffers.
type span struct{ from, to int }

// call is an outer or inner instruction. Its accounts are places in txn.used until the message orders its keys.
type call struct {
	outer    int // index of the outer instruction it belongs to
	height   uint32
	program  uint8
	accounts span
	data     span
}

// line is a log line: a text that never changes, or a part of txn.text.
type line struct {
	fixed string
	span
}

// frame is a program that runs.
type frame struct {
	program *account
	call    int
	units   uint64 // left when it began
}

// txn runs one transaction against the ledger and notes what a node would report of it. It is reused: all buffers keep their
// room. Calls nest with begin and end, as programs do.
type txn struct {
	m      *Market
	mark   uint64
	used   []used
	calls  []call
	index  []byte
	data   []byte
	from   int // where the data of the next call begins
	lines  []line
	notes  []byte // text of the varying lines
	logged int    // bytes of all lines
	cut    bool
	frames []frame
	outers int
	units  uint64 // left of limit
	limit  uint64
	price  uint64 // micro-lamports for a unit
	v0     bool
	vote   bool
	failed []byte // bincode of the error
	truth  []geysersim.Truth
	order  order
	slips  bool // the next trade finds a worse price than its limit

	// The events in hand, kept here so that encoding them allocates nothing.
	created   pumpfun.CreateEvent
	traded    pumpfun.TradeEvent
	completed pumpfun.CompleteEvent
	passed    pumpfun.PostCompleteBuyEvent
	migrated  pumpfun.CompletePumpAmmMigrationEvent
	opened    pumpswap.CreatePoolEvent
	bought    pumpswap.BuyEvent
	sold      pumpswap.SellEvent
	deposited pumpswap.DepositEvent
	withdrawn pumpswap.WithdrawEvent
	name      [32]byte
	scratch   []byte
	refs      []ref
	amounts   []byte
	ends      []int
}

// event is what Anchor programs emit.
type event interface{ Append(dst []byte) []byte }

// reset begins a new transaction.
func (t *txn) reset() {
	t.mark++
	t.used, t.calls, t.index, t.data, t.from = t.used[:0], t.calls[:0], t.index[:0], t.data[:0], 0
	t.lines, t.notes, t.logged, t.cut, t.frames = t.lines[:0], t.notes[:0], 0, false, t.frames[:0]
	t.outers, t.units, t.limit, t.price = 0, 200_000, 200_000, 0
	t.v0, t.vote, t.failed, t.truth, t.slips = false, false, nil, nil, false
}

// use enters an account into the transaction and returns its place.
func (t *txn) use(a *account, how role) uint8 {
	if a.mark == t.mark {
		t.used[a.slot].role |= how
		return a.slot
	}
	a.mark, a.slot = t.mark, uint8(len(t.used))
	t.used = append(t.used, used{account: a, role: how, lamports: a.lamports, amount: a.amount, open: a.open})
	return a.slot
}

// begin calls a program with the data written since the last call. The caller's accounts come with it.
func (t *txn) begin(p *account, accounts ...ref) {
	how, may := readOnly, writable // a called program's signers are derived addresses, or sign the message anyway
	if len(t.frames) == 0 {
		how, may = program, writable|signer
		t.outers++
	}
	from := len(t.index)
	for _, a := range accounts {
		t.index = append(t.index, t.use(a.account, a.role&may))
	}
	t.calls = append(t.calls, call{
		outer: t.outers - 1, height: uint32(len(t.frames) + 1), program: t.use(p, how),
		accounts: span{from, len(t.index)}, data: span{t.from, len(t.data)},
	})
	t.from = len(t.data)
	t.frames = append(t.frames, frame{program: p, call: len(t.calls) - 1, units: t.units})
	t.log(p.speech.invoke[len(t.frames)-1])
}

// end returns from the program that runs, which took units of its own.
func (t *txn) end(units uint64) {
	f := t.leave(units)
	t.log(f.program.speech.success)
}

// fail returns from the program that runs, and from all its callers, with a custom error code.
func (t *txn) fail(units uint64, code uint32) {
	for len(t.frames) > 0 {
		f := t.leave(units)
		n := len(t.notes)
		t.notes = append(t.notes, "Program "...)
		t.notes = append(t.notes, f.program.base58()...)
		t.notes = append(t.notes, " failed: custom program error: 0x"...)
		t.notes = strconv.AppendUint(t.notes, uint64(code), 16)
		t.logText(n)
	}
	t.failed = binary.LittleEndian.AppendUint32(nil, 8) // InstructionError
	t.failed = append(t.failed, byte(t.outers-1))
	t.failed = binary.LittleEndian.AppendUint32(t.failed, 25) // Custom
	t.failed = binary.LittleEndian.AppendUint32(t.failed, code)
}

func (t *txn) leave(units uint64) frame {
	f := t.frames[len(t.frames)-1]
	t.frames = t.frames[:len(t.frames)-1]
	t.units -= min(units, t.units)
	if !f.program.speech.native {
		n := len(t.notes)
		t.notes = append(t.notes, "Program "...)
		t.notes = append(t.notes, f.program.base58()...)
		t.notes = append(t.notes, " consumed "...)
		t.notes = strconv.AppendUint(t.notes, f.units-t.units, 10)
		t.notes = append(t.notes, " of "...)
		t.notes = strconv.AppendUint(t.notes, f.units, 10)
		t.notes = append(t.notes, " compute units"...)
		t.logText(n)
	}
	return f
}

// call begins and ends a program that calls none.
func (t *txn) call(units uint64, p *account, accounts ...ref) {
	t.begin(p, accounts...)
	t.end(units)
}

// event emits an Anchor event of the program that runs: as a log line and as a call of the program to
// itself, in the order of the builds of 2026.
func (t *txn) event(authority *account, e event) {
	p := t.frames[len(t.frames)-1].program
	t.data = e.Append(dex.AppendEventTag(t.data))
	t.logData("Program data: ", t.data[t.from+8:])
	t.call(2_125, p, r(authority))
}

// logData writes a line of prefix and base64 of b.
func (t *txn) logData(prefix string, b []byte) {
	n := len(t.notes)
	t.notes = append(t.notes, prefix...)
	t.notes = base64.StdEncoding.AppendEncode(t.notes, b)
	t.logText(n)
}

// logRates writes what the fee program returns: three rates in basis points.
func (t *txn) logRates(lp, protocol, creator uint64) {
	var b [24]byte
	binary.LittleEndian.PutUint64(b[:], lp)
	binary.LittleEndian.PutUint64(b[8:], protocol)
	binary.LittleEndian.PutUint64(b[16:], creator)
	n := len(t.notes)
	t.notes = append(t.notes, "Program return: "...)
	t.notes = append(t.notes, t.m.world.fees.base58()...)
	t.notes = base64.StdEncoding.AppendEncode(append(t.notes, ' '), b[:])
	t.logText(n)
}

// logText writes what was appended to text from n on.
func (t *txn) logText(n int) {
	if t.room(len(t.notes) - n) {
		t.lines = append(t.lines, line{span: span{n, len(t.notes)}})
	}
}

// log writes a fixed line.
func (t *txn) log(text string) {
	if t.room(len(text)) {
		t.lines = append(t.lines, line{fixed: text})
	}
}

// room cuts the log where a node does.
func (t *txn) room(size int) bool {
	if t.cut {
		return false
	}
	if t.logged += size; t.logged > logLimit {
		t.cut = true
		t.lines = append(t.lines, line{fixed: "Log truncated"})
	}
	return !t.cut
}

// undo gives every account back what it held before: a failed transaction changes nothing but its fee.
func (t *txn) undo() {
	for _, u := range t.used {
		u.account.lamports, u.account.amount, u.account.open = u.lamports, u.amount, u.open
	}
	t.truth = nil
}

// u8, u32, u64 and key append to the data of the next call.
func (t *txn) u8(v uint8) *txn   { t.data = append(t.data, v); return t }
func (t *txn) u32(v uint32) *txn { t.data = binary.LittleEndian.AppendUint32(t.data, v); return t }
func (t *txn) u64(v uint64) *txn { t.data = binary.LittleEndian.AppendUint64(t.data, v); return t }
func (t *txn) key(k *dex.Key) *txn {
	t.data = append(t.data, k[:]...)
	return t
}

// tag appends a discriminator, written as it reads in hex.
func (t *txn) tag(v uint64) *txn { t.data = binary.BigEndian.AppendUint64(t.data, v); return t }
