package merge_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/ingest/merge"
)

// place is a transaction's place in the chain.
type place struct{ slot, index uint64 }

func (p place) signature() []byte {
	s := make([]byte, 64)
	s[0], s[1], s[2] = byte(p.slot), byte(p.slot>>8), byte(p.index)
	return s
}

// flow is ingest and merge in a row, and what came out.
type flow struct {
	ingest *ingest.Ingest
	merge  *merge.Merge[place]
	groups fold.GroupSet
	now    time.Time
	out    []place
}

func newFlow(groups int, c merge.Config) *flow {
	f := &flow{ingest: ingest.New(ingest.Config{}), merge: merge.New[place](c), groups: fold.AllGroups(groups), now: time.Unix(0, 0)}
	f.ingest.SetGroups(groups)
	return f
}

func (f *flow) transaction(p place, whole bool) {
	switch {
	case !f.ingest.Transaction(p.slot, p.signature()):
	case f.merge.Waits(p.slot, whole):
		f.merge.Hold(p.slot, p.index, 100, p)
	default:
		f.out = append(f.out, p)
	}
}

func (f *flow) meta(slot uint64, covers fold.GroupSet) {
	f.ingest.BlockMeta(&geyser.BlockMeta{Slot: slot, Parent: slot - 1}, covers)
	f.release()
}

func (f *flow) release() {
	err := f.merge.Release(f.now, f.groups, f.ingest.Frontier, func(p place) error { f.out = append(f.out, p); return nil })
	if err != nil {
		panic(err)
	}
}

func inOrder(a, b place) int {
	return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.index, b.index))
}

// step is one message of a connection: a transaction, or a slot's meta.
type step struct {
	place
	meta bool
}

// TestAnyInterleaving has connections bring overlapping parts of a chain at any pace; what comes out is the chain.
func TestAnyInterleaving(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, 4).Draw(t, "groups")
		connections := rapid.IntRange(1, 3).Draw(t, "connections")
		serves := make([]fold.GroupSet, connections)
		for g := range groups {
			at := rapid.IntRange(0, connections-1).Draw(t, "home")
			serves[at] = serves[at].With(g)
			if rapid.Bool().Draw(t, "copied") {
				other := rapid.IntRange(0, connections-1).Draw(t, "copy")
				serves[other] = serves[other].With(g)
			}
		}
		var chain []place
		streams := make([][]step, connections)
		for slot := uint64(100); slot < 100+uint64(rapid.IntRange(1, 8).Draw(t, "slots")); slot++ {
			for index := range uint64(rapid.IntRange(0, 6).Draw(t, "transactions")) {
				p := place{slot, index}
				chain = append(chain, p)
				of := fold.GroupSet(rapid.Uint64Range(1, uint64(fold.AllGroups(groups))).Draw(t, "of"))
				for c, s := range serves {
					if s&of != 0 {
						streams[c] = append(streams[c], step{p, false})
					}
				}
			}
			for c := range streams {
				streams[c] = append(streams[c], step{place{slot: slot}, true})
			}
		}
		f := newFlow(groups, merge.Config{})
		for {
			var ready []int
			for c, s := range streams {
				if len(s) > 0 {
					ready = append(ready, c)
				}
			}
			if len(ready) == 0 {
				break
			}
			c := rapid.SampledFrom(ready).Draw(t, "next")
			s := streams[c][0]
			streams[c] = streams[c][1:]
			if s.meta {
				f.meta(s.slot, serves[c])
			} else {
				f.transaction(s.place, serves[c] == f.groups)
			}
		}
		if !slices.Equal(f.out, chain) {
			t.Fatalf("came out as\n%v, the chain is\n%v", f.out, chain)
		}
		if s := f.merge.Stats(); s.Items != 0 || s.Bytes != 0 || s.Early != 0 || s.Late != 0 {
			t.Fatalf("at the end: %+v", s)
		}
	})
}

// both is two groups that come by two connections.
const (
	first  = fold.GroupSet(1)
	second = fold.GroupSet(2)
)

// warm brings slot 100 for both groups.
func warm(f *flow) {
	f.meta(100, first)
	f.meta(100, second)
}

func TestWholeConnectionWaitsForNothing(t *testing.T) {
	f := newFlow(2, merge.Config{})
	warm(f)
	f.transaction(place{101, 3}, true)
	f.transaction(place{101, 5}, true)
	if want := []place{{101, 3}, {101, 5}}; !slices.Equal(f.out, want) {
		t.Fatalf("out %v, want %v", f.out, want)
	}
	f.transaction(place{101, 6}, false) // of a slot in which something waits, all waits
	f.transaction(place{101, 7}, true)
	f.transaction(place{102, 1}, true)
	if len(f.out) != 2 {
		t.Fatalf("out %v, want no more than two", f.out)
	}
	f.meta(101, first|second)
	if want := []place{{101, 3}, {101, 5}, {101, 6}, {101, 7}}; !slices.Equal(f.out, want) {
		t.Fatalf("out %v, want %v", f.out, want)
	}
}

// lag lets the first group lead by so many seconds of one slot each.
func lag(f *flow, from, seconds uint64) {
	for slot := from; slot < from+seconds; slot++ {
		f.now = f.now.Add(time.Second)
		f.transaction(place{slot, 0}, false)
		f.meta(slot, first)
	}
}

func TestGroupThatStaysBehindIsWaived(t *testing.T) {
	f := newFlow(2, merge.Config{Patience: 5 * time.Second})
	warm(f)
	lag(f, 101, 4)
	if len(f.out) != 0 || f.merge.Waived() != 0 {
		t.Fatalf("after 4 s: out %v, waived %b", f.out, f.merge.Waived())
	}
	lag(f, 105, 1)
	if len(f.out) != 5 || f.merge.Waived() != second || f.merge.Bound() != 105 {
		t.Fatalf("after 5 s: out %v, waived %b, bound %d", f.out, f.merge.Waived(), f.merge.Bound())
	}
	f.transaction(place{102, 1}, false)
	if s := f.merge.Stats(); len(f.out) != 6 || s.Late != 1 || s.Waived != 1 {
		t.Fatalf("what is late: out %v, stats %+v", f.out, s)
	}
	for slot := uint64(101); slot <= 105; slot++ {
		f.meta(slot, second)
	}
	if f.merge.Waived() != 0 {
		t.Fatalf("caught up, and waived is still %b", f.merge.Waived())
	}
	f.transaction(place{106, 0}, false)
	f.meta(106, first)
	if len(f.out) != 6 {
		t.Fatalf("out %v: it waits again", f.out)
	}
}

func TestGroupThatIsAddedLaterHoldsNothingBack(t *testing.T) {
	f := newFlow(2, merge.Config{})
	warm(f)
	f.ingest.SetGroups(3)
	f.groups = fold.AllGroups(3)
	f.transaction(place{101, 0}, false)
	f.meta(101, first|second)
	if want := []place{{101, 0}}; !slices.Equal(f.out, want) {
		t.Fatalf("out %v, want %v", f.out, want)
	}
	f.meta(102, 4) // it begins
	f.transaction(place{103, 0}, false)
	f.meta(103, first|second)
	if len(f.out) != 1 {
		t.Fatalf("out %v: it is not waited for", f.out)
	}
}

func TestGroupsOfAFirstStartAreWaitedFor(t *testing.T) {
	f := newFlow(2, merge.Config{})
	f.transaction(place{100, 1}, false)
	f.meta(100, first)
	f.transaction(place{100, 0}, false)
	f.meta(100, second)
	if want := []place{{100, 0}, {100, 1}}; !slices.Equal(f.out, want) {
		t.Fatalf("out %v, want %v", f.out, want)
	}
}

func TestOutageIsNobodysDelay(t *testing.T) {
	f := newFlow(2, merge.Config{Patience: 5 * time.Second})
	warm(f)
	lag(f, 101, 2)
	f.now = f.now.Add(time.Hour) // nothing comes
	lag(f, 103, 1)
	if f.merge.Waived() != 0 {
		t.Fatal("an outage of all counted against one group")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	f := newFlow(2, merge.Config{MostBytes: 1000})
	warm(f)
	for i := range uint64(12) {
		f.transaction(place{101 + i/4, 3 - i%4}, false)
	}
	if !f.merge.Full() {
		t.Fatal("1200 bytes are not too much")
	}
	f.release()
	want := []place{{101, 0}, {101, 1}, {101, 2}, {101, 3}}
	if s := f.merge.Stats(); !slices.Equal(f.out, want) || s.Early != 4 || s.Bytes != 800 || f.merge.Bound() != 101 {
		t.Fatalf("out %v, stats %+v, bound %d", f.out, s, f.merge.Bound())
	}
}

func TestServerWithoutBlockMetas(t *testing.T) {
	f := newFlow(2, merge.Config{Patience: 3 * time.Second})
	for slot := uint64(100); slot < 140; slot++ {
		f.now = f.now.Add(time.Second)
		f.transaction(place{slot, 0}, false)
		f.release()
	}
	if len(f.out) == 0 || !slices.IsSortedFunc(f.out, inOrder) {
		t.Fatalf("out %v", f.out)
	}
}

func TestErrorEndsRelease(t *testing.T) {
	m := merge.New[int](merge.Config{})
	m.Hold(5, 0, 1, 1)
	m.Hold(5, 1, 1, 2)
	bad := errors.New("no")
	err := m.Release(time.Now(), 1, func(int) uint64 { return 5 }, func(int) error { return bad })
	if !errors.Is(err, bad) || m.Stats().Items != 1 {
		t.Fatalf("%v, %+v", err, m.Stats())
	}
}
