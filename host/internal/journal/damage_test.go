package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// blocks returns the block files of the stream of frames.
func blocks(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", framesStream, "msgs", "*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no block files in %s: %v", dir, err)
	}
	return files
}

// flip inverts bits of some bytes of a file.
func flip(t *testing.T, file string, random *rand.Rand, count int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for range count {
		b[random.IntN(len(b))] ^= 1 << random.IntN(8)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// covered checks that records and gaps together are all numbers once, and that each record is the one that was appended.
func covered(t *testing.T, got []Envelope, gaps []GapError, last uint64) {
	t.Helper()
	missing := uint64(0)
	for _, g := range gaps {
		missing += g.To - g.From + 1
	}
	if uint64(len(got))+missing != last {
		t.Fatalf("%d records and %d missing, want %d together", len(got), missing, last)
	}
	for _, e := range got {
		if want := signature(1, e.Number-1); string(field(e.Record, 1)) != string(want) {
			t.Fatalf("record %d is another one", e.Number)
		}
	}
}

func TestFlippedBitsBecomeGaps(t *testing.T) {
	for _, c := range []struct {
		name  string
		count int
		index bool // the server's index of the stream is lost too
	}{{"one bit", 1, false}, {"one bit, no index", 1, true}, {"many bits", 40, false}, {"many bits, no index", 40, true}} {
		t.Run(c.name, func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			s := embeddedStore(t)
			j := s.open(t)
			const count = 30_000
			for i := range uint64(count) {
				if err := j.Append(trades(1, i, 1), 0); err != nil {
					t.Fatal(err)
				}
				if i%50 == 49 {
					flush(t, j)
				}
			}
			flush(t, j)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			files := blocks(t, s.cfg.Dir)
			flip(t, files[len(files)/2], rand.New(rand.NewPCG(seed, 2)), c.count)
			if c.index {
				os.Remove(filepath.Join(filepath.Dir(files[0]), "index.db"))
			}
			j = s.open(t)
			got, gaps := read(t, j, 0)
			st := j.Status()
			if st.Last != count {
				t.Errorf("last number %d, want %d", st.Last, count)
			}
			covered(t, got, gaps, count)
			t.Logf("%d blocks, %d records read, gaps %v", len(files), len(got), gaps)
			if len(gaps) == 0 || len(st.Gaps) == 0 || !strings.Contains(strings.Join(s.log.all(), "\n"), "records are missing") {
				t.Errorf("gaps %v, status %v: damage was passed over in silence", gaps, st.Gaps)
			}
			if err := j.Append(trades(1, count, 1), 0); err != nil {
				t.Fatal(err)
			}
			flush(t, j)
			if got, _ := read(t, j, count); len(got) != 1 || got[0].Number != count+1 {
				t.Errorf("numbering does not go on: %v", got)
			}
		})
	}
}

func TestLostEndIsAGapAndNumbersGoOn(t *testing.T) {
	s := embeddedStore(t)
	j := s.open(t)
	for i := range uint64(100) {
		if err := j.Append(trades(1, i, 1), 0); err != nil {
			t.Fatal(err)
		}
		flush(t, j)
	}
	j.Complete(77)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	files := blocks(t, s.cfg.Dir)
	end := files[len(files)-1]
	info, err := os.Stat(end)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(end, info.Size()*9/10); err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(filepath.Dir(end), "index.db"))
	j = s.open(t)
	got, gaps := read(t, j, 0)
	covered(t, got, gaps, 100)
	st := j.Status()
	if st.Last != 100 || len(gaps) != 1 || gaps[0].To != 100 || st.CompleteSlot != 0 {
		t.Errorf("status %+v, gaps %v: want last 100, one gap up to it, and no frontier", st, gaps)
	}
	if err := j.Append(trades(1, 100, 1), 0); err != nil {
		t.Fatal(err)
	}
	flush(t, j)
	if got, _ := read(t, j, 100); len(got) != 1 || got[0].Number != 101 {
		t.Errorf("the next number is not 101: %v", got)
	}
}

// A checkpoint or an output that speaks of a number keeps it from being given again.
func TestNumbersKnownFromCheckpointsAreNotGivenAgain(t *testing.T) {
	s := embeddedStore(t)
	j := s.open(t)
	if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: 500}); err != nil {
		t.Fatal(err)
	}
	_, out := acquire(t, j, "two")
	add(t, out, 600, 1)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = s.open(t)
	appendAll(t, j, 1, 0, 1, 1)
	flush(t, j)
	got, gaps := read(t, j, 0)
	if len(got) != 1 || got[0].Number != 601 || len(gaps) != 1 || gaps[0].To != 600 {
		t.Errorf("records %v, gaps %v", got, gaps)
	}
}

func TestReaderThatFellOffRetentionIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		s.cfg.MaxBytes, s.cfg.TailBytes = 1<<20, 1<<10
		j := s.open(t)
		slow := j.NewReader(0)
		appendAll(t, j, 1, 0, 1, 1)
		flush(t, j)
		if f, err := slow.Next(t.Context()); err != nil || f.Last != 1 {
			t.Fatalf("%+v %v", f, err)
		}
		for i := range uint64(4000) {
			if err := j.Append(trades(1, 1+i, 1), 0); err != nil {
				t.Fatal(err)
			}
			if i%20 == 0 {
				flush(t, j)
			}
		}
		flush(t, j)
		var gap *GapError
		f, err := slow.Next(t.Context())
		if !errors.As(err, &gap) || gap.From != 2 || gap.To < 100 || gap.Reason != reasonRetention {
			t.Fatalf("got frame %d-%d, %v", f.First, f.Last, err)
		}
		if f, err = slow.Next(t.Context()); err != nil || f.First != gap.To+1 {
			t.Fatalf("after the gap to %d: frame %d-%d, %v", gap.To, f.First, f.Last, err)
		}
		eventually(t, "Status knows", func() bool { st := j.Status(); return st.First == gap.To+1 && st.Bytes <= 1<<20 })
		if st := j.Status(); len(st.Gaps) != 0 {
			t.Errorf("status %+v: retention is not damage", st)
		}
	})
}

func TestTrimKeepsWhatComesAfter(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		s.cfg.TailBytes = 1 << 10
		j := s.open(t)
		for i := range uint64(100) {
			appendAll(t, j, 1, 10*i, 10*i+10, 1)
			flush(t, j)
		}
		if err := j.Trim(t.Context(), 500); err != nil {
			t.Fatal(err)
		}
		got, gaps := read(t, j, 0)
		if len(gaps) != 1 || gaps[0].Reason != reasonRetention || gaps[0].To > 500 || gaps[0].To < 400 {
			t.Errorf("gaps %v", gaps)
		}
		covered(t, got, gaps, 1000)
		if got, gaps := read(t, j, 500); len(got) != 500 || len(gaps) != 0 {
			t.Errorf("%d records after 500, gaps %v", len(got), gaps)
		}
		if err := j.Trim(t.Context(), 1<<60); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if st := s.open(t).Status(); st.Last != 1000 || st.First == 0 {
			t.Errorf("after trimming all: %+v", st)
		}
	})
}

// When age took every frame, numbers and frontier go on from the row beside the stream.
func TestEmptiedJournalGoesOn(t *testing.T) {
	s := embeddedStore(t)
	j := s.open(t)
	appendAll(t, j, 3, 0, 10, 1)
	j.Complete(3)
	flush(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = s.open(t)
	if err := j.frames.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = s.open(t)
	if st := j.Status(); st.Last != 10 || st.CompleteSlot != 3 || len(st.Gaps) != 0 {
		t.Errorf("status %+v", st)
	}
	appendAll(t, j, 4, 0, 1, 1)
	flush(t, j)
	got, gaps := read(t, j, 0)
	if len(got) != 1 || got[0].Number != 11 || len(gaps) != 1 || gaps[0].To != 10 {
		t.Errorf("records %v, gaps %v", got, gaps)
	}
}

func TestReaderWaitsForNewFrames(t *testing.T) {
	j := embeddedStore(t).open(t)
	frames := make(chan Frame)
	ended := make(chan error, 1)
	go func() {
		r := j.NewReader(0)
		for {
			f, err := r.Next(context.Background())
			if err != nil {
				ended <- err
				return
			}
			frames <- f
		}
	}()
	for i := range uint64(20) {
		appendAll(t, j, 1, i, i+1, 1)
		select {
		case f := <-frames:
			if f.First != i+1 || f.Last != i+1 {
				t.Fatalf("frame %d-%d", f.First, f.Last)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("no frame")
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("reader of a closed journal: %v", err)
	}
}

func TestDamagedLastFrame(t *testing.T) {
	for _, index := range []bool{true, false} {
		t.Run(fmt.Sprintf("index %v", index), func(t *testing.T) {
			s := embeddedStore(t)
			j := s.open(t)
			for i := range uint64(100) {
				appendAll(t, j, 1, i, i+1, 1)
				flush(t, j)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			files := blocks(t, s.cfg.Dir)
			b, err := os.ReadFile(files[len(files)-1])
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)-100] ^= 4
			if err := os.WriteFile(files[len(files)-1], b, 0o600); err != nil {
				t.Fatal(err)
			}
			if !index {
				os.Remove(filepath.Join(filepath.Dir(files[0]), "index.db"))
			}
			j = s.open(t)
			appendAll(t, j, 1, 100, 101, 1)
			flush(t, j)
			got, gaps := read(t, j, 0)
			covered(t, got, gaps, 101)
			if len(gaps) != 1 || gaps[0].From != 100 || gaps[0].To != 100 || got[len(got)-1].Number != 101 {
				t.Errorf("gaps %v, want number 100; last record %d, want 101", gaps, got[len(got)-1].Number)
			}
		})
	}
}

// A flipped bit in the sequence of a record header made the server count for hours.
func TestImpossibleSequenceInABlock(t *testing.T) {
	s := embeddedStore(t)
	j := s.open(t)
	for i := range uint64(100) {
		appendAll(t, j, 1, i, i+1, 1)
		flush(t, j)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	file := blocks(t, s.cfg.Dir)[0]
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	second := int(binary.LittleEndian.Uint32(b) &^ (1 << 31))
	b[second+4+5] ^= 1 // the sixth byte of the second record's sequence
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	j = s.open(t)
	got, gaps := read(t, j, 0)
	covered(t, got, gaps, 100)
	if time.Since(began) > 10*time.Second || len(gaps) == 0 || gaps[0].From != 2 {
		t.Errorf("after %s: gaps %v, want one from 2 on", time.Since(began), gaps)
	}
}
