package bench_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
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
