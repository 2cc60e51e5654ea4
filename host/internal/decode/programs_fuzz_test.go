package decode

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/geyser"
)

// programSeeds are transactions of programs that an IDL describes, in all forms that events have.
func programSeeds() []*geyser.Transaction {
	mine, yours := key(100), key(101)
	act := func(program dex.Key, n byte, does ...any) *node {
		return &node{program: program, accounts: []dex.Key{key(1)}, data: []byte{1, n}, does: does}
	}
	seeds := []*geyser.Transaction{
		run([]dex.Key{key(0)}, act(mine, 1, emit(mine, acted(5))...), act(yours, 2, dataLine(acted(6)))),
		run([]dex.Key{key(0)}, &node{program: key(102), does: []any{act(mine, 1, act(yours, 2, emit(yours, acted(7))...), dataLine(acted(8)))}}),
	}
	return append(seeds, run([]dex.Key{wallet}, buyNode(coin, curve, wallet, curveBuy(coin, wallet, 5_000_000, 200))))
}

// FuzzPrograms damages transactions of programs with a dropped-in IDL, one of them a venue: no panic, what comes out is complete and in
// order, and the venue's records are those that come without an IDL.
func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1), uint8(0))
	f.Add(uint64(2), uint8(30))
	pump, err := idl.Parse("pump.json", []byte(`{"address":"`+dex.Pump.String()+`","events":[{"name":"TradeEvent","fields":[{"name":"mint","type":"publicKey"}]}]}`))
	if err != nil {
		f.Fatal(err)
	}
	set, refused := idl.NewSet(programIDL(f, key(100)), programIDL(f, key(101)), pump)
	if refused != nil {
		f.Fatal(refused)
	}
	txs := programSeeds()
	with, without := New(Options{Mints: 8, Programs: func() *idl.Set { return set }}), New(Options{Mints: 8})
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		r := rand.New(rand.NewPCG(seed, 1))
		for range 20 {
			tx := mutate(txs[r.IntN(len(txs))], r, int(n))
			plain := without.Decode(tx)
			for _, record := range with.Decode(tx) {
				sane(t, record)
				if record.GetProgramEvent() != nil {
					continue
				}
				if len(plain) == 0 || !bytes.Equal(plain[0].GetProgram(), record.GetProgram()) || !proto.Equal(plain[0], record) {
					t.Fatalf("another record of a venue: %v", record)
				}
				plain = plain[1:]
			}
			if len(plain) > 0 {
				t.Fatalf("%d records of venues are gone", len(plain))
			}
		}
	})
}
