package replay_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/replay"
	"github.com/weir-run/weir/host/internal/capture"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

func signature(n int) []byte { return binary.BigEndian.AppendUint64(make([]byte, 56), uint64(n)) }

func tx(slot uint64, n int, index uint64) *geyserpb.SubscribeUpdate {
	return &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{Transaction: &geyserpb.SubscribeUpdateTransaction{
		Slot: slot, Transaction: &geyserpb.SubscribeUpdateTransactionInfo{Signature: signature(n), Index: index},
	}}}
}

func meta(slot, parent uint64) *geyserpb.SubscribeUpdate {
	return &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_BlockMeta{BlockMeta: &geyserpb.SubscribeUpdateBlockMeta{
		Slot: slot, ParentSlot: parent, Blockhash: fmt.Sprint("hash", slot), BlockTime: &storagepb.UnixTimestamp{Timestamp: int64(slot) * 10},
		BlockHeight: &storagepb.BlockHeight{BlockHeight: slot - 1},
	}}}
}

func dead(slot uint64) *geyserpb.SubscribeUpdate {
	return &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Slot{Slot: &geyserpb.SubscribeUpdateSlot{Slot: slot, Status: geyserpb.SlotStatus_SLOT_DEAD}}}
}

func block(slot uint64, n ...int) *geyserpb.SubscribeUpdate {
	b := &geyserpb.SubscribeUpdateBlock{Slot: slot, ParentSlot: slot - 1}
	for i, n := range n {
		b.Transactions = append(b.Transactions, &geyserpb.SubscribeUpdateTransactionInfo{Signature: signature(n), Index: uint64(i)})
	}
	return &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Block{Block: b}}
}

// record writes a capture of updates.
func record(tb testing.TB, path string, part int, updates ...*geyserpb.SubscribeUpdate) {
	tb.Helper()
	w, err := capture.Create(capture.WriterConfig{Path: path, Header: capture.Header{Started: time.Unix(int64(part)+1, 0)}})
	if err != nil {
		tb.Fatal(err)
	}
	for _, u := range updates {
		raw := []byte{0xff}
		if u != nil {
			if raw, err = proto.Marshal(u); err != nil {
				tb.Fatal(err)
			}
		}
		if err := w.Write(1, raw); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
}

// play prints the blocks as "slot<parent: transactions".
func play(tb testing.TB, s *replay.Source) []string {
	tb.Helper()
	var out []string
	for {
		b, err := s.Next(tb.Context())
		if errors.Is(err, io.EOF) {
			if err := s.Close(); err != nil {
				tb.Error(err)
			}
			return out
		}
		if err != nil {
			tb.Fatal(err)
		}
		line := fmt.Appendf(nil, "%d<%d:", b.Slot, b.Parent)
		for _, t := range b.Transactions {
			line = fmt.Append(line, " ", binary.BigEndian.Uint64(t.Info.GetSignature()[56:]))
		}
		out = append(out, string(line))
	}
}

func TestBlocksOfACapture(t *testing.T) {
	for name, c := range map[string]struct {
		updates []*geyserpb.SubscribeUpdate
		want    []string
		stats   replay.Stats
	}{
		"in order": {
			[]*geyserpb.SubscribeUpdate{tx(10, 1, 3), tx(10, 2, 7), meta(10, 9), tx(12, 3, 0), meta(12, 10)},
			[]string{"10<9: 1 2", "12<10: 3"},
			replay.Stats{Updates: 5, Transactions: 3, Slots: 2},
		},
		"mixed slots and order within": {
			[]*geyserpb.SubscribeUpdate{tx(11, 3, 9), tx(10, 1, 5), tx(11, 4, 2), meta(11, 10), tx(10, 2, 1), meta(10, 9)},
			[]string{"10<9: 2 1", "11<10: 4 3"},
			replay.Stats{Updates: 6, Transactions: 4, Slots: 2},
		},
		"resumed stream": {
			[]*geyserpb.SubscribeUpdate{tx(10, 1, 0), meta(10, 9), tx(11, 2, 0), tx(10, 1, 0), meta(10, 9), tx(11, 2, 0), tx(11, 3, 1), meta(11, 10)},
			[]string{"10<9: 1", "11<10: 2 3"},
			replay.Stats{Updates: 8, Transactions: 3, Duplicates: 2, Slots: 2},
		},
		"dead slot and no meta": {
			[]*geyserpb.SubscribeUpdate{tx(10, 1, 0), tx(11, 2, 0), dead(11), tx(12, 3, 0), meta(12, 10)},
			[]string{"10<0: 1", "12<10: 3"},
			replay.Stats{Updates: 5, Transactions: 2, Slots: 2, WithoutMeta: 1, Dead: 1},
		},
		"whole blocks": {
			[]*geyserpb.SubscribeUpdate{block(10, 1, 2), block(11)},
			[]string{"10<9: 1 2", "11<10:"},
			replay.Stats{Updates: 2, Transactions: 2, Slots: 2},
		},
		"late and malformed": {
			[]*geyserpb.SubscribeUpdate{tx(10, 1, 0), meta(10, 9), nil, tx(14, 2, 0), meta(14, 13), tx(10, 3, 1), meta(5, 20)},
			[]string{"10<9: 1", "14<13: 2"},
			replay.Stats{Updates: 7, Malformed: 1, Transactions: 2, Late: 1, Slots: 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.weircap")
			record(t, path, 0, c.updates...)
			s, err := replay.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := play(t, s); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if s.Stats() != c.stats {
				t.Errorf("counted %+v, want %+v", s.Stats(), c.stats)
			}
		})
	}
}

func TestPartsArePlayedInOrder(t *testing.T) {
	a, b := filepath.Join(t.TempDir(), "a.weircap"), filepath.Join(t.TempDir(), "b.weircap")
	record(t, a, 0, tx(10, 1, 0))
	record(t, b, 1, tx(10, 2, 1), meta(10, 9))
	s, err := replay.Open(b, a)
	if err != nil {
		t.Fatal(err)
	}
	if got := play(t, s); !slices.Equal(got, []string{"10<9: 1 2"}) {
		t.Errorf("got %q", got)
	}
	if _, err := replay.Open(a, filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file was opened")
	}
}

var _ geysersim.Source = (*replay.Source)(nil)
