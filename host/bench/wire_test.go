package bench_test

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// realUpdates are the corpus's transactions as updates in wire form, by the venue of their first trade; "all" are all of them, with
// those of other programs, votes and failures, "trades" those of every venue.
func realUpdates(b *testing.B) map[string][][]byte {
	b.Helper()
	dir := os.Getenv("WEIR_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "tx", "*.json"))
	if err != nil || len(paths) == 0 {
		b.Skip("no corpus of real transactions: set WEIR_CORPUS")
	}
	groups := map[string][][]byte{}
	d := decode.New(decode.Options{})
	var view geyser.View
	for _, path := range paths {
		loaded, err := corpus.LoadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		for i := range loaded {
			raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
				Transaction: &geyserpb.SubscribeUpdateTransaction{Transaction: loaded[i].Info, Slot: loaded[i].Slot},
			}})
			if err != nil {
				b.Fatal(err)
			}
			groups["all"] = append(groups["all"], raw)
			if err := view.Read(raw); err != nil {
				b.Fatal(err)
			}
			for _, r := range d.Decode(&view.Tx) {
				if t := r.GetTrade(); t != nil {
					groups[t.Venue.String()] = append(groups[t.Venue.String()], raw)
					groups["trades"] = append(groups["trades"], raw)
					break
				}
			}
		}
	}
	return groups
}

// BenchmarkWireToRecord takes real transactions from their wire bytes to encoded records: walk, decode and encode, by venue.
func BenchmarkWireToRecord(b *testing.B) {
	groups := realUpdates(b)
	for _, name := range []string{
		"VENUE_PUMP", "VENUE_PUMPSWAP", "VENUE_RAYDIUM_V4", "VENUE_RAYDIUM_CPMM", "VENUE_RAYDIUM_CLMM", "VENUE_RAYDIUM_LAUNCHLAB",
		"trades", "all",
	} {
		raw := groups[name]
		if len(raw) == 0 {
			continue
		}
		b.Run(name, func(b *testing.B) {
			var view geyser.View
			d := decode.New(decode.Options{})
			var out []byte
			run := func(i int) int {
				if err := view.Read(raw[i%len(raw)]); err != nil {
					b.Fatal(err)
				}
				records := d.Decode(&view.Tx)
				out = out[:0]
				for _, r := range records {
					var err error
					if out, err = (proto.MarshalOptions{}).MarshalAppend(out, r); err != nil {
						b.Fatal(err)
					}
				}
				return len(records)
			}
			for i := range raw {
				run(i)
			}
			b.ReportAllocs()
			records, i := 0, 0
			before := cpu()
			for b.Loop() {
				records += run(i)
				i++
			}
			used := cpu() - before
			perTransaction(b, used)
			b.ReportMetric(float64(b.N)/used.Seconds(), "tx/s/core")
			b.ReportMetric(float64(records)/float64(b.N), "records/tx")
		})
	}
}
