package monitor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// trades encodes frames of trades with every field set, like those of the busiest venue.
func trades(tb testing.TB, records, batch int) []journal.Frame {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	mints := make([][]byte, 500)
	for i := range mints {
		mints[i] = randomBytes(random, 32)
	}
	var out []journal.Frame
	for n := 1; n <= records; n += batch {
		f := journal.Frame{First: uint64(n), Last: uint64(n + batch - 1)}
		for k := f.First; k <= f.Last; k++ {
			trade := &eventv1.Trade{}
			setAll(trade.ProtoReflect(), random)
			trade.Venue, trade.Side = eventv1.Venue(1+k%3), eventv1.Side(1+k%2)
			trade.Mint = mints[random.IntN(len(mints))]
			trade.Fees = []*eventv1.Fee{{Kind: 1, Amount: 1000}, {Kind: 2, Amount: 2000}}
			r := &eventv1.Record{Signature: randomBytes(random, 64), Slot: k / 50, Program: mints[0], Body: &eventv1.Record_Trade{Trade: trade}}
			body, err := proto.Marshal(r)
			if err != nil {
				tb.Fatal(err)
			}
			envelope, err := proto.Marshal(&pluginv1.Envelope{
				Number: k, Slot: k / 50, ReceivedUnixNanos: uint64(time.Now().UnixNano()), Kind: eventv1.Kind_KIND_TRADE, Venue: trade.GetVenue(), Record: body,
			})
			if err != nil {
				tb.Fatal(err)
			}
			f.Payload = protowire.AppendTag(f.Payload, 1, protowire.BytesType)
			f.Payload = protowire.AppendBytes(f.Payload, envelope)
		}
		out = append(out, f)
	}
	return out
}

// setAll gives every plain field a value, so that a benchmark does not flatter itself with small records.
func setAll(m protoreflect.Message, random *rand.Rand) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case field.IsList():
		case field.Kind() == protoreflect.BytesKind:
			m.Set(field, protoreflect.ValueOfBytes(randomBytes(random, 32)))
		case field.Kind() == protoreflect.Uint64Kind:
			m.Set(field, protoreflect.ValueOfUint64(random.Uint64N(1<<40)))
		case field.Kind() == protoreflect.Uint32Kind:
			m.Set(field, protoreflect.ValueOfUint32(uint32(random.IntN(9))))
		case field.Kind() == protoreflect.StringKind:
			m.Set(field, protoreflect.ValueOfString("WEIR"))
		case field.Kind() == protoreflect.MessageKind:
			inner := m.NewField(field)
			setAll(inner.Message(), random)
			m.Set(field, inner)
		}
	}
}

func randomBytes(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// memory is a Journal in memory: fixed frames, outputs that are copied once and forgotten.
type memory struct {
	list  []journal.Frame
	epoch atomic.Uint64
}

func (m *memory) Bounds() (first, last uint64) { return 1, m.list[len(m.list)-1].Last }

func (m *memory) Frames(after uint64) Frames {
	at := 0
	return framesFunc(func(ctx context.Context) (journal.Frame, error) {
		for at < len(m.list) && m.list[at].Last <= after {
			at++
		}
		if at == len(m.list) {
			<-ctx.Done()
			return journal.Frame{}, ctx.Err()
		}
		at++
		return m.list[at-1], nil
	})
}

func (m *memory) SaveCheckpoint(context.Context, string, Checkpoint) error { return nil }
func (m *memory) Preload(context.Context, string) *Checkpoint              { return nil }
func (m *memory) LoadCheckpoint(context.Context, string, *Checkpoint) (*Checkpoint, error) {
	return nil, nil
}

func (m *memory) SaveDeadLetter(context.Context, string, DeadLetter) error          { return nil }
func (m *memory) DeadLetters(context.Context, string, string) ([]DeadLetter, error) { return nil, nil }

func (m *memory) Acquire(context.Context, string) (uint64, error) { return m.epoch.Add(1), nil }

func (m *memory) OpenOutputs(_ context.Context, _, _ string, _ uint64, durable func(uint64, uint64, int)) (Outputs, error) {
	return &sink{durable: durable}, nil
}

type framesFunc func(context.Context) (journal.Frame, error)

func (f framesFunc) Next(ctx context.Context) (journal.Frame, error) { return f(ctx) }

type sink struct {
	buf     []byte
	durable func(uint64, uint64, int)
}

func (s *sink) Cursor() Cursor              { return Cursor{} }
func (s *sink) Flush(context.Context) error { return nil }
func (s *sink) Close(context.Context) error { return nil }
func (s *sink) Append(outputs [][]byte, last Cursor) error {
	s.buf = s.buf[:0]
	for _, o := range outputs {
		s.buf = append(s.buf, o...)
	}
	s.durable(last.Cause, last.Cause, len(outputs))
	return nil
}

// echo is a stream to nobody: each batch is answered with one output a record, encoded before.
type echo struct {
	grpc.ClientStream

	answers map[uint64][]byte // by last number
	queue   chan []byte
	ctx     context.Context
	last    int
	list    []journal.Frame
}

func (e *echo) CloseSend() error { return nil }

func (e *echo) SendMsg(m any) error {
	if _, ok := m.(*wire.Raw); ok && e.last < len(e.list) {
		e.queue <- e.answers[e.list[e.last].Last]
		e.last++
	}
	return nil
}

func (e *echo) RecvMsg(m any) error {
	select {
	case b := <-e.queue:
		return wire.Codec{}.Unmarshal(buffers(b), m)
	case <-e.ctx.Done():
		return e.ctx.Err()
	}
}

// BenchmarkLane is what the host itself does for a record, without gRPC, the socket and the journal: walk, filter, frame, credit,
// take one output of 300 bytes, name check, latency. One op is one record.
func BenchmarkLane(b *testing.B) {
	for _, batch := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			list := trades(b, 1024*batch, batch)
			e := &echo{answers: map[uint64][]byte{}}
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; done += 1024 * batch {
				b.StopTimer()
				for _, f := range list {
					out := &pluginv1.Outputs{Through: f.Last}
					for n := f.First; n <= f.Last; n++ {
						out.Outputs = append(out.Outputs, &eventv1.Output{Cause: n, Kind: "trade", Key: string(make([]byte, 250))})
					}
					e.answers[f.Last], _ = proto.Marshal(&pluginv1.PluginFrame{Epoch: 7, Frame: &pluginv1.PluginFrame_Outputs{Outputs: out}})
				}
				j := &fakeJournal{next: (&memory{list: list}).Frames(0).Next}
				s := &sink{}
				j.append = s.Append
				l := newLane(0, j, &fakePlugin{})
				s.durable = l.clock.durable
				e.list, e.last, e.queue = list, 0, make(chan []byte, len(list)+1)
				ctx, stop := context.WithCancel(b.Context())
				l.open = func(ctx context.Context) (grpc.ClientStream, error) { e.ctx = ctx; return e, nil }
				l.target, l.live = list[len(list)-1].Last, stop
				l.saving = newSaving(l.target) // no checkpoints
				b.StartTimer()
				if err := l.run(ctx, b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var buildTrading = sync.OnceValues(func() (string, error) {
	const source = "../../../plugins/trading/cmd/weir-trading"
	if _, err := os.Stat(source); errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	path := filepath.Join(filepath.Dir(probePath), "weir-trading")
	out, err := exec.Command("go", "build", "-o", path, "./"+source).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// BenchmarkHop is the whole way of a record to the trading monitor, in a process of its own, and of its output back, with the
// journal in memory. One op is 102,400 records; host-us and plugin-us are CPU for one.
func BenchmarkHop(b *testing.B) {
	for _, batch := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			benchHop(b, &memory{list: trades(b, 102_400, batch)}, nil)
		})
	}
}

// BenchmarkHopJournal is the same with the real journal for frames, outputs and checkpoints.
func BenchmarkHopJournal(b *testing.B) {
	j := openJournal(b)
	for _, f := range trades(b, 102_400, 64) {
		for e, err := range journal.Envelopes(f.Payload) {
			r := &eventv1.Record{}
			if err := errors.Join(err, proto.Unmarshal(e.Record, r)); err != nil {
				b.Fatal(err)
			}
			if err := j.Append([]*eventv1.Record{r}, e.ReceivedUnixNanos); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := j.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	benchHop(b, On(j), nil)
}

// BenchmarkLatency is from Append to durable outputs with three trading monitors, at a steady rate of transactions of one record.
func BenchmarkLatency(b *testing.B) {
	path, err := buildTrading()
	if err != nil {
		b.Skipf("no trading monitor: %v", err)
	}
	for _, rate := range []int{2000, 5000, 20_000} {
		b.Run(fmt.Sprintf("rate=%d", rate), func(b *testing.B) {
			j := openJournal(b)
			var all []*running
			for n := range 3 {
				r := start(b, On(j), fmt.Sprintf("live-%d", n), nil, func(c *Config) { c.Path, c.CheckpointEvery = path, time.Second; c.Log = nil })
				r.until(b, "live", func(s Status) bool { return s.State == Live })
				all = append(all, r)
			}
			var records []*eventv1.Record
			for _, f := range trades(b, 1024, 64) {
				for e, err := range journal.Envelopes(f.Payload) {
					r := &eventv1.Record{}
					if err := errors.Join(err, proto.Unmarshal(e.Record, r)); err != nil {
						b.Fatal(err)
					}
					records = append(records, r)
				}
			}
			before, began := cpuOf(b, 0), time.Now()
			sent := 0
			for b.Loop() {
				for stop := sent + 3*rate; sent < stop; {
					for due := int(time.Since(began).Seconds() * float64(rate)); sent < min(due, stop); sent++ {
						if err := j.Append(records[sent%1024:sent%1024+1], time.Now().UnixNano()); err != nil {
							b.Fatal(err)
						}
					}
					time.Sleep(200 * time.Microsecond)
				}
			}
			host := cpuOf(b, 0) - before
			var p50, p99, most time.Duration
			for _, r := range all {
				s := r.untilThrough(b, j.Status().Last)
				p50, p99, most = max(p50, s.Total.P50), max(p99, s.Total.P99), max(most, s.Total.Max)
			}
			b.ReportMetric(float64(p50.Microseconds()), "p50-us")
			b.ReportMetric(float64(p99.Microseconds()), "p99-us")
			b.ReportMetric(float64(most.Microseconds()), "max-us")
			b.ReportMetric(float64(host.Microseconds())/float64(sent), "host-us/rec")
		})
	}
}

func benchHop(b *testing.B, j Journal, config map[string]any) {
	b.Helper()
	path, err := buildTrading()
	if err != nil {
		b.Skipf("no trading monitor: %v", err)
	}
	_, last := j.Bounds()
	var host, plugin time.Duration
	for n := 0; b.Loop(); n++ {
		before := cpuOf(b, 0)
		r := start(b, j, fmt.Sprintf("bench-%d-%d", b.N, n), config, func(c *Config) { c.Path, c.CheckpointEvery = path, time.Second; c.Log = nil })
		s := r.until(b, "the end", func(s Status) bool { return s.Through == last })
		plugin += cpuOf(b, s.PID)
		r.stop()
		host += cpuOf(b, 0) - before
	}
	records := float64(last) * float64(b.N)
	b.ReportMetric(float64(host.Nanoseconds())/1e3/records, "host-us/rec")
	b.ReportMetric(float64(plugin.Nanoseconds())/1e3/records, "plugin-us/rec")
	b.ReportMetric(records/b.Elapsed().Seconds(), "rec/s")
}

// cpuOf is the CPU time of this process, or of another one by its pid, in ticks of 10 ms.
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	if pid == 0 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	text, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
	if err != nil {
		b.Fatal(err)
	}
	var user, system int64
	var skip string
	fields := []any{}
	for range 11 {
		fields = append(fields, &skip)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	if _, err := fmt.Sscan(rest, append(fields, &user, &system)...); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}
