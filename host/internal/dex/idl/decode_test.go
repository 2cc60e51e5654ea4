package idl_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex/idl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// tagOfE is what Anchor computes for event E, as every event of these tests is called.
func tagOfE(tb testing.TB) []byte {
	tb.Helper()
	p := parse(tb, event(`"u8"`, ""))
	for _, tag := range [][]byte{{0x0b, 0x0d}, nil} { // a wrong one is unknown
		if _, err := p.Event(tag); !errors.Is(err, idl.ErrUnknown) {
			tb.Fatalf("tag %x: %v", tag, err)
		}
	}
	sum := sha256.Sum256([]byte("event:E"))
	return sum[:8]
}

const types = `{"name":"Point","type":{"kind":"struct","fields":[{"name":"xPos","type":"i16"},{"name":"y","type":"i8"}]}},
{"name":"Pair","type":{"kind":"struct","fields":["u8",{"vec":"u16"}]}},
{"name":"Unit","type":{"kind":"struct"}},
{"name":"Shape","type":{"kind":"enum","variants":[{"name":"Empty"},{"name":"Dot","fields":[{"defined":"Point"}]},{"name":"Circle","fields":[{"name":"radius","type":"u32"}]}]}},
{"name":"Amount","type":{"kind":"type","alias":"u64"}},
{"name":"Tree","type":{"kind":"struct","fields":[{"name":"v","type":"u8"},{"name":"kids","type":{"vec":{"defined":"Tree"}}}]}}`

func TestEveryType(t *testing.T) {
	tag := tagOfE(t)
	key := strings.Repeat("07", 32)
	for name, c := range map[string]struct{ of, data, want string }{
		"bool":             {`"bool"`, "01", `flag:true`},
		"u8":               {`"u8"`, "ff", `u64:255`},
		"u16":              {`"u16"`, "0102", `u64:513`},
		"u32":              {`"u32"`, "ffffffff", `u64:4294967295`},
		"u64":              {`"u64"`, "ffffffffffffffff", `u64:18446744073709551615`},
		"u128":             {`"u128"`, "ffffffffffffffffffffffffffffffff", `big:"340282366920938463463374607431768211455"`},
		"u256":             {`"u256"`, "00" + strings.Repeat("00", 30) + "80", `big:"57896044618658097711785492504343953926634992332820282019728792003956564819968"`},
		"i8":               {`"i8"`, "80", `i64:-128`},
		"i16":              {`"i16"`, "feff", `i64:-2`},
		"i32":              {`"i32"`, "00000080", `i64:-2147483648`},
		"i64":              {`"i64"`, "ffffffffffffffff", `i64:-1`},
		"i128":             {`"i128"`, "ffffffffffffffffffffffffffffffff", `big:"-1"`},
		"i128 least":       {`"i128"`, "00000000000000000000000000000080", `big:"-170141183460469231731687303715884105728"`},
		"i256":             {`"i256"`, "05" + strings.Repeat("00", 31), `big:"5"`},
		"f32":              {`"f32"`, "0000c03f", `f64:1.5`},
		"f64":              {`"f64"`, "000000000000f0bf", `f64:-1`},
		"string":           {`"string"`, "03000000" + "c3a921", `text:"é!"`},
		"string not utf-8": {`"string"`, "02000000" + "41ff", `text:"A�"`},
		"empty string":     {`"string"`, "00000000", `text:""`},
		"bytes":            {`"bytes"`, "02000000" + "0001", `raw:"\x00\x01"`},
		"pubkey":           {`"pubkey"`, key, `key:"` + strings.Repeat(`\x07`, 32) + `"`},
		"publicKey":        {`"publicKey"`, key, `key:"` + strings.Repeat(`\x07`, 32) + `"`},
		"none":             {`{"option":"u16"}`, "00", ``},
		"some":             {`{"option":"u16"}`, "010300", `u64:3`},
		"some none":        {`{"option":{"option":"u8"}}`, "0100", ``},
		"coption none":     {`{"coption":"u16"}`, "00000000" + "5555", ``},
		"coption some":     {`{"coption":"u16"}`, "01000000" + "0300", `u64:3`},
		"coption string":   {`{"coption":"string"}`, "00000000", ``},
		"vec":              {`{"vec":"i16"}`, "02000000" + "0100" + "ffff", `list:{fields:{i64:1} fields:{i64:-1}}`},
		"vec of bytes":     {`{"vec":"u8"}`, "02000000" + "0102", `raw:"\x01\x02"`},
		"empty vec":        {`{"vec":"i16"}`, "00000000", `list:{}`},
		"array":            {`{"array":["bool",2]}`, "0100", `list:{fields:{flag:true} fields:{flag:false}}`},
		"array of bytes":   {`{"array":["u8",2]}`, "0102", `raw:"\x01\x02"`},
		"tuple":            {`{"tuple":["u8","bool"]}`, "0901", `members:{fields:{name:"0" u64:9} fields:{name:"1" flag:true}}`},
		"struct":           {`{"defined":"Point"}`, "feff" + "05", `members:{fields:{name:"x_pos" i64:-2} fields:{name:"y" i64:5}}`},
		"tuple struct":     {`{"defined":{"name":"Pair"}}`, "01" + "01000000" + "0200", `members:{fields:{name:"0" u64:1} fields:{name:"1" list:{fields:{u64:2}}}}`},
		"unit struct":      {`{"defined":"Unit"}`, "", `members:{}`},
		"unit variant":     {`{"defined":"Shape"}`, "00", `variant:{name:"Empty"}`},
		"tuple variant":    {`{"defined":"Shape"}`, "01" + "0100" + "02", `variant:{name:"Dot" fields:{name:"0" members:{fields:{name:"x_pos" i64:1} fields:{name:"y" i64:2}}}}`},
		"named variant":    {`{"defined":"Shape"}`, "02" + "01000000", `variant:{name:"Circle" fields:{name:"radius" u64:1}}`},
		"alias":            {`{"defined":"Amount"}`, "0100000000000000", `u64:1`},
		"recursion":        {`{"defined":"Tree"}`, "01" + "01000000" + "02" + "00000000", `members:{fields:{name:"v" u64:1} fields:{name:"kids" list:{fields:{members:{fields:{name:"v" u64:2} fields:{name:"kids" list:{}}}}}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := hex.DecodeString(c.data)
			if err != nil {
				t.Fatal(err)
			}
			e, err := parse(t, event(c.of, types)).Event(append(append([]byte(nil), tag...), data...))
			if err != nil {
				t.Fatal(err)
			}
			want := &eventv1.ProgramField{}
			if err := prototext.Unmarshal([]byte(`name:"x" `+c.want), want); err != nil {
				t.Fatal(err)
			}
			if len(e.GetFields()) != 1 || !proto.Equal(e.GetFields()[0], want) || e.GetUnread() != 0 || e.GetMissing() != 0 {
				t.Errorf("got  %v\nwant %v", e, want)
			}
		})
	}
}

func TestMalformedData(t *testing.T) {
	tag := tagOfE(t)
	nan := hex.EncodeToString(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN()))))
	deep := strings.Repeat("01"+"01000000", 60) + "01" + "00000000"
	for name, c := range map[string]struct{ of, data, reason string }{
		"cut number":          {`"u32"`, "0102", "data ends within it"},
		"cut key":             {`"pubkey"`, "0102", "data ends within it"},
		"bool of 2":           {`"bool"`, "02", "neither 0 nor 1"},
		"option of 2":         {`{"option":"u8"}`, "0201", "neither none nor some"},
		"coption of 2":        {`{"coption":"u8"}`, "0200000001", "neither none nor some"},
		"coption without end": {`{"coption":"u64"}`, "00000000" + "00", "data ends within it"},
		"variant":             {`{"defined":"Shape"}`, "03", "a variant that the enum does not have"},
		"string length":       {`"string"`, "ffffffff" + "41", "data ends within it"},
		"vec length":          {`{"vec":"u64"}`, "ffffffff" + "0100000000000000", "item 1: data ends within it"},
		"vec of nothing":      {`{"vec":{"defined":"Unit"}}`, "ffffffff", "too many values"},
		"array of nothing":    {`{"array":[{"array":[{"defined":"Unit"},1000000]},1000000]}`, "00", "too many values"},
		"not a number":        {`"f32"`, nan, "not a number"},
		"too deep":            {`{"defined":"Tree"}`, deep, "nested too deep"},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := hex.DecodeString(c.data)
			if err != nil {
				t.Fatal(err)
			}
			p := parse(t, event(c.of, types))
			e, err := p.Event(append(append([]byte(nil), tag...), data...))
			if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.HasPrefix(err.Error(), "E: field x: ") {
				t.Errorf("got %v, %v; want E: field x: … %s", e, err, c.reason)
			}
			if s := p.Stats(); s != (idl.Stats{Seen: 1, Malformed: 1}) {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

// Fields that the data ends before are an older layout; bytes behind the last one a newer.
func TestOlderAndNewerLayouts(t *testing.T) {
	p := parse(t, with("", `,"accounts":[{"name":"A","discriminator":[9],"type":{"kind":"struct","fields":[{"name":"a","type":"u8"},{"name":"b","type":"u16"}]}}]`))
	for _, c := range []struct {
		data                    string
		fields, missing, unread int
	}{
		{"09", 0, 2, 0}, {"0901", 1, 1, 0}, {"09010200", 2, 0, 0}, {"09010200ffff", 2, 0, 2},
	} {
		data, _ := hex.DecodeString(c.data)
		e, err := p.Account(data)
		if err != nil || len(e.GetFields()) != c.fields || int(e.GetMissing()) != c.missing || int(e.GetUnread()) != c.unread {
			t.Errorf("%s: %v, %v", c.data, e, err)
		}
	}
	if _, err := p.Account([]byte{9, 1, 2}); err == nil {
		t.Error("a cut field was accepted")
	}
	if _, err := p.Account([]byte{8}); !errors.Is(err, idl.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	if s := p.Stats(); s != (idl.Stats{Seen: 6, Decoded: 4, Unknown: 1, Malformed: 1, Older: 2, Newer: 1}) {
		t.Errorf("counted %+v", s)
	}
}

// A discriminator may be the beginning of another one.
func TestLongestDiscriminatorWins(t *testing.T) {
	p := parse(t, with("", `,"instructions":[{"name":"a","discriminator":[1]},{"name":"b","discriminator":[1,2]}]`))
	for data, want := range map[string]string{"\x01": "a", "\x01\x02": "b", "\x01\x03": "a"} {
		e, err := p.Instruction([]byte(data), nil)
		if err != nil || e.GetName() != want {
			t.Errorf("%x: %v, %v", data, e, err)
		}
	}
}

func TestAccountsOfInstruction(t *testing.T) {
	p := parse(t, with("", `,"instructions":[{"name":"doIt","discriminator":[1],"accounts":[{"name":"userA"},{"name":"grp","accounts":[{"name":"inner","isOptional":true},{"name":"other","optional":true}]}]}]`))
	user, other := make([]byte, 32), make([]byte, 32)
	user[0] = 1
	e, err := p.Instruction([]byte{1}, [][]byte{user, p.Key[:], other, user})
	if err != nil {
		t.Fatal(err)
	}
	if e.GetName() != "do_it" || len(e.GetAccounts()) != 2 || e.GetAccounts()[0].GetName() != "user_a" || e.GetAccounts()[1].GetName() != "grp.other" {
		t.Errorf("got %v", e)
	}
}
