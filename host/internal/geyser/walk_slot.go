package geyser

import geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"

// read merges a SubscribeUpdateSlot.
func (u *SlotUpdate) read(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireVarint:
			u.Slot = s.value
		case 2<<3 | wireVarint:
			u.Parent, u.HasParent = s.value, true
		case 3<<3 | wireVarint:
			u.Status = geyserpb.SlotStatus(int32(s.value))
		case 4<<3 | wireBytes:
			u.DeadError = s.data
		}
	}
	return s.err
}

// read merges a SubscribeUpdateTransactionStatus.
func (t *TransactionStatus) read(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireVarint:
			t.Slot = s.value
		case 2<<3 | wireBytes:
			t.Signature = s.data
		case 3<<3 | wireVarint:
			t.Vote = s.value != 0
		case 4<<3 | wireVarint:
			t.Index = s.value
		case 5<<3 | wireBytes:
			t.Failed = true
			if err := readError(s.data, &t.Err); err != nil {
				return within("err", err)
			}
		}
	}
	return s.err
}

// readError merges a TransactionError.
func readError(raw []byte, into *[]byte) error {
	s := scan{rest: raw}
	for s.next() {
		if s.tag == 1<<3|wireBytes {
			*into = s.data
		}
	}
	return s.err
}

// blockMeta merges a SubscribeUpdateBlockMeta. Its numbers differ from those of a block from 6 on.
func (v *View) blockMeta(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		var err error
		switch s.tag {
		case 6<<3 | wireVarint:
			v.Meta.Parent = s.value
		case 7<<3 | wireBytes:
			v.Meta.ParentHash = s.data
		case 8<<3 | wireVarint:
			v.Meta.Transactions = s.value
		case 9<<3 | wireVarint:
			v.Meta.Entries = s.value
		default:
			err = v.blockHead(&s)
		}
		if err != nil {
			return err
		}
	}
	return s.err
}

// blockContent merges a SubscribeUpdateBlock; its transactions stay encoded until Block.
func (v *View) blockContent(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		var err error
		switch s.tag {
		case 6<<3 | wireBytes:
			v.block = append(v.block, s.data)
		case 7<<3 | wireVarint:
			v.Meta.Parent = s.value
		case 8<<3 | wireBytes:
			v.Meta.ParentHash = s.data
		case 9<<3 | wireVarint:
			v.Meta.Transactions = s.value
		case 12<<3 | wireVarint:
			v.Meta.Entries = s.value
		default:
			err = v.blockHead(&s)
		}
		if err != nil {
			return err
		}
	}
	return s.err
}

// blockHead takes the fields that block and block meta share.
func (v *View) blockHead(s *scan) error {
	switch s.tag {
	case 1<<3 | wireVarint:
		v.Meta.Slot = s.value
	case 2<<3 | wireBytes:
		v.Meta.Hash = s.data
	case 4<<3 | wireBytes:
		if v.Meta.BlockTime == nil {
			v.blockTime, v.Meta.BlockTime = 0, &v.blockTime
		}
		var seconds uint64
		set, err := single(s.data, &seconds)
		if set {
			v.blockTime = int64(seconds)
		}
		return within("block_time", err)
	case 5<<3 | wireBytes:
		_, err := single(s.data, &v.Meta.Height)
		return within("block_height", err)
	}
	return nil
}

// single reads a message that wraps one number (UnixTimestamp, BlockHeight) and tells whether the number was there.
func single(raw []byte, into *uint64) (set bool, err error) {
	s := scan{rest: raw}
	for s.next() {
		if s.tag == 1<<3|wireVarint {
			*into, set = s.value, true
		}
	}
	return set, s.err
}
