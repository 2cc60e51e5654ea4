package sdk_test

import (
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
	"github.com/weir-run/weir/sdk/wire"
)

// BenchmarkStream is the CPU of both ends of the protocol, with a host that sends bytes in batches of 64 and throws the
// outputs away. The monitor emits one signal a trade.
func BenchmarkStream(b *testing.B) {
	h := weirtest.Start(b, func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "bench", OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			h.Signal("trade", sdk.Base58(t.GetMint()), "seen", nil)
			return nil
		}}
	})
	h.CutOver()
	if _, err := h.Client().Control.Open(b.Context(), &pluginv1.OpenRequest{Epoch: 2}); err != nil {
		b.Fatal(err)
	}
	stream, err := h.Client().Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	const batch, inFlight = 64, 8
	record, err := proto.Marshal(weirtest.Trade(nil))
	if err != nil {
		b.Fatal(err)
	}
	var sent, received, number uint64
	var in wire.Raw
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		records := &pluginv1.Batch{FirstNumber: number + 1, LastNumber: number + batch}
		for range batch {
			number++
			records.Records = append(records.Records, &pluginv1.Envelope{Number: number, Kind: sdk.KindTrade, Record: record})
		}
		if err := stream.SendMsg(&pluginv1.HostFrame{Epoch: 2, Frame: &pluginv1.HostFrame_Batch{Batch: records}}); err != nil {
			b.Fatal(err)
		}
		for sent++; sent-received >= inFlight; received++ {
			if err := stream.RecvMsg(&in); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64((cpu(b)-start).Nanoseconds())/float64(number), "cpu-ns/record")
	b.ReportMetric(float64(number)/b.Elapsed().Seconds(), "records/s")
	in.Free()
}

// cpu is what this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
