package geyser

func (v *View) resetTransaction() {
	t := &v.Tx
	*t = Transaction{
		Keys: t.Keys[:0], Outer: t.Outer[:0], Inner: t.Inner[:0], Logs: t.Logs[:0],
		PreBalances: t.PreBalances[:0], PostBalances: t.PostBalances[:0],
		PreTokens: t.PreTokens[:0], PostTokens: t.PostTokens[:0],
	}
	v.writable, v.readonly = v.writable[:0], v.readonly[:0]
}

// transaction merges a SubscribeUpdateTransaction.
func (v *View) transaction(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireBytes:
			if err := v.info(s.data); err != nil {
				return within("transaction", err)
			}
		case 2<<3 | wireVarint:
			v.Tx.Slot = s.value
		}
	}
	return s.err
}

func (v *View) finishTransaction() error { return within("transaction", v.finishInfo()) }

// finishInfo puts the keys together and checks what needs all fields.
func (v *View) finishInfo() error {
	t := &v.Tx
	if err := exact("signature", t.Signature, 64); err != nil {
		return err
	}
	if t.Signers > len(t.Keys) {
		return within("transaction.message.header", broken("%d signers, but only %d keys", t.Signers, len(t.Keys)))
	}
	t.Keys = append(append(t.Keys, v.writable...), v.readonly...)
	return nil
}

// info merges a SubscribeUpdateTransactionInfo.
func (v *View) info(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireBytes:
			v.Tx.Signature = s.data
		case 2<<3 | wireVarint:
			v.Tx.Vote = s.value != 0
		case 3<<3 | wireBytes:
			if err := v.signed(s.data); err != nil {
				return within("transaction", err)
			}
		case 4<<3 | wireBytes:
			if err := v.meta(s.data); err != nil {
				return within("meta", err)
			}
		case 5<<3 | wireVarint:
			v.Tx.Index = s.value
		}
	}
	return s.err
}

// signed merges a storage Transaction. Its own list of signatures only repeats the one of the info.
func (v *View) signed(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		if s.tag == 2<<3|wireBytes {
			if err := v.message(s.data); err != nil {
				return within("message", err)
			}
		}
	}
	return s.err
}

func (v *View) message(raw []byte) error {
	t := &v.Tx
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireBytes:
			if err := t.header(s.data); err != nil {
				return within("header", err)
			}
		case 2<<3 | wireBytes:
			if len(s.data) != 32 {
				return withinItem("account_keys", len(t.Keys), notKey(s.data))
			}
			t.Keys = append(t.Keys, s.data)
		case 4<<3 | wireBytes:
			t.Outer = append(t.Outer, Instruction{})
			if err := t.Outer[len(t.Outer)-1].read(s.data); err != nil {
				return withinItem("instructions", len(t.Outer)-1, err)
			}
		}
	}
	return s.err
}

func notKey(b []byte) error { return broken("%d bytes, want a key of 32", len(b)) }

func (t *Transaction) header(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		if s.tag == 1<<3|wireVarint {
			t.Signers = int(uint32(s.value))
		}
	}
	return s.err
}

func (in *Instruction) read(raw []byte) error {
	s := scan{rest: raw}
	for s.next() {
		switch s.tag {
		case 1<<3 | wireVarint:
			in.Program = uint32(s.value)
		case 2<<3 | wireBytes:
			in.Accounts = s.data
		case 3<<3 | wireBytes:
			in.Data = s.data
		}
	}
	return s.err
}
