package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// The walk by hand must read what protobuf reads.
func TestWalkAgreesWithProtobuf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := &pluginv1.Batch{FirstNumber: rapid.Uint64().Draw(t, "first"), LastNumber: rapid.Uint64().Draw(t, "last")}
		for range rapid.IntRange(0, 5).Draw(t, "records") {
			in.Records = append(in.Records, &pluginv1.Envelope{
				Number: rapid.Uint64().Draw(t, "number"), Slot: rapid.Uint64().Draw(t, "slot"),
				ReceivedUnixNanos: rapid.Uint64().Draw(t, "received"), Kind: eventv1.Kind(rapid.Int32().Draw(t, "kind")),
				Venue:  eventv1.Venue(rapid.Int32Range(0, 9).Draw(t, "venue")),
				Record: rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "record"),
			})
		}
		epoch := rapid.Uint64().Draw(t, "epoch")
		encoded, err := proto.Marshal(&pluginv1.HostFrame{Epoch: epoch, Frame: &pluginv1.HostFrame_Batch{Batch: in}})
		if err != nil {
			t.Fatal(err)
		}
		f, err := readFrame(encoded)
		if err != nil || f.epoch != epoch || f.kind != frameBatch {
			t.Fatalf("frame is %+v, %v", f, err)
		}
		got, err := readBatch(f.body)
		if err != nil || got.first != in.GetFirstNumber() || got.last != in.GetLastNumber() {
			t.Fatalf("batch is %d to %d, %v", got.first, got.last, err)
		}
		for _, want := range in.GetRecords() {
			e, ok, err := got.next()
			if !ok || err != nil || e.number != want.GetNumber() || e.kind != want.GetKind() || e.venue != want.GetVenue() ||
				!bytes.Equal(e.record, want.GetRecord()) {
				t.Fatalf("envelope is %+v %t %v, want %v", e, ok, err, want)
			}
		}
		if _, ok, err := got.next(); ok || err != nil {
			t.Fatalf("after the last envelope: %t, %v", ok, err)
		}
	})
}

// No bytes of a host may bring a monitor down, and numbers never go back.
func FuzzFrame(f *testing.F) {
	body := exampleBatch(f, 2)
	frame, err := proto.Marshal(&pluginv1.HostFrame{Epoch: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(append(frame, frameBatch<<3|2, byte(len(body)|0x80), byte(len(body)>>7)), body...))
	f.Add([]byte{8, 1, 0x1a, 2, 0x10, 3})
	f.Add([]byte{8, 1, 0x2a, 4, 8, 1, 0x10, 9})
	f.Add([]byte{8, 1, 0x9a, 0x06, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := &control{newMonitor: func(h *Host) Monitor {
			h.Log = slog.New(slog.DiscardHandler)
			return Monitor{Name: "fuzz", OnTrade: func(*Record, *Trade) error { return nil }}
		}}
		w, err := c.create(nil)
		if err != nil {
			t.Fatal(err)
		}
		w.open(&pluginv1.OpenRequest{Epoch: 1})
		w.stream = &sink{}
		for range 2 {
			before := w.through.Load()
			if _, err := w.frame(b); err == nil && w.through.Load() < before {
				t.Errorf("number went from %d to %d", before, w.through.Load())
			}
		}
	})
}

func TestOutboxEncodesWhatProtobufDoes(t *testing.T) {
	for _, size := range []int{0, 1, 90, 100, 110, 120, 130, 16_300, 16_350, 16_384, 100_000} {
		var box outbox
		var want pluginv1.Outputs
		for range 3 {
			signal := &eventv1.Output_Signal{Signal: &Signal{Text: strings.Repeat("x", size), Fields: map[string]string{"b": "1", "a": "2"}}}
			box.begin(9, &Record{Slot: 5})
			box.emit(&Output{Kind: "k", Body: signal})
			if err := box.end(nil); err != nil {
				t.Fatal(err)
			}
			want.Outputs = append(want.Outputs, &Output{Cause: 9, Kind: "k", Slot: 5, Body: signal})
		}
		var got pluginv1.Outputs
		if err := proto.Unmarshal(box.buf, &got); err != nil {
			t.Fatalf("size %d: %v", size, err)
		}
		if !proto.Equal(&got, &want) {
			t.Errorf("size %d: the outbox encodes something else", size)
		}
	}
}

func TestEmitOutsideOfAHandlerPanics(t *testing.T) {
	defer func() {
		if text, ok := recover().(string); !ok || !strings.Contains(text, "outside of a record handler") {
			t.Errorf("recovered %q", text)
		}
	}()
	(&Host{out: &outbox{}}).Signal("k", "", "", nil)
}

func TestDecodeRefusesAnotherBody(t *testing.T) {
	b, err := proto.Marshal(&Record{Body: &eventv1.Record_Gap{Gap: &Gap{}}})
	if err != nil {
		t.Fatal(err)
	}
	for want, e := range map[string]envelope{
		"the envelope says KIND_TRADE, the record holds KIND_GAP": {kind: KindTrade, record: b},
		"decode record: proto": {kind: KindTrade, record: []byte{0xff}},
	} {
		if _, err := e.decode(nil); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "\u00a0", " "), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

type limits struct {
	MaxTokens int `json:"max_tokens"`
}

type exampleConfig struct {
	Mints    []Key             `json:"mints" doc:"Coins to watch."`
	Limits   limits            `json:"limits"`
	Ratio    float64           `json:"ratio"`
	Labels   map[string]string `json:"labels"`
	On       bool              `json:"on"`
	Optional *uint32           `json:"optional"`
	skipped  int
}

func TestConfigure(t *testing.T) {
	const key = "So11111111111111111111111111111111111111112"
	cases := []struct{ name, in, want, refused string }{
		{"nothing keeps the defaults", "", `{"mints":null,"limits":{"max_tokens":5},"ratio":0,"labels":null,"on":true,"optional":null}`, ""},
		{
			"all", `{"mints":["` + key + `"],"limits":{"max_tokens":6},"ratio":0.5,"labels":{"any":"x"},"on":false,"optional":7}`,
			`{"mints":["` + key + `"],"limits":{"max_tokens":6},"ratio":0.5,"labels":{"any":"x"},"on":false,"optional":7}`, "",
		},
		{"unknown key", `{"limit":1}`, "", `unknown configuration key "limit" (known: labels, limits, mints, on, optional, ratio)`},
		{"unknown inner key", `{"limits":{"max_token":1}}`, "", `unknown configuration key "limits.max_token" (known: max_tokens)`},
		{"other letters", `{"ON":true}`, "", `unknown configuration key "ON"`},
		{"unexported", `{"skipped":1}`, "", `unknown configuration key "skipped"`},
		{"wrong type", `{"limits":{"max_tokens":"x"}}`, "", `configuration key "limits.max_tokens": cannot use a string as int`},
		{"wrong shape", `{"mints":{"a":1}}`, "", `"mints": cannot use a object as []sdk.Key`},
		{"bad key", `{"mints":["abc"]}`, "", `read key "abc": it holds`},
		{"no object", `[1]`, "", "not a JSON object"},
		{"more than one", `{} {}`, "", "not a JSON object"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := exampleConfig{Limits: limits{MaxTokens: 5}, On: true, skipped: 1}
			err := configure(&config, []byte(c.in))
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("got %v, want %q", err, c.refused)
				}
				return
			}
			got, marshalErr := json.Marshal(config)
			if err := errors.Join(err, marshalErr); err != nil || string(got) != c.want {
				t.Errorf("config is %s, %v", got, err)
			}
		})
	}
	if err := configure(nil, []byte(`{"a":1}`)); err == nil || !strings.Contains(err.Error(), `"a" (known: none)`) {
		t.Errorf("a monitor without configuration took a key: %v", err)
	}
}

func TestConfigSchema(t *testing.T) {
	got, err := configSchema(&exampleConfig{Limits: limits{MaxTokens: 5}, On: true})
	const want = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{` +
		`"labels":{"type":"object","additionalProperties":{"type":"string"}},` +
		`"limits":{"type":"object","properties":{"max_tokens":{"type":"integer","default":5}},"additionalProperties":false},` +
		`"mints":{"type":"array","description":"Coins to watch.","items":{"type":"string"}},` +
		`"on":{"type":"boolean","default":true},"optional":{"type":"integer","minimum":0},"ratio":{"type":"number"}},` +
		`"additionalProperties":false}`
	if err != nil || got != want {
		t.Errorf("schema is %s, %v", got, err)
	}
	if _, err := configSchema(&struct{ F func() }{}); err == nil || !strings.Contains(err.Error(), `key "F" is a func()`) {
		t.Errorf("a func passed: %v", err)
	}
}

func TestMistakesOfAuthors(t *testing.T) {
	onTrade := func(*Record, *Trade) error { return nil }
	cases := map[string]Monitor{
		`Monitor.Name is "Trading"`:       {Name: "Trading", OnTrade: onTrade},
		"has no record handler":           {Name: "a"},
		"Monitor.Config is a int":         {Name: "a", OnTrade: onTrade, Config: 1},
		"Monitor.State is a map":          {Name: "a", OnTrade: onTrade, State: map[int]int{}},
		"StateReadsMin is 3, above":       {Name: "a", OnTrade: onTrade, State: new(int), StateVersion: 2, StateReadsMin: 3},
		`Monitor.Emits holds "PoolTrade"`: {Name: "a", OnTrade: onTrade, Emits: []string{"PoolTrade"}},
	}
	for want, m := range cases {
		if err := m.withDefaults().check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestUpgradeReadsOlderState(t *testing.T) {
	state := 0
	m := Monitor{State: &state, StateVersion: 3, StateReadsMin: 2, Upgrade: func(version uint32, data []byte) error {
		state = int(version)*100 + len(data)
		return nil
	}}
	for version, want := range map[uint32]int{2: 204, 3: 1234} {
		if err := errors.Join(checkStateVersion(m, version), loadState(m, version, PartsOf([]byte("1234")))); err != nil || state != want {
			t.Errorf("version %d gave %d, %v", version, state, err)
		}
	}
	if checkStateVersion(m, 1) == nil || checkStateVersion(m, 4) == nil {
		t.Error("versions 1 and 4 pass")
	}
	if err := loadState(m, 3, PartsOf([]byte("x"))); err == nil || !strings.Contains(err.Error(), "restore state of version 3 (1 bytes)") {
		t.Errorf("got %v", err)
	}
}

func TestLogLines(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(newLineHandler(&out, slog.LevelInfo))
	logger.Debug("not this")
	logger = logger.With("monitor", "m").WithGroup("g").With("a", 1)
	logger.Warn("text", "level", "mine", slog.Group("inner", "b", true), "err", errors.New("broken"))
	var got map[string]string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "time")
	want := map[string]string{
		"level": "warn", "message": "text", "monitor": "m", "g.a": "1", "g.level": "mine", "g.inner.b": "true", "g.err": "broken",
	}
	if len(got) != len(want) {
		t.Errorf("fields are %v", got)
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %q, want %q", key, got[key], value)
		}
	}
}

func TestLogLinesStayShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		h := newLineHandler(&out, slog.LevelInfo)
		logger := slog.New(h)
		text := strings.Repeat(rapid.SampledFrom([]string{"a", "\x00", "é", "\xff", "<", "\u2028"}).Draw(t, "text"),
			rapid.IntRange(0, 9000).Draw(t, "length"))
		var args []any
		for range rapid.IntRange(0, 12).Draw(t, "attributes") {
			args = append(args, "level", text)
		}
		logger.LogAttrs(context.Background(), slog.LevelError, text)
		logger.Error(text, args...)
		for line := range bytes.Lines(out.Bytes()) {
			var fields map[string]string
			if err := json.Unmarshal(line, &fields); err != nil || len(line) > maxLogLine || fields["level"] != "error" {
				t.Fatalf("line of %d bytes, level %q: %v", len(line), fields["level"], err)
			}
		}
	})
}

func TestKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := KeyOf(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		encoded, err := json.Marshal(map[Key]int{key: 1})
		if err != nil {
			t.Fatal(err)
		}
		var back map[Key]int
		if err := json.Unmarshal(encoded, &back); err != nil || back[key] != 1 {
			t.Fatalf("%s came back as %v, %v", encoded, back, err)
		}
	})
	if !KeyOf([]byte("short")).IsZero() || KeyOf(nil).Bytes() != nil {
		t.Error("what is no key is not the zero key")
	}
	for _, s := range []string{"", "abc", "0OIl", strings.Repeat("1", 33)} {
		if _, err := ParseKey(s); err == nil {
			t.Errorf("%q was read as a key", s)
		}
	}
}
