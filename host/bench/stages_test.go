package bench_test

import (
	"encoding/binary"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/journal"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func BenchmarkWalk(b *testing.B) {
	raw := updates()
	var v geyser.View
	b.ReportAllocs()
	before := cpu()
	for i := 0; b.Loop(); i++ {
		if err := v.Read(raw[i%len(raw)]); err != nil {
			b.Fatal(err)
		}
	}
	perTransaction(b, cpu()-before)
	meanSize(b)
}

// BenchmarkUnmarshal is the same messages by google.golang.org/protobuf: what the wire walk is measured against.
func BenchmarkUnmarshal(b *testing.B) {
	raw := updates()
	b.ReportAllocs()
	before := cpu()
	for i := 0; b.Loop(); i++ {
		var m geyserpb.SubscribeUpdate
		if err := proto.Unmarshal(raw[i%len(raw)], &m); err != nil {
			b.Fatal(err)
		}
	}
	perTransaction(b, cpu()-before)
}

// BenchmarkWalkAgainstUnmarshal measures both in turns over the same messages and reports how many times cheaper the walk is.
func BenchmarkWalkAgainstUnmarshal(b *testing.B) {
	raw := updates()
	var v geyser.View
	var walk, unmarshal time.Duration
	for i := 0; b.Loop(); i++ {
		const turn = 64 // long against the clock of processor time
		start := cpu()
		for k := range turn {
			if err := v.Read(raw[(i*turn+k)%len(raw)]); err != nil {
				b.Fatal(err)
			}
		}
		middle := cpu()
		for k := range turn {
			var m geyserpb.SubscribeUpdate
			if err := proto.Unmarshal(raw[(i*turn+k)%len(raw)], &m); err != nil {
				b.Fatal(err)
			}
		}
		walk += middle - start
		unmarshal += cpu() - middle
	}
	b.ReportMetric(float64(unmarshal)/float64(walk), "times-cheaper")
}

// BenchmarkDedup is ingest alone: every transaction new, slots moving on as the chain does.
func BenchmarkDedup(b *testing.B) {
	v := views()
	in := ingest.New(ingest.Config{})
	var signature [64]byte
	b.ReportAllocs()
	before := cpu()
	for i := 0; b.Loop(); i++ {
		tx := &v[i%len(v)].Tx
		copy(signature[:], tx.Signature)
		binary.LittleEndian.PutUint64(signature[:], uint64(i)) // new in every round
		if !in.Transaction(1_000_000+uint64(i/400), signature[:]) {
			b.Fatal("a new transaction was taken for an old one")
		}
	}
	perTransaction(b, cpu()-before)
}

func BenchmarkDecode(b *testing.B) {
	v := views()
	d := decode.New(decode.Options{})
	records := 0
	b.ReportAllocs()
	before := cpu()
	for i := 0; b.Loop(); i++ {
		records += len(d.Decode(&v[i%len(v)].Tx))
	}
	perTransaction(b, cpu()-before)
	b.ReportMetric(float64(records)/float64(b.N), "records/tx")
}

// BenchmarkJournal appends the records of each transaction to a journal on disk and waits, at the end, until all are durable.
func BenchmarkJournal(b *testing.B) {
	v := views()
	d := decode.New(decode.Options{})
	j, err := journal.Open(b.Context(), journal.Config{Dir: b.TempDir(), MaxBytes: 4 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	b.ReportAllocs()
	before := cpu()
	for i := 0; b.Loop(); i++ {
		if err := j.Append(d.Decode(&v[i%len(v)].Tx), 1); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	perTransaction(b, cpu()-before)
	b.ReportMetric(float64(j.Status().Bytes)/float64(b.N), "disk-B/tx")
}
