package geyser

import (
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Kind tells what an update carries.
type Kind uint8

// Kinds. KindUnknown is an update without content or with one that this protocol line does not know; KindOther one that Weir
// never asks for (account, entry). Neither is an error.
const (
	KindUnknown Kind = iota
	KindTransaction
	KindSlot
	KindBlockMeta
	KindBlock
	KindPing
	KindPong
	KindStatus
	KindOther
)

var kindNames = [...]string{"unknown", "transaction", "slot", "block_meta", "block", "ping", "pong", "transaction_status", "other"}

func (k Kind) String() string { return kindNames[k] }

// View is one update, read in place. Only the part that Kind names is filled (BlockMeta's also for KindBlock); the others hold what
// an earlier update left. All byte slices point into the update, see Transaction. A View is reused from update to update and
// belongs to one goroutine.
type View struct {
	Kind Kind
	// CreatedAt is the node's stamp of the event in Unix nanoseconds, 0 when it sent none. Replayed content keeps its old stamp.
	CreatedAt int64
	// Tx is the transaction of KindTransaction, and the current one within Block.
	Tx     Transaction
	Slot   SlotUpdate
	Meta   BlockMeta
	Status TransactionStatus
	// PongID is the id of the ping that a KindPong answers.
	PongID int32

	field     uint32   // of the oneof that is being read
	writable  [][]byte // loaded addresses, until they go behind the static keys
	readonly  [][]byte
	block     [][]byte // transactions of a block, still encoded
	blockTime int64
}

// SlotUpdate is a step in the life of a slot.
type SlotUpdate struct {
	Slot uint64
	// Parent is 0 when the server did not say; HasParent tells that from slot 0.
	Parent    uint64
	HasParent bool
	Status    geyserpb.SlotStatus
	// DeadError is text, with SLOT_DEAD only.
	DeadError []byte
}

// BlockMeta is the header of a block.
type BlockMeta struct {
	Slot, Parent uint64
	// Height is 0 when the server did not say.
	Height uint64
	// Hash and ParentHash are base58 text, as on the wire.
	Hash, ParentHash []byte
	// BlockTime is Unix seconds, nil when the server did not say. It points into the view.
	BlockTime *int64
	// Transactions and Entries count the whole block, votes and filtered ones included.
	Transactions, Entries uint64
}

// TransactionStatus is the outcome of a transaction without its content.
type TransactionStatus struct {
	Slot, Index uint64
	Signature   []byte
	Vote        bool
	// Failed is true when the transaction had an error; Err is its bincode form.
	Failed bool
	Err    []byte
}

// Tags of SubscribeUpdate (proto/yellowstone/geyser.proto).
const (
	updateAccount   = 2<<3 | wireBytes
	updateSlot      = 3<<3 | wireBytes
	updateTx        = 4<<3 | wireBytes
	updateBlock     = 5<<3 | wireBytes
	updatePing      = 6<<3 | wireBytes
	updateBlockMeta = 7<<3 | wireBytes
	updateEntry     = 8<<3 | wireBytes
	updatePong      = 9<<3 | wireBytes
	updateStatus    = 10<<3 | wireBytes
	updateCreatedAt = 11<<3 | wireBytes
)

// Read fills the view from the bytes of a SubscribeUpdate. It agrees with proto.Unmarshal in every field it has, also where a hostile
// server repeats or reorders fields, with these differences: text is not checked to be UTF-8, content that Weir does not use is not
// looked into, and what cannot come from the chain is refused (groups, keys that are not 32 bytes, signatures that are not 64,
// more signers than keys, amounts that are no numbers). The error wraps ErrMalformed and names the field; the view must then
// not be used.
func (v *View) Read(raw []byte) error {
	v.Kind, v.CreatedAt, v.field = KindUnknown, 0, 0
	var stamp timestamp
	s := scan{rest: raw}
	for s.next() {
		var err error
		switch s.tag {
		case updateTx:
			v.begin(&s, KindTransaction)
			err = within("transaction", v.transaction(s.data))
		case updateSlot:
			v.begin(&s, KindSlot)
			err = within("slot", v.Slot.read(s.data))
		case updateBlockMeta:
			v.begin(&s, KindBlockMeta)
			err = within("block_meta", v.blockMeta(s.data))
		case updateBlock:
			v.begin(&s, KindBlock)
			err = within("block", v.blockContent(s.data))
		case updatePing:
			v.begin(&s, KindPing)
		case updatePong:
			v.begin(&s, KindPong)
			err = within("pong", v.pong(s.data))
		case updateStatus:
			v.begin(&s, KindStatus)
			err = within("transaction_status", v.Status.read(s.data))
		case updateAccount, updateEntry:
			v.begin(&s, KindOther)
		case updateCreatedAt:
			err = within("created_at", stamp.read(s.data))
		}
		if err != nil {
			return err
		}
	}
	if s.err != nil {
		return s.err
	}
	v.CreatedAt = stamp.unixNano()
	return v.finish()
}

// begin starts a member of the oneof. A member that comes twice in a row is merged, one that replaces another starts empty.
func (v *View) begin(s *scan, k Kind) {
	if s.tag == v.field {
		return
	}
	v.field, v.Kind = s.tag, k
	switch k {
	case KindTransaction:
		v.resetTransaction()
	case KindSlot:
		v.Slot = SlotUpdate{}
	case KindBlock, KindBlockMeta:
		v.Meta = BlockMeta{}
		v.block = v.block[:0]
	case KindPong:
		v.PongID = 0
	case KindStatus:
		v.Status = TransactionStatus{}
	default:
	}
}

// finish does what needs the whole message: fields may come in any order.
func (v *View) finish() error {
	switch v.Kind {
	case KindTransaction:
		return within("transaction", v.finishTransaction())
	case KindStatus:
		return within("transaction_status", exact("signature", v.Status.Signature, 64))
	default:
		return nil
	}
}

// Block calls visit for each transaction of a KindBlock update in the order of the message, with its slot and block time. The
// transaction is v.Tx and valid until visit returns. It stops at the first error: visit's own, or one that wraps ErrMalformed.
func (v *View) Block(visit func(*Transaction) error) error {
	for i, raw := range v.block {
		v.resetTransaction()
		v.Tx.Slot, v.Tx.BlockTime = v.Meta.Slot, v.Meta.BlockTime
		err := v.info(raw)
		if err == nil {
			err = v.finishInfo()
		}
		if err != nil {
			return within("block", withinItem("transactions", i, err))
		}
		if err := visit(&v.Tx); err != nil {
			return err
		}
	}
	return nil
}

// timestamp is google.protobuf.Timestamp.
type timestamp struct {
	seconds int64
	nanos   int32
}

func (t *timestamp) read(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireVarint:
			t.seconds = int64(s.value)
		case 2<<3 | wireVarint:
			t.nanos = int32(s.value)
		}
	}
	return s.err
}

// unixNano gives 0 for a stamp outside of the years 1970 to 2242: nonsense must not become a lag.
func (t *timestamp) unixNano() int64 {
	if t.seconds < 0 || t.seconds >= 1<<33 {
		return 0
	}
	return t.seconds*1e9 + int64(t.nanos)
}

func (v *View) pong(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		if s.tag == 1<<3|wireVarint {
			v.PongID = int32(s.value)
		}
	}
	return s.err
}
