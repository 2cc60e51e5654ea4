package journal

import "testing"

// A reader that is behind gets small frames joined, from memory and from the stream, and one that is not gets each as it comes.
func TestSmallFramesAreJoinedForAReaderThatIsBehind(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		const count = 500
		for name, tail := range map[string]int64{"memory": 0, "stream": 1} {
			s.cfg.TailBytes = tail
			j := s.open(t)
			before := j.Status().Last
			for i := range uint64(count) {
				appendAll(t, j, 1, before+i, before+i+1, 1)
				flush(t, j)
			}
			frames, r := 0, j.NewReader(before)
			for after := before; after < before+count; frames++ {
				f, err := r.Next(t.Context())
				if err != nil || f.First != after+1 {
					t.Fatalf("%s: frame %d-%d after %d: %v", name, f.First, f.Last, after, err)
				}
				for e, err := range Envelopes(f.Payload) {
					if after++; err != nil || e.Number != after {
						t.Fatalf("%s: envelope %d instead of %d: %v", name, e.Number, after, err)
					}
				}
				if n := f.Last - f.First + 1; after != f.Last || n > joinRecords || len(f.Payload) > joinBytes {
					t.Fatalf("%s: frame %d-%d ends at %d, %d bytes", name, f.First, f.Last, after, len(f.Payload))
				}
			}
			if frames > count/joinRecords+count/fetchFrames+1 {
				t.Errorf("%s: %d records came in %d frames", name, count, frames)
			}
			appendAll(t, j, 1, before+count, before+count+1, 1)
			if f, err := r.Next(t.Context()); err != nil || f.Last != before+count+1 {
				t.Errorf("%s: the newest is %d-%d, %v", name, f.First, f.Last, err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Large frames stay as they are: they are not copied.
func TestLargeFramesAreNotJoined(t *testing.T) {
	j := embeddedStore(t).open(t)
	for i := range uint64(4) {
		appendAll(t, j, 1, i, i+1, 2*joinRecords)
		flush(t, j)
	}
	r := j.NewReader(0)
	for n := range uint64(4) {
		f, err := r.Next(t.Context())
		if err != nil || f.First != n*2*joinRecords+1 || f.Last != (n+1)*2*joinRecords {
			t.Errorf("frame %d is %d-%d: %v", n, f.First, f.Last, err)
		}
		if at := j.ring.find(f.First).frame; &at.Payload[0] != &f.Payload[0] {
			t.Errorf("frame %d was copied", n)
		}
	}
}
