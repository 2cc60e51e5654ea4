package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

const (
	// soakRate is ten times what the three programs bring on a busy day, soakTime how long it lasts, in seconds.
	soakRate, soakTime = 5000, 60
	// soakSlot leaves 150 slots in the first half, for the replay.
	soakSlot = 200 * time.Millisecond
	// soakReplay is the window that real servers keep, and here the margin of the resume, so that all of it is replayed.
	soakReplay = 150
	// soakMemory bounds the host's peak: its own soft limit of 768 MiB, the binary's pages, and what the collector is late by.
	soakMemory = 896 << 20
)

// counted is a market of soakRate that lasts soakTime and knows what the host's filter lets through.
type counted struct {
	inner             geysersim.Source
	slots             atomic.Int64
	relevant, records atomic.Int64
	decoder           *decode.Decoder
	view              geyser.View
}

// Next gives the next block.
func (c *counted) Next(ctx context.Context) (*geysersim.Block, error) {
	if c.slots.Add(1) > int64(soakTime*time.Second/soakSlot) {
		return nil, io.EOF
	}
	block, err := c.inner.Next(ctx)
	if err != nil {
		return nil, err
	}
	c.relevant.Add(int64(relevant([]*geysersim.Block{block})))
	return block, c.decode(block)
}

// decode counts the records of a block. The truth of the market does not tell of all: reserves and fees that change are none of its facts.
func (c *counted) decode(block *geysersim.Block) error {
	if c.decoder == nil {
		c.decoder = decode.New(decode.Options{})
	}
	for i := range block.Transactions {
		raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
			Transaction: &geyserpb.SubscribeUpdateTransaction{Transaction: block.Transactions[i].Info, Slot: block.Slot},
		}})
		if err != nil {
			return err
		}
		if err := c.view.Read(raw); err != nil {
			return err
		}
		c.records.Add(int64(len(c.decoder.Decode(&c.view.Tx))))
	}
	return nil
}

// BenchmarkChainSoak holds a steady 5,000 transactions a second for a minute. After half of it the endpoint ends the stream and takes
// none for two seconds; the resumed stream then replays 150 slots at once, 150,000 transactions to read before it is live again. It
// fails when the queue overflowed, anything is lost or doubled, or memory passes its bound. Run it with -benchtime 1x.
func BenchmarkChainSoak(b *testing.B) {
	for b.Loop() {
		soak(b)
	}
}

func soak(b *testing.B) {
	b.Helper()
	source := &counted{inner: market.New(market.Options{Seed: seed, TransactionsPerSlot: int(soakRate * soakSlot.Seconds())})}
	server := geysersim.New(geysersim.Options{
		Source: source, SlotDuration: soakSlot, ReplaySlots: soakReplay + 20, ReplayBytes: 4 << 30, PingEvery: time.Second,
	})
	if err := server.Listen("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	h := startConfigured(b, fmt.Sprintf("commitment: confirmed\nendpoints: [{name: sim, url: %q, replay_margin_slots: %d}]\n", "http://"+server.Addr(), soakReplay))
	time.Sleep(soakTime * time.Second / 2)
	server.Refuse(codes.Unavailable, "server is shutting down try again later")
	server.DropStreams(geysersim.Now(), codes.Unavailable, "server is shutting down try again later")
	time.Sleep(2 * time.Second)
	server.Accept()
	began := time.Now()
	var most time.Duration
	for {
		over, err := server.Ended()
		if err != nil {
			b.Fatal(err)
		}
		most = max(most, server.Served().Behind)
		if s := h.status(b); over && caughtUp(s, int(source.relevant.Load())) && s.GetJournal().GetLastNumber() >= uint64(source.records.Load()) {
			break
		}
		if time.Since(began) > 3*time.Minute {
			h.fail(b, fmt.Errorf("not caught up with %d transactions: %v", source.relevant.Load(), h.status(b)))
		}
		time.Sleep(100 * time.Millisecond)
	}
	judge(b, h, source)
	s := h.status(b)
	b.ReportMetric(float64(s.GetProcess().GetCpuMicros())/float64(stage(s, "ingest").GetIn()), "weir-cpu-us/received")
	b.ReportMetric(float64(stage(s, "ingest").GetDropped()["duplicate"]), "replayed-tx")
	b.ReportMetric(float64(most.Milliseconds()), "sim-behind-ms")
}

// judge compares counts with what was played, and memory with its bound.
func judge(b *testing.B, h *host, source *counted) {
	b.Helper()
	s := h.status(b)
	if records, want := stage(s, "journal").GetOut(), uint64(source.records.Load()); records != want || s.GetJournal().GetLastNumber() != want {
		b.Errorf("%d records are journaled, the last is number %d, %d are true", records, s.GetJournal().GetLastNumber(), want)
	}
	if replayed := stage(s, "ingest").GetDropped()["duplicate"]; replayed < soakRate*soakReplay*uint64(soakSlot)/uint64(time.Second)/2 {
		b.Errorf("only %d transactions came again: the replay did not happen", replayed)
	}
	text, err := os.ReadFile(h.log)
	if err != nil {
		b.Fatal(err)
	}
	if bytes.Contains(text, []byte("queue is full")) {
		b.Errorf("the queue overflowed:\n%s", text)
	}
	peak := peakMemory(b, h.cmd.Process.Pid)
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	if peak > soakMemory {
		b.Errorf("the host's memory peaked at %d MiB, bound %d", peak>>20, soakMemory>>20)
	}
}

// peakMemory is the most resident memory that a process had.
func peakMemory(b *testing.B, pid int) int64 {
	b.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	var kib int64
	if _, err := fmt.Fscan(bytes.NewReader(rest), &kib); err != nil {
		b.Fatal(err)
	}
	return kib << 10
}

// BenchmarkReceiveTwo is everything before decode at two connections that both bring every transaction: receive from loopback sockets,
// walk, deduplicate, follow slots. One operation is one new transaction, so two received ones. The server is a process of its own:
// processor time and allocations are the receiver's.
func BenchmarkReceiveTwo(b *testing.B) {
	url := startFeed(b)
	var flows [2]chan *geyser.Update
	ctx, stop := context.WithCancel(b.Context())
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	for i := range flows {
		flows[i] = make(chan *geyser.Update, 1024)
		stream, err := geyser.Open(ctx, geyser.Endpoint{URL: url}, geyser.Subscription{}.Request())
		if err != nil {
			b.Fatal(err)
		}
		readers.Go(func() { drain(ctx, stream, flows[i]) })
	}
	in := ingest.New(ingest.Config{})
	var view geyser.View
	b.ReportAllocs()
	before := cpu()
	for b.Loop() {
		for fresh := 0; fresh < 1; {
			for _, flow := range flows {
				u := <-flow
				if err := view.Read(u.Raw()); err != nil {
					b.Fatal(err)
				}
				switch view.Kind {
				case geyser.KindTransaction:
					if in.Transaction(view.Tx.Slot, view.Tx.Signature) {
						fresh++
					}
				case geyser.KindBlockMeta:
					in.BlockMeta(&view.Meta, fold.AllGroups(1))
				default: // pings
				}
				u.Release()
			}
		}
	}
	perTransaction(b, cpu()-before)
	s := in.Stats()
	if b.N > 4*feedSlot && s.Slots == 0 {
		b.Errorf("no slot was complete after %d transactions", b.N)
	}
	if b.N > 1000 && s.Duplicates < s.Fresh*9/10 {
		b.Errorf("%d transactions came twice, %d once: the connections do not bring the same", s.Duplicates, s.Fresh)
	}
}

// drain moves a stream into a channel until ctx ends.
func drain(ctx context.Context, stream *geyser.Stream, out chan<- *geyser.Update) {
	defer stream.Close()
	for {
		u, err := stream.Recv()
		if err != nil {
			return // the reader misses what does not come
		}
		select {
		case out <- u:
		case <-ctx.Done():
			return
		}
	}
}
