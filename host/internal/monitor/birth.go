package monitor

import (
	"context"
	"encoding/binary"
)

// Births is a durable map. A *journal.Table is one.
type Births interface {
	// Get returns the value and whether the key exists.
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	// Put stores the value durably before it returns.
	Put(ctx context.Context, key string, value []byte) error
}

// goOn finds where the instance goes on in a journal that holds the records from first to last: behind its checkpoint, or with the first
// record that it was ever given.
func (s *session) goOn(ctx context.Context, first, last uint64) error {
	if err := s.recall(ctx, last); err != nil {
		return err
	}
	switch {
	case s.checkpoint != nil:
		s.after, s.saved = s.checkpoint.Number, s.checkpoint.Number
		s.meters.checkpoint.Store(s.after)
	case s.birth > 0:
		// It was here before and has saved nothing: what was dropped since then is lost to it, also where its outputs were dropped too.
		s.after = s.birth - 1
	case first > 0 && !s.outputs.Cursor().Any:
		// A new instance has lost nothing of what was dropped before it came.
		s.after = first - 1
	}
	return s.born(ctx)
}

// recall reads the first record that the instance was ever given. One behind the end of the journal is of another journal.
func (s *session) recall(ctx context.Context, last uint64) error {
	if s.cfg.Births == nil {
		return nil
	}
	row, found, err := s.cfg.Births.Get(ctx, s.cfg.Instance)
	if err != nil {
		return crashf(CauseJournal, "first record of the instance: %v", err)
	}
	if birth, _ := binary.Uvarint(row); found && birth <= last+1 {
		s.birth = birth
	}
	return nil
}

// born stores the first record that the instance is ever given, when it is not known yet.
func (s *session) born(ctx context.Context) error {
	if s.cfg.Births == nil || s.birth > 0 {
		return nil
	}
	s.birth = s.after + 1
	if err := s.cfg.Births.Put(ctx, s.cfg.Instance, binary.AppendUvarint(nil, s.birth)); err != nil {
		return crashf(CauseJournal, "first record of the instance: %v", err)
	}
	return nil
}
