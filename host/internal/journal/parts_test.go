package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func text(c *Checkpoint) string {
	if c == nil {
		return "none"
	}
	var b bytes.Buffer
	for _, p := range c.Parts {
		b.Write(p.Data)
	}
	return b.String()
}

// Checkpoints that share parts: what is saved is what is loaded, parts that nothing names are deleted, and one that shares nothing with
// the newest is kept beside the three newest, so that a damaged part costs time, not the state.
func TestPartsAreShared(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		epoch, err := j.Acquire(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		var parts []*Part
		for n := uint64(1); n <= 12; n++ {
			parts = append(parts[max(0, len(parts)-3):len(parts):len(parts)], &Part{Data: fmt.Appendf(nil, "%d.", n)})
			if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Epoch: epoch, Number: n, Parts: parts}); err != nil {
				t.Fatal(err)
			}
			parts[len(parts)-1].Data = nil
		}
		m, _, err := j.loadManifest(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		var numbers []uint64
		for _, c := range m.Checkpoints {
			numbers = append(numbers, c.Number)
		}
		if fmt.Sprint(numbers) != "[12 11 10 9 8]" {
			t.Errorf("kept are %d", numbers)
		}
		objects, err := j.objectsOf(t.Context(), "one")
		if err != nil || len(objects) != len(m.objects()) {
			t.Errorf("%d parts are stored (%v), %d are named", len(objects), err, len(m.objects()))
		}
		expect := func(want string) {
			t.Helper()
			if c, err := j.LoadCheckpoint(t.Context(), "one", nil); err != nil || text(c) != want {
				t.Errorf("loaded %s (%v), want %s", text(c), err, want)
			}
		}
		expect("9.10.11.12.")
		j.dropObjects(t.Context(), m.Checkpoints[0].Parts[3].Object)
		expect("8.9.10.11.")
		// A part of all three is another one's data: only the one apart is left.
		shared := m.Checkpoints[0].Parts[1].Object
		j.dropObjects(t.Context(), shared)
		if err := j.putObject(t.Context(), shared, []byte("xxx")); err != nil {
			t.Fatal(err)
		}
		expect("6.7.8.9.")
		j.dropObjects(t.Context(), m.Checkpoints[3].Parts[3].Object)
		expect("5.6.7.8.")
		if !strings.Contains(strings.Join(s.log.all(), "\n"), "part 2 of 4") {
			t.Error("nothing was said of the part")
		}
	})
}

func TestPartsThatAreGone(t *testing.T) {
	j := embeddedStore(t).open(t)
	parts := Whole([]byte("a"))
	if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: 1, Parts: parts}); err != nil {
		t.Fatal(err)
	}
	for n := uint64(2); n <= 4; n++ {
		if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: n, Parts: Whole([]byte("b"))}); err != nil {
			t.Fatal(err)
		}
	}
	next := append(parts, &Part{Data: []byte("c")})
	err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: 5, Parts: next})
	if err == nil || !strings.Contains(err.Error(), "is not stored any more") || next[1].Object != "" {
		t.Errorf("a checkpoint on a part that is gone: %v", err)
	}
	if c, err := j.LoadCheckpoint(t.Context(), "one", nil); err != nil || c.Number != 4 {
		t.Errorf("the former one is %v %v", c, err)
	}
	if objects, err := j.objectsOf(t.Context(), "one"); err != nil || len(objects) != 3 {
		t.Errorf("%d objects (%v), want three", len(objects), err)
	}
}

// What was read ahead is not read again, and what is saved meanwhile counts.
func TestCheckpointsAreReadAhead(t *testing.T) {
	j := embeddedStore(t).open(t)
	if c := j.Preload(t.Context(), "one"); c != nil {
		t.Errorf("read %v ahead of an instance that has none", c)
	}
	parts := []*Part{{Data: []byte("a")}, {Data: []byte("b")}, {Data: []byte("c")}}
	if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: 1, Parts: parts}); err != nil {
		t.Fatal(err)
	}
	j.dropObjects(t.Context(), parts[2].Object)
	ahead := j.Preload(t.Context(), "one")
	if text(ahead) != "ab" || ahead.Parts[2].Data != nil {
		t.Errorf("read %q ahead", text(ahead))
	}
	if c, err := j.LoadCheckpoint(t.Context(), "one", ahead); err != nil || c != nil {
		t.Errorf("loaded %q (%v) without its last part", text(c), err)
	}
	if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: 2, Parts: append(parts[:2:2], &Part{Data: []byte("d")})}); err != nil {
		t.Fatal(err)
	}
	j.dropObjects(t.Context(), parts[0].Object, parts[1].Object) // who reads them again finds nothing
	if c, err := j.LoadCheckpoint(t.Context(), "one", ahead); err != nil || c == nil || c.Number != 2 || text(c) != "abd" {
		t.Errorf("loaded %q (%v), want the newer one, abd", text(c), err)
	}
	if c, err := j.LoadCheckpoint(t.Context(), "one", nil); err != nil || c != nil {
		t.Errorf("loaded %q (%v) of parts that are gone", text(c), err)
	}
}

func TestPartsOfAnotherInstanceAreCopied(t *testing.T) {
	j := embeddedStore(t).open(t)
	if err := j.SaveCheckpoint(t.Context(), "one_rollback", Checkpoint{Number: 7, Parts: []*Part{{Data: []byte("a")}, {Data: []byte("b")}}}); err != nil {
		t.Fatal(err)
	}
	c, err := j.LoadCheckpoint(t.Context(), "one_rollback", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.SaveCheckpoint(t.Context(), "one", *c); err != nil {
		t.Fatal(err)
	}
	j.dropObjects(t.Context(), c.Parts[0].Object, c.Parts[1].Object)
	if c, err = j.LoadCheckpoint(t.Context(), "one", nil); err != nil || text(c) != "ab" || len(c.Parts) != 2 {
		t.Errorf("copy is %s %v", text(c), err)
	}
}

// A data folder from before there were parts names an object for each checkpoint.
func TestUndividedCheckpoints(t *testing.T) {
	j := embeddedStore(t).open(t)
	if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Number: 1, Parts: Whole([]byte("state"))}); err != nil {
		t.Fatal(err)
	}
	entry, err := j.manifest.Get(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	var row struct {
		Epoch       uint64           `json:"epoch"`
		Checkpoints []map[string]any `json:"checkpoints"`
	}
	if err := json.Unmarshal(entry.Value(), &row); err != nil {
		t.Fatal(err)
	}
	maps.Copy(row.Checkpoints[0], row.Checkpoints[0]["parts"].([]any)[0].(map[string]any))
	delete(row.Checkpoints[0], "parts")
	delete(row.Checkpoints[0], "sum") // they had another one
	row.Checkpoints[0]["sha256"] = fmt.Sprintf("%x", sha256.Sum256([]byte("state")))
	value, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.manifest.Put(t.Context(), "one", value); err != nil {
		t.Fatal(err)
	}
	if c, err := j.LoadCheckpoint(t.Context(), "one", nil); err != nil || text(c) != "state" || c.Number != 1 {
		t.Errorf("loaded %s, %v", text(c), err)
	}
	value = bytes.Replace(value, []byte(`"sha256":"`), []byte(`"sha256":"0`), 1)
	if _, err := j.manifest.Put(t.Context(), "one", value); err != nil {
		t.Fatal(err)
	}
	if c, err := j.LoadCheckpoint(t.Context(), "one", nil); err != nil || c != nil {
		t.Errorf("with another sum %s is loaded, %v", text(c), err)
	}
}

// However long the chains are: the newest three stay, few others do, and soon one of them shares nothing with the newest.
func TestShrinkKeepsOneApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m manifest
		var parts []*Part
		wholes := 0
		for n := uint64(1); n <= uint64(rapid.IntRange(1, 60).Draw(t, "checkpoints")); n++ {
			keep := min(len(parts), rapid.IntRange(0, 6).Draw(t, "keep"))
			if keep == 0 {
				wholes++
			}
			parts = append(parts[len(parts)-keep:len(parts):len(parts)], &Part{Object: strconv.FormatUint(n, 10)})
			before := len(m.Checkpoints)
			m.Checkpoints = append([]Checkpoint{{Number: n, Parts: parts}}, m.Checkpoints...)
			m.shrink()
			if len(m.Checkpoints) > 5 || len(m.Checkpoints) < min(3, before+1) {
				t.Fatalf("%d are kept", len(m.Checkpoints))
			}
			for i, c := range m.Checkpoints[:min(3, len(m.Checkpoints))] {
				if c.Number != n-uint64(i) {
					t.Fatalf("no. %d of those kept is %d of %d", i, c.Number, n)
				}
			}
			oldest := m.Checkpoints[len(m.Checkpoints)-1]
			if n > 15 && oldest.Parts[len(oldest.Parts)-1].Object >= parts[0].Object && len(oldest.Parts[len(oldest.Parts)-1].Object) >= len(parts[0].Object) {
				t.Fatalf("the oldest kept is %d, and the newest, %d, stands on %s and later", oldest.Number, n, parts[0].Object)
			}
		}
	})
}

// A server that cannot be asked for a state is no damage: whoever began anew then would forget all that it knew.
func TestStateThatCannotBeReadIsAnError(t *testing.T) {
	s := embeddedStore(t)
	j := s.open(t)
	epoch, err := j.Acquire(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Epoch: epoch, Number: 7, Parts: Whole([]byte("state"))}); err != nil {
		t.Fatal(err)
	}
	if err := j.node.js.DeleteStream(t.Context(), checkpointsStream); err != nil { // nobody answers for it
		t.Fatal(err)
	}
	if c, err := j.LoadCheckpoint(t.Context(), "one", nil); err == nil {
		t.Errorf("checkpoint %v, want an error", c)
	}
}
