package journal

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func benchJournal(b *testing.B, cfg Config) *Journal {
	b.Helper()
	cfg.Dir = b.TempDir()
	j, err := Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { j.Close() })
	return j
}

// BenchmarkAppend is the whole way of one transaction of one trade into the store, at full speed: frames fill up.
func BenchmarkAppend(b *testing.B) {
	j := benchJournal(b, Config{})
	records := trades(1, 1, 1)
	b.SetBytes(int64(entrySize(proto.Size(records[0]))))
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(records, 1); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkEncode is what Append does on the caller's goroutine, without the store.
func BenchmarkEncode(b *testing.B) {
	records := trades(1, 1, 1)
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		buffer, err = appendEntry(buffer[:0], records[0], proto.MarshalOptions{}.Size(records[0]), 1, 1)
		if err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(buffer)))
}

// BenchmarkFrame is the way of a single record until it is durable, with nothing else going on.
func BenchmarkFrame(b *testing.B) {
	for name, cfg := range map[string]Config{"default": {FlushInterval: 1}, "sync always": {FlushInterval: 1, SyncAlways: true}} {
		b.Run(name, func(b *testing.B) {
			j := benchJournal(b, cfg)
			records := trades(1, 1, 1)
			b.ReportAllocs()
			for b.Loop() {
				if err := j.Append(records, 1); err != nil {
					b.Fatal(err)
				}
				if err := j.Flush(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

// BenchmarkReplay reads stored frames that memory does not hold.
func BenchmarkReplay(b *testing.B) {
	j := benchJournal(b, Config{TailBytes: 1})
	const count = 200_000
	records := trades(1, 1, 1)
	for range count {
		if err := j.Append(records, 1); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(count * entrySize(proto.Size(records[0]))))
	b.ReportAllocs()
	for b.Loop() {
		r := j.NewReader(0)
		for last := uint64(0); last < count; {
			f, err := r.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			last = f.Last
		}
	}
	b.ReportMetric(float64(count*b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkOutputs appends outputs of 200 bytes one by one.
func BenchmarkOutputs(b *testing.B) {
	j := benchJournal(b, Config{})
	epoch, err := j.Acquire(b.Context(), "one")
	if err != nil {
		b.Fatal(err)
	}
	out, err := j.Outputs(b.Context(), "one", "tester", epoch, nil)
	if err != nil {
		b.Fatal(err)
	}
	o := [][]byte{append(output(1, 0), make([]byte, 180)...)}
	b.ReportAllocs()
	for i := uint64(1); b.Loop(); i++ {
		if err := out.Append(o, Cursor{Cause: i, Any: true}); err != nil {
			b.Fatal(err)
		}
	}
	if err := out.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLatency is the time from Append to a reader at steady rates.
func BenchmarkLatency(b *testing.B) {
	for name, every := range map[string]time.Duration{"500 per s": 2 * time.Millisecond, "2000 per s": 500 * time.Microsecond, "5000 per s": 200 * time.Microsecond} {
		b.Run(name, func(b *testing.B) {
			j := benchJournal(b, Config{})
			latencies := make(chan []time.Duration, 1)
			ctx, cancel := context.WithCancel(b.Context())
			go func() { latencies <- follow(ctx, j) }()
			records := []*eventv1.Record{trades(1, 1, 1)[0]}
			next := time.Now()
			for b.Loop() {
				next = next.Add(every)
				time.Sleep(time.Until(next))
				if err := j.Append(records, time.Now().UnixNano()); err != nil {
					b.Fatal(err)
				}
			}
			if err := j.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
			cancel()
			got := <-latencies
			slices.Sort(got)
			b.ReportMetric(float64(got[len(got)/2].Microseconds()), "p50-us")
			b.ReportMetric(float64(got[len(got)*99/100].Microseconds()), "p99-us")
			b.ReportMetric(float64(got[len(got)-1].Microseconds()), "max-us")
		})
	}
}

// follow reads until ctx ends and returns how old each record was.
func follow(ctx context.Context, j *Journal) []time.Duration {
	var out []time.Duration
	r := j.NewReader(0)
	for {
		f, err := r.Next(ctx)
		if err != nil {
			return out
		}
		now := time.Now().UnixNano()
		for e := range Envelopes(f.Payload) {
			out = append(out, time.Duration(now-e.ReceivedUnixNanos))
		}
	}
}
