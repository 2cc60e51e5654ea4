package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/jsonl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// place is where an output lies: its batch, and its place in that.
type place struct {
	position uint64
	index    int
}

func (p place) after(q place) bool {
	return p.position > q.position || p.position == q.position && p.index > q.index
}

// id is what a reader shows to go on after it.
func (p place) id() string {
	return strconv.FormatUint(p.position, 10) + "." + strconv.Itoa(p.index)
}

// placeOf reads an id.
func placeOf(id string) (place, bool) {
	var p place
	n, err := fmt.Sscanf(id, "%d.%d", &p.position, &p.index)
	return p, err == nil && n == 2 && p.index >= 0 && p.id() == id
}

// entry is one output on its way to readers. All of them share it: what it prints is made once, when the first asks.
type entry struct {
	place
	instance string
	output   *eventv1.Output
	once     sync.Once
	text     []byte
}

// entriesOf takes a stored batch apart.
func entriesOf(position uint64, data []byte) ([]*entry, error) {
	var batch eventv1.OutputBatch
	if err := proto.Unmarshal(data, &batch); err != nil {
		return nil, fmt.Errorf("stored batch %d: %w", position, err)
	}
	out := make([]*entry, len(batch.GetOutputs()))
	for i, o := range batch.GetOutputs() {
		out[i] = &entry{place: place{position, i}, instance: batch.GetInstance(), output: o}
	}
	return out, nil
}

// json is the output as weir events prints it, led by its id and instance.
func (e *entry) json() []byte {
	e.once.Do(func() {
		instance, _ := json.Marshal(e.instance) // text cannot fail
		e.text = append(append(append(append(e.text, `{"id":"`...), e.id()...), `","instance":`...), instance...)
		at := len(e.text)
		e.text = jsonl.Append(e.text, e.output)
		e.text[at] = ',' // join the two objects
	})
	return e.text
}

// filter chooses outputs. Empty parts choose all.
type filter struct {
	instances, kinds []string
	mint, key        string
}

var filterParams = []param{
	{"instances", "Only these monitor instances.", names},
	{"kinds", "Only these kinds of events.", names},
	{"mint", "Only events about this token.", key},
	{"key", "Only events with this key: a token, pool or wallet.", check{kind: "text", highest: 128}},
}

func filterOf(in args) filter {
	return filter{instances: in.list("instances"), kinds: in.list("kinds"), mint: in["mint"], key: in["key"]}
}

func (f filter) takes(e *entry) bool {
	return (len(f.instances) == 0 || slices.Contains(f.instances, e.instance)) &&
		(len(f.kinds) == 0 || slices.Contains(f.kinds, e.output.GetKind())) &&
		(f.key == "" || f.key == e.output.GetKey()) &&
		(f.mint == "" || f.mint == e.output.GetKey() || f.mint == jsonl.Mint(e.output))
}
