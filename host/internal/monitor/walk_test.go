package monitor

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

func envelopes(t *rapid.T) []*pluginv1.Envelope {
	number := rapid.Uint64Range(0, 1<<40).Draw(t, "number")
	var out []*pluginv1.Envelope
	for range rapid.IntRange(0, 40).Draw(t, "count") {
		number++
		out = append(out, &pluginv1.Envelope{
			Number: number, Slot: number / 3, ReceivedUnixNanos: 1 + number*7,
			Kind: eventv1.Kind(rapid.IntRange(1, 7).Draw(t, "kind")), Venue: eventv1.Venue(rapid.IntRange(0, 3).Draw(t, "venue")),
			Record: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "record"),
		})
	}
	return out
}

// TestCutAndBatch compares what a plugin gets with messages that were filtered and encoded by the book.
func TestCutAndBatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := envelopes(t)
		kinds := rapid.SliceOfDistinct(rapid.SampledFrom([]eventv1.Kind{1, 2, 3, 4, 5, 6, 7}), rapid.ID).Draw(t, "kinds")
		venues := rapid.SliceOfDistinct(rapid.SampledFrom([]eventv1.Venue{1, 2, 3}), rapid.ID).Draw(t, "venues")
		payload, err := proto.Marshal(&pluginv1.Batch{Records: all})
		if err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(payload)
		want := &pluginv1.Batch{FirstNumber: 5, LastNumber: 1 << 41}
		for _, e := range all {
			if (len(kinds) == 0 || slices.Contains(kinds, e.GetKind())) && (len(venues) == 0 || e.GetVenue() == 0 || slices.Contains(venues, e.GetVenue())) {
				want.Records = append(want.Records, e)
			}
		}
		seen := 0
		part, err := newFilter(&pluginv1.DescribeResponse{Kinds: kinds, Venues: venues}).cut(payload, func(number uint64, received int64) {
			if e := want.GetRecords()[seen]; e.GetNumber() != number || e.GetReceivedUnixNanos() != uint64(received) {
				t.Fatalf("visit %d is of %d; want %d", seen, number, e.GetNumber())
			}
			seen++
		})
		if err != nil {
			t.Fatal(err)
		}
		head, foot := appendBatch(nil, 77, len(part), 5, 1<<41)
		var got pluginv1.HostFrame
		if err := proto.Unmarshal(slices.Concat(head, part, foot), &got); err != nil {
			t.Fatal(err)
		}
		if got.GetEpoch() != 77 || !proto.Equal(got.GetBatch(), want) {
			t.Fatalf("plugin gets %v; want %v", got.GetBatch(), want)
		}
		if !bytes.Equal(payload, before) {
			t.Fatal("the frame was changed: all instances share it")
		}
	})
}

func TestCutDoesNotCopyOnePiece(t *testing.T) {
	payload, err := proto.Marshal(&pluginv1.Batch{Records: []*pluginv1.Envelope{
		{Number: 1, Slot: 1, Kind: eventv1.Kind_KIND_GAP}, {Number: 2, Slot: 1, Kind: eventv1.Kind_KIND_TRADE}, {Number: 3, Slot: 1, Kind: eventv1.Kind_KIND_TRADE},
	}})
	if err != nil {
		t.Fatal(err)
	}
	f := newFilter(&pluginv1.DescribeResponse{Kinds: []eventv1.Kind{eventv1.Kind_KIND_TRADE}})
	part, err := f.cut(payload, func(uint64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	if &part[len(part)-1] != &payload[len(payload)-1] {
		t.Error("a range in one piece was copied")
	}
	if allocs := testing.AllocsPerRun(100, func() { _, _ = f.cut(payload, func(uint64, int64) {}) }); allocs > 1 {
		t.Errorf("%v allocations; want at most the closure", allocs)
	}
}

func TestReadAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := &pluginv1.Outputs{Through: rapid.Uint64().Draw(t, "through")}
		var want []Cursor
		for range rapid.IntRange(0, 20).Draw(t, "count") {
			c := Cursor{Cause: rapid.Uint64().Draw(t, "cause"), Index: rapid.Uint32().Draw(t, "index"), Any: true}
			want = append(want, c)
			out.Outputs = append(out.Outputs, &eventv1.Output{Cause: c.Cause, Index: c.Index, Kind: "k", Key: rapid.String().Draw(t, "key")})
		}
		raw, err := proto.Marshal(&pluginv1.PluginFrame{Epoch: 9, Frame: &pluginv1.PluginFrame_Outputs{Outputs: out}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := readAnswer(raw)
		if err != nil || a.epoch != 9 || a.content != pluginOutputs {
			t.Fatalf("answer is %+v, %v", a, err)
		}
		outputs, names, through, err := readOutputs(a.body, nil, nil)
		if err != nil || through != out.GetThrough() || !slices.Equal(names, want) {
			t.Fatalf("names %v through %d, %v; want %v through %d", names, through, err, want, out.GetThrough())
		}
		for i, b := range outputs {
			var o eventv1.Output
			if err := proto.Unmarshal(b, &o); err != nil || !proto.Equal(&o, out.GetOutputs()[i]) {
				t.Fatalf("output %d is %v, %v", i, &o, err)
			}
		}
	})
}

// FuzzAnswer shows that no bytes from a plugin make the host panic, and that whatever protobuf refuses is refused.
func FuzzAnswer(f *testing.F) {
	good, err := proto.Marshal(&pluginv1.PluginFrame{Epoch: 1, Frame: &pluginv1.PluginFrame_Outputs{Outputs: &pluginv1.Outputs{
		Outputs: []*eventv1.Output{{Cause: 3, Index: 1, Kind: "x"}}, Through: 3,
	}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := readAnswer(in)
		if err != nil || a.content != pluginOutputs {
			return
		}
		outputs, names, _, err := readOutputs(a.body, nil, nil)
		if err == nil && len(outputs) != len(names) {
			t.Errorf("%d outputs, %d names", len(outputs), len(names))
		}
	})
}

// FuzzCut does the same for a damaged frame.
func FuzzCut(f *testing.F) {
	f.Add([]byte{0x0a, 0x02, 0x20, 0x01})
	f.Fuzz(func(t *testing.T, in []byte) {
		part, err := filter{kinds: 2}.cut(in, func(uint64, int64) {})
		if err == nil && len(part) > len(in) {
			t.Errorf("%d bytes of %d are wanted", len(part), len(in))
		}
		for e, err := range journal.Envelopes(part) {
			if err != nil {
				t.Errorf("what was cut out cannot be read: %v", err)
			} else if e.Kind != eventv1.Kind_KIND_TRADE && uint64(e.Kind) < filterBits {
				t.Errorf("kind %s got through", e.Kind)
			}
		}
	})
}
