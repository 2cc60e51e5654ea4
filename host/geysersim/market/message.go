package market

import (
	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// bundle is every single message of a transaction, allocated at once.
type bundle struct {
	info   geyserpb.SubscribeUpdateTransactionInfo
	tx     storagepb.Transaction
	msg    storagepb.Message
	header storagepb.MessageHeader
	meta   storagepb.TransactionStatusMeta
	err    storagepb.TransactionError
	lookup storagepb.MessageAddressTableLookup
	units  uint64
	sig    [128]byte
}

// heights are the stack heights that inner instructions point to.
var heights = [6]uint32{0, 1, 2, 3, 4, 5}

// order says where the keys of a message go: writable signers, other signers, writable ones, the rest, then the loaded ones.
type order struct {
	place  []byte // place in the key list by place in txn.used
	keys   []byte // the inverse
	counts [6]int
}

// class is the section of the key list in which an account stands.
func (t *txn) class(i int) int {
	u := &t.used[i]
	section := 0
	switch {
	case u.role&signer != 0:
	case t.v0 && u.role&program == 0 && u.speech == nil && u.key[0]&3 != 0:
		section = 4 // three quarters of a v0 message's plain accounts come from an address table
	default:
		section = 2
	}
	if u.role&writable == 0 {
		section++
	}
	return section
}

// arrange orders the keys. The fee payer was used first and so stays first: it is a writable signer.
func (t *txn) arrange() {
	o := &t.order
	o.place, o.keys = o.place[:0], o.keys[:0]
	o.counts = [6]int{}
	for range t.used {
		o.place = append(o.place, 0)
	}
	for section := range o.counts {
		for i := range t.used {
			if t.class(i) == section {
				o.place[i] = byte(len(o.keys))
				o.keys = append(o.keys, byte(i))
				o.counts[section]++
			}
		}
	}
}

// finish turns what was noted into the message of the wire.
func (t *txn) finish(index uint64) geysersim.Transaction {
	t.arrange()
	b := new(bundle)
	t.message(b)
	t.status(b)
	b.info.Signature, b.info.IsVote, b.info.Index = b.tx.Signatures[0], t.vote, index
	b.info.Transaction, b.info.Meta = &b.tx, &b.meta
	return geysersim.Transaction{Info: &b.info, Truth: t.truth}
}

func (t *txn) message(b *bundle) {
	o := &t.order
	static := o.counts[0] + o.counts[1] + o.counts[2] + o.counts[3]
	signers := o.counts[0] + o.counts[1]
	keys := make([][]byte, len(o.keys))
	for i, n := range o.keys {
		keys[i] = t.used[n].key[:]
	}
	t.m.keys.fill(b.sig[:])
	b.tx.Signatures = make([][]byte, signers)
	for i := range b.tx.Signatures {
		b.tx.Signatures[i] = b.sig[64*i : 64*i+64 : 64*i+64]
	}
	b.header.NumRequiredSignatures = uint32(signers)
	b.header.NumReadonlySignedAccounts = uint32(o.counts[1])
	b.header.NumReadonlyUnsignedAccounts = uint32(o.counts[3])
	b.msg.Header, b.msg.AccountKeys, b.msg.Versioned = &b.header, keys[:static:static], t.v0
	b.msg.RecentBlockhash = t.m.recentBytes
	writable := static + o.counts[4]
	b.meta.LoadedWritableAddresses, b.meta.LoadedReadonlyAddresses = keys[static:writable:writable], keys[writable:]
	if static < len(keys) {
		b.lookup.AccountKey = t.m.world.table.key[:]
		b.lookup.WritableIndexes = tableIndexes[:o.counts[4]]
		b.lookup.ReadonlyIndexes = tableIndexes[o.counts[4] : o.counts[4]+o.counts[5]]
		b.msg.AddressTableLookups = []*storagepb.MessageAddressTableLookup{&b.lookup}
	}
	b.tx.Message = &b.msg
	t.instructions(b)
}

// tableIndexes are the indexes that a lookup names; which address stands at which index of a table is not part of an update.
var tableIndexes = func() []byte {
	list := make([]byte, 256)
	for i := range list {
		list[i] = byte(i)
	}
	return list
}()

func (t *txn) instructions(b *bundle) {
	for i, n := range t.index {
		t.index[i] = t.order.place[n]
	}
	buffer := append(make([]byte, 0, len(t.index)+len(t.data)), t.index...)
	buffer = append(buffer, t.data...)
	part := func(s span, base int) []byte { return buffer[base+s.from : base+s.to : base+s.to] }
	outer := make([]storagepb.CompiledInstruction, t.outers)
	inner := make([]storagepb.InnerInstruction, len(t.calls)-t.outers)
	list := make([]*storagepb.InnerInstruction, len(inner))
	groups := make([]storagepb.InnerInstructions, t.outers)
	b.msg.Instructions = make([]*storagepb.CompiledInstruction, t.outers)
	b.meta.InnerInstructions = make([]*storagepb.InnerInstructions, 0, t.outers)
	from, n := 0, 0
	for i := range t.calls {
		c := &t.calls[i]
		if c.height == 1 {
			o := &outer[c.outer]
			o.ProgramIdIndex = uint32(t.order.place[c.program])
			o.Accounts, o.Data = part(c.accounts, 0), part(c.data, len(t.index))
			b.msg.Instructions[c.outer] = o
			continue
		}
		list[n] = &inner[n]
		inner[n].ProgramIdIndex = uint32(t.order.place[c.program])
		inner[n].Accounts, inner[n].Data = part(c.accounts, 0), part(c.data, len(t.index))
		inner[n].StackHeight = &heights[c.height]
		n++
		if i+1 == len(t.calls) || t.calls[i+1].height == 1 {
			g := &groups[c.outer]
			g.Index, g.Instructions = uint32(c.outer), list[from:n:n]
			b.meta.InnerInstructions = append(b.meta.InnerInstructions, g)
			from = n
		}
	}
}

func (t *txn) status(b *bundle) {
	m := &b.meta
	if t.failed != nil {
		b.err.Err = t.failed
		m.Err = &b.err
	}
	m.Fee = t.fee()
	balances := make([]uint64, 2*len(t.used))
	m.PreBalances, m.PostBalances = balances[:len(t.used):len(t.used)], balances[len(t.used):]
	for i, n := range t.order.keys {
		u := &t.used[n]
		m.PreBalances[i], m.PostBalances[i] = u.lamports, u.account.lamports
	}
	b.units = t.limit - t.units
	m.ComputeUnitsConsumed = &b.units
	m.ReturnDataNone = true
	t.balances(m)
	t.messages(m)
}

// messages makes the log lines: those that vary are parts of one string.
func (t *txn) messages(m *storagepb.TransactionStatusMeta) {
	text := string(t.notes)
	m.LogMessages = make([]string, len(t.lines))
	for i, l := range t.lines {
		if m.LogMessages[i] = l.fixed; l.fixed == "" {
			m.LogMessages[i] = text[l.from:l.to]
		}
	}
}

// fee is what the payer owes: 5,000 lamports a signature and the priority fee, rounded up.
func (t *txn) fee() uint64 {
	signers := uint64(0)
	for i := range t.used {
		if t.used[i].role&signer != 0 {
			signers++
		}
	}
	return 5_000*signers + t.priority()
}

// priority is the priority fee, lamports.
func (t *txn) priority() uint64 { return (t.price*t.limit + 999_999) / 1_000_000 }
