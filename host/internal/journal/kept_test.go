package journal

import (
	"testing"
)

// What a plugin that crashed needs is in memory, within bounds, and only the newest of it.
func TestNewestStatesStayInMemory(t *testing.T) {
	s := embeddedStore(t)
	s.cfg.StateBytes = 10
	j := s.open(t)
	save := func(instance string, number uint64, parts []*Part) []*Part {
		t.Helper()
		if err := j.SaveCheckpoint(t.Context(), instance, Checkpoint{Number: number, Parts: parts}); err != nil {
			t.Fatal(err)
		}
		return parts
	}
	gone := func(parts []*Part) { // from the store
		for _, p := range parts {
			j.dropObjects(t.Context(), p.Object)
			p.Data = nil
		}
	}
	holds := func(instance, want string) {
		t.Helper()
		c, err := j.LoadCheckpoint(t.Context(), instance, nil)
		if err != nil || text(c) != want {
			t.Errorf("loaded %q of %s (%v), want %q", text(c), instance, err, want)
		}
		if j.kept.bytes > 10 {
			t.Errorf("%d bytes are kept", j.kept.bytes)
		}
	}
	parts := save("one", 1, []*Part{{Data: []byte("aa")}, {Data: []byte("bb")}})
	parts = save("one", 2, []*Part{parts[1], {Data: []byte("cc")}})
	gone(parts)
	holds("one", "bbcc")
	if j.kept.bytes != 4 {
		t.Errorf("%d bytes are kept of 4", j.kept.bytes)
	}
	save("one_more", 1, []*Part{{Data: []byte("dd")}})
	holds("one", "bbcc")
	large := save("two", 1, []*Part{{Data: []byte("larger")}})
	holds("two", "larger")
	gone(large)
	if c, err := j.LoadCheckpoint(t.Context(), "two", nil); err != nil || c != nil {
		t.Errorf("loaded %q (%v), which there was no room for", text(c), err)
	}

	j.Close()
	again := s.open(t) // a state that was read stays too
	if c, err := again.LoadCheckpoint(t.Context(), "one_more", nil); err != nil || text(c) != "dd" || again.kept.bytes != 2 {
		t.Errorf("loaded %q (%v), %d bytes are kept", text(c), err, again.kept.bytes)
	}
	none := newKept(-1)
	if none.add("x", nil); len(none.parts) > 0 {
		t.Errorf("kept %v", none.parts)
	}
}
