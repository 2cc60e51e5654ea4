package weirtest

import (
	"encoding/binary"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
)

const (
	benchBatch    = 64 // records in a frame
	benchInFlight = 8  // frames that are not answered yet
)

// Benchmark sends records, over and over, as a host under load does: bytes from its journal, in batches of 64, a few batches
// ahead of the answers. One iteration is one batch. It reports records a second, and CPU a record of both ends of the
// protocol together: the monitor's own part is about two thirds.
func Benchmark(b *testing.B, newMonitor func(*sdk.Host) sdk.Monitor, records []*sdk.Record, opts ...Option) {
	b.Helper()
	h := Start(b, newMonitor, opts...)
	h.CutOver()
	_, err := h.Client().Control.Open(b.Context(), &pluginv1.OpenRequest{Epoch: h.epoch + 1})
	h.must("open", err)
	stream, err := h.Client().Run(b.Context())
	h.must("run", err)

	bodies := make([][]byte, len(records))
	for i, r := range records {
		e, err := envelope(complete(r, uint64(i+1)))
		h.must("encode record", err)
		e.Number = 0 // frame puts it in front
		bodies[i], err = proto.Marshal(e)
		h.must("encode record", err)
	}
	var number, frames, answered uint64
	var in wire.Raw
	defer in.Free()
	start := processCPU(b)
	b.ReportAllocs()
	for b.Loop() {
		var out wire.Raw
		out.Append(benchFrame(h.epoch+1, number+1, bodies))
		h.must("send frame", stream.SendMsg(&out))
		number += benchBatch
		for frames++; frames-answered >= benchInFlight; answered++ {
			h.must("receive frame", stream.RecvMsg(&in))
		}
	}
	b.ReportMetric(float64((processCPU(b)-start).Nanoseconds())/float64(number), "cpu-ns/record")
	b.ReportMetric(float64(number)/b.Elapsed().Seconds(), "records/s")
}

// benchFrame puts a batch together as a host does: envelopes as they are, then the numbers that they cover.
func benchFrame(epoch, first uint64, bodies [][]byte) []byte {
	const numberSize = 9 // Envelope.number, fixed64
	batch := make([]byte, 0, benchBatch*(len(bodies[0])+100))
	for n := first; n < first+benchBatch; n++ {
		body := bodies[n%uint64(len(bodies))]
		batch = protowire.AppendTag(batch, 1, protowire.BytesType)
		batch = protowire.AppendVarint(batch, uint64(numberSize+len(body)))
		batch = protowire.AppendTag(batch, 1, protowire.Fixed64Type)
		batch = binary.LittleEndian.AppendUint64(batch, n)
		batch = append(batch, body...)
	}
	batch = protowire.AppendTag(batch, 2, protowire.VarintType)
	batch = protowire.AppendVarint(batch, first)
	batch = protowire.AppendTag(batch, 3, protowire.VarintType)
	batch = protowire.AppendVarint(batch, first+benchBatch-1)

	frame := protowire.AppendTag(make([]byte, 0, len(batch)+20), 1, protowire.VarintType)
	frame = protowire.AppendVarint(frame, epoch)
	frame = protowire.AppendTag(frame, 2, protowire.BytesType)
	return protowire.AppendBytes(frame, batch)
}

// processCPU is what this process has used.
func processCPU(b *testing.B) time.Duration {
	b.Helper()
	used, err := cpuTime()
	if err != nil {
		b.Fatal(err)
	}
	return used
}
