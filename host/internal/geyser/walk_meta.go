package geyser

import "encoding/binary"

// meta merges a TransactionStatusMeta.
func (v *View) meta(raw []byte) error {
	t := &v.Tx
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 6<<3 | wireBytes:
			t.Logs = append(t.Logs, s.data)
		case 5<<3 | wireBytes:
			if err := t.inner(s.data); err != nil {
				return within("inner_instructions", err)
			}
		case 2<<3 | wireVarint:
			t.Fee = s.value
		case 10<<3 | wireVarint:
			t.InnerMissing = s.value != 0
		case 11<<3 | wireVarint:
			t.LogsMissing = s.value != 0
		case 16<<3 | wireVarint:
			t.ComputeUnits = s.value
		default:
			if err := v.metaMore(&s); err != nil {
				return err
			}
		}
	}
	return s.err
}

func (v *View) metaMore(s *scan) (err error) {
	t := &v.Tx
	switch s.tag {
	case 1<<3 | wireBytes:
		t.Failed = true
		return within("err", readError(s.data, &t.Err))
	case 3<<3 | wireBytes, 3<<3 | wireVarint:
		t.PreBalances, err = numbers(t.PreBalances, s)
		return within("pre_balances", err)
	case 4<<3 | wireBytes, 4<<3 | wireVarint:
		t.PostBalances, err = numbers(t.PostBalances, s)
		return within("post_balances", err)
	case 7<<3 | wireBytes:
		t.PreTokens, err = tokenBalance(t.PreTokens, s.data)
		return itemError("pre_token_balances", len(t.PreTokens), err)
	case 8<<3 | wireBytes:
		t.PostTokens, err = tokenBalance(t.PostTokens, s.data)
		return itemError("post_token_balances", len(t.PostTokens), err)
	case 12<<3 | wireBytes:
		v.writable, err = loaded(v.writable, s.data)
		return itemError("loaded_writable_addresses", len(v.writable), err)
	case 13<<3 | wireBytes:
		v.readonly, err = loaded(v.readonly, s.data)
		return itemError("loaded_readonly_addresses", len(v.readonly), err)
	}
	return nil
}

func loaded(list [][]byte, key []byte) ([][]byte, error) {
	list = append(list, key)
	if len(key) != 32 {
		return list, notKey(key)
	}
	return list, nil
}

// itemError names the last of n items when err is one.
func itemError(name string, n int, err error) error {
	if err == nil {
		return nil
	}
	return withinItem(name, n-1, err)
}

// numbers appends a packed list, or one number of a list that is not packed.
func numbers(list []uint64, s *scan) ([]uint64, error) {
	if s.tag&7 == wireVarint {
		return append(list, s.value), nil
	}
	for b := s.data; len(b) > 0; {
		if b[0] < 0x80 {
			list = append(list, uint64(b[0]))
			b = b[1:]
			continue
		}
		value, n := binary.Uvarint(b)
		if n <= 0 {
			return list, broken("the list is cut off")
		}
		list = append(list, value)
		b = b[n:]
	}
	return list, nil
}

// inner appends the instructions of one InnerInstructions message. Its index may come after them, so it is filled in at the end.
func (t *Transaction) inner(raw []byte) error {
	first := len(t.Inner)
	var outer uint32
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireVarint:
			outer = uint32(s.value)
		case 2<<3 | wireBytes:
			t.Inner = append(t.Inner, InnerInstruction{Position: uint32(len(t.Inner) - first)})
			if err := t.Inner[len(t.Inner)-1].read(s.data); err != nil {
				return withinItem("instructions", len(t.Inner)-1-first, err)
			}
		}
	}
	for i := first; i < len(t.Inner); i++ {
		t.Inner[i].Outer = outer
	}
	return s.err
}

func (in *InnerInstruction) read(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireVarint:
			in.Program = uint32(s.value)
		case 2<<3 | wireBytes:
			in.Accounts = s.data
		case 3<<3 | wireBytes:
			in.Data = s.data
		case 4<<3 | wireVarint:
			in.Height = uint32(s.value)
		}
	}
	return s.err
}

// tokenBalance appends a TokenBalance.
func tokenBalance(list []TokenBalance, raw []byte) ([]TokenBalance, error) {
	list = append(list, TokenBalance{})
	b := &list[len(list)-1]
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireVarint:
			b.Account = uint32(s.value)
		case 2<<3 | wireBytes:
			b.Mint = s.data
		case 3<<3 | wireBytes:
			if err := b.amount(s.data); err != nil {
				return list, within("ui_token_amount", err)
			}
		case 4<<3 | wireBytes:
			b.Owner = s.data
		case 5<<3 | wireBytes:
			b.Program = s.data
		}
	}
	return list, s.err
}

// amount merges a UiTokenAmount. Only the raw amount counts; the rounded ones are for people.
func (b *TokenBalance) amount(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 2<<3 | wireVarint:
			b.Decimals = uint32(s.value)
		case 3<<3 | wireBytes:
			amount, err := decimal(s.data)
			if err != nil {
				return within("amount", err)
			}
			b.Amount = amount
		}
	}
	return s.err
}
