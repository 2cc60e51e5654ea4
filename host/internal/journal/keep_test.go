package journal

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
)

func TestCheckpointsFallBack(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		if c, err := j.LoadCheckpoint(t.Context(), "one", nil); c != nil || err != nil {
			t.Fatalf("new instance has checkpoint %v %v", c, err)
		}
		epoch, err := j.Acquire(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		want := map[uint64]Checkpoint{}
		for n := uint64(1); n <= 5; n++ {
			c := Checkpoint{
				Epoch: epoch, Number: n * 10, StateVersion: 2, Digest: "d", ConfigHash: "c", Outputs: Cursor{Cause: n, Index: 1, Any: true},
				Parts: Whole(bytes.Repeat([]byte{byte(n)}, 300_000)),
			}
			want[c.Number] = c
			if err := j.SaveCheckpoint(t.Context(), "one", c); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = s.open(t)
		if err := j.SaveCheckpoint(t.Context(), "other", Checkpoint{Number: 1}); err != nil {
			t.Fatal(err)
		}
		if objects, err := j.objectsOf(t.Context(), "one"); err != nil || len(objects) != 3 {
			t.Errorf("%d objects (%v), want three", len(objects), err)
		}
		// The newest loses its object, the second is another one's data: the third answers.
		m, _, err := j.loadManifest(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		expect := func(number uint64) {
			t.Helper()
			c, err := j.LoadCheckpoint(t.Context(), "one", nil)
			if err != nil || c == nil {
				t.Fatalf("checkpoint %v %v", c, err)
			}
			w := want[number]
			if !bytes.Equal(c.Parts[0].Data, w.Parts[0].Data) || c.Number != w.Number || c.StateVersion != 2 || c.Digest != "d" || c.ConfigHash != "c" || c.Outputs != w.Outputs {
				t.Errorf("checkpoint at %d with %d bytes, want the one at %d", c.Number, c.Size(), number)
			}
		}
		expect(50)
		j.dropObjects(t.Context(), m.Checkpoints[0].Parts[0].Object)
		expect(40)
		j.dropObjects(t.Context(), m.Checkpoints[1].Parts[0].Object)
		if err := j.putObject(t.Context(), m.Checkpoints[1].Parts[0].Object, bytes.Repeat([]byte{9}, 300_000)); err != nil {
			t.Fatal(err)
		}
		expect(30)
		if !strings.Contains(strings.Join(s.log.all(), "\n"), "checkpoint is damaged") {
			t.Error("nothing was said")
		}
		j.dropObjects(t.Context(), m.Checkpoints[2].Parts[0].Object)
		if c, err := j.LoadCheckpoint(t.Context(), "one", nil); c != nil || err != nil {
			t.Errorf("with none left: %v %v", c, err)
		}
	})
}

func TestAcquireSweepsUnfinishedCheckpoints(t *testing.T) {
	j := embeddedStore(t).open(t)
	if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: 1, Parts: Whole([]byte("state"))}); err != nil {
		t.Fatal(err)
	}
	if err := j.putObject(t.Context(), "one.left-by-a-crash", []byte("half")); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Acquire(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	if objects, err := j.objectsOf(t.Context(), "one"); err != nil || len(objects) != 1 {
		t.Errorf("objects %v (%v), want the finished one only", objects, err)
	}
	if c, err := j.LoadCheckpoint(t.Context(), "one", nil); err != nil || c == nil || string(c.Parts[0].Data) != "state" {
		t.Errorf("the finished one is gone: %v %v", c, err)
	}
}

func TestTable(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		tokens, err := j.Table(t.Context(), "tokens")
		if err != nil {
			t.Fatal(err)
		}
		if _, found, err := tokens.Get(t.Context(), "absent"); found || err != nil {
			t.Errorf("absent key: %v %v", found, err)
		}
		for key, value := range map[string]string{"So11111111111111111111111111111111111111112": "SOL", "a": "x"} {
			if err := tokens.Put(t.Context(), key, []byte(value)); err != nil {
				t.Fatal(err)
			}
		}
		if err := tokens.Put(t.Context(), "a", []byte("y")); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = s.open(t)
		if tokens, err = j.Table(t.Context(), "tokens"); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		if err := tokens.All(t.Context(), func(key string, value []byte) error { got[key] = string(value); return nil }); err != nil {
			t.Fatal(err)
		}
		if want := map[string]string{"So11111111111111111111111111111111111111112": "SOL", "a": "y"}; !maps.Equal(got, want) {
			t.Errorf("table holds %v, want %v", got, want)
		}
		if v, found, err := tokens.Get(t.Context(), "a"); !found || err != nil || string(v) != "y" {
			t.Errorf("a is %q %v %v", v, found, err)
		}
		if _, err := j.Table(t.Context(), "a b"); err == nil {
			t.Error("a name with a blank was taken")
		}
	})
}

func TestBigTransactions(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		appendAll(t, j, 1, 0, 3, 1)
		big := trades(2, 0, 3)
		for _, r := range big {
			r.GetTrade().InstructionName = strings.Repeat("x", 200<<10)
		}
		if err := j.Append(big, 0); err != nil {
			t.Fatal(err)
		}
		huge := trades(3, 7, 5)
		for _, r := range huge {
			r.GetTrade().InstructionName = strings.Repeat("x", 200<<10)
		}
		err := j.Append(huge, 0)
		if err == nil || !strings.Contains(err.Error(), base58.Encode(signature(3, 7))) || !strings.Contains(err.Error(), "921600") {
			t.Errorf("huge transaction: %v", err)
		}
		appendAll(t, j, 4, 0, 3, 1)
		flush(t, j)
		got, gaps := read(t, j, 0)
		if len(got) != 9 || len(gaps) != 0 || got[3].Slot != 2 || got[6].Slot != 4 {
			t.Errorf("%d records, gaps %v", len(got), gaps)
		}
	})
}

func TestTailFindsSignatures(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		s.cfg.TailBytes = 1 << 10
		j := s.open(t)
		for slot := uint64(1); slot <= 100; slot++ {
			appendAll(t, j, slot, 0, 3, 2)
			if slot > 1 {
				appendAll(t, j, slot-1, 3, 4, 1) // a late one
			}
			if slot%3 == 0 {
				flush(t, j)
			}
		}
		flush(t, j)
		check := func(j *Journal, from uint64) {
			t.Helper()
			got := map[uint64]map[byte]bool{}
			err := j.Tail(t.Context(), from, func(slot uint64, s []byte) {
				if slot < from || len(s) != 64 || uint64(s[0]) != slot {
					t.Fatalf("visited slot %d, signature %x", slot, s)
				}
				if got[slot] == nil {
					got[slot] = map[byte]bool{}
				}
				got[slot][s[8]] = true
			})
			if err != nil {
				t.Fatal(err)
			}
			for slot := max(from, 1); slot <= 100; slot++ {
				if want := 4 - int(slot/100); len(got[slot]) != want {
					t.Errorf("from %d: slot %d has %d signatures, want %d", from, slot, len(got[slot]), want)
				}
			}
		}
		check(j, 90)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = s.open(t)
		for _, from := range []uint64{0, 1, 57, 100, 101} {
			check(j, from)
		}
	})
}
