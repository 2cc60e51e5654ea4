package idl_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex/idl"
)

// FuzzParse feeds any text as an IDL, and what is accepted with any data.
func FuzzParse(f *testing.F) {
	f.Add(testdata(f, "pump-029.json"), []byte("data"))
	f.Add(testdata(f, "pump-030.json"), []byte("data"))
	f.Add([]byte(event(`{"vec":{"defined":"Tree"}}`, types)), append(tagOfE(f), 1, 0, 0, 0, 1, 0, 0, 0, 0))
	f.Add([]byte(event(`{"coption":{"array":["i256",3]}}`, types)), append(tagOfE(f), 1, 0, 0, 0))
	f.Fuzz(func(t *testing.T, text, data []byte) {
		p, err := idl.Parse("fuzz.json", text)
		if err != nil {
			return
		}
		decodeAll(t, p, data)
	})
}

// FuzzDecode feeds any data to an IDL that has every type.
func FuzzDecode(f *testing.F) {
	p := parse(f, with(types, `,"events":[{"name":"E","discriminator":[1],"fields":[{"name":"x","type":{"vec":{"defined":"Shape"}}},{"name":"t","type":{"option":{"defined":"Tree"}}},
		{"name":"p","type":{"array":[{"defined":"Pair"},2]}},{"name":"s","type":"string"},{"name":"b","type":{"coption":"i128"}},{"name":"u","type":{"vec":{"defined":"Unit"}}}]}]`))
	pump, err := idl.Parse("pump-030.json", testdata(f, "pump-030.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{1, 1, 0, 0, 0, 2, 5, 0, 0, 0, 1, 7, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, data []byte) {
		decodeAll(t, p, data)
		decodeAll(t, pump, data)
	})
}

// decodeAll decodes data as everything. A record is bounded and can be encoded, whatever the data holds.
func decodeAll(t *testing.T, p *idl.Program, data []byte) {
	t.Helper()
	keys := [][]byte{nil, p.Key[:], {1}}
	for _, decode := range []func() (proto.Message, error){
		func() (proto.Message, error) { return p.Event(data) },
		func() (proto.Message, error) { return p.Account(data) },
		func() (proto.Message, error) { return p.Instruction(data, keys) },
	} {
		e, err := decode()
		if err != nil {
			continue
		}
		b, err := proto.Marshal(e)
		if err != nil {
			t.Fatalf("cannot be encoded: %v", err)
		}
		if len(b) > 256<<10 {
			t.Fatalf("%d bytes of data became a record of %d", len(data), len(b))
		}
	}
}
