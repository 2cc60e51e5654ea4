package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
)

// liveReaders is how many clients follow the API at once, one of which never reads.
const liveReaders = 1000

// BenchmarkReaders measures the pipeline at 1,000 transactions a second without readers of the API, and with 1,000 of them by server-sent
// events, of which one asks for everything and stands still. The readers live in this process and take their share of the cores. It fails
// when a reader misses an event that another one has.
func BenchmarkReaders(b *testing.B) {
	for _, readers := range []int{0, liveReaders} {
		b.Run(strconv.Itoa(readers), func(b *testing.B) {
			for b.Loop() {
				withReaders(b, readers)
			}
		})
	}
}

func withReaders(b *testing.B, readers int) {
	b.Helper()
	const rate = 1000
	all := blocks(b, rate*24, rate*4/10)
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // see BenchmarkChain
	address := freeAddress(b)
	url := simulate(b, geysersim.Options{Source: &replayed{blocks: all}, Rate: rate})
	h := startConfigured(b, fmt.Sprintf("commitment: processed\nendpoints: [{name: sim, url: %q}]\nhttp: {listen: %q, requests_per_second: 100000}\n", url, address))
	ctx, stop := context.WithCancel(context.Background())
	counts := make([]atomic.Int64, readers)
	var running sync.WaitGroup
	for i := range readers {
		query := "kinds=token_created&last_event_id=0.1~0"
		if i == 0 {
			stalled(ctx, b, address)
			continue
		}
		running.Go(func() { read(ctx, b, address, query, &counts[i]) })
	}
	want, start := relevant(all), time.Now()
	for s := h.status(b); !caughtUp(s, want); s = h.status(b) {
		if time.Since(start) > 2*time.Minute {
			h.fail(b, fmt.Errorf("not caught up: %v", s))
		}
		time.Sleep(100 * time.Millisecond)
	}
	l := stage(h.status(b), "monitor").GetLatency()
	b.ReportMetric(float64(l.GetP50Micros())/1000, "p50-ms")
	b.ReportMetric(float64(l.GetP99Micros())/1000, "p99-ms")
	b.ReportMetric(micros(time.Duration(h.status(b).GetProcess().GetCpuMicros())*time.Microsecond)/float64(want), "weir-cpu-us/tx")
	if readers > 0 {
		b.ReportMetric(float64(settledReaders(b, counts)), "events/reader")
	}
	stop()
	running.Wait()
}

// settledReaders waits until all readers have the same number of events, and returns it.
func settledReaders(b *testing.B, counts []atomic.Int64) int64 {
	b.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		least, most := counts[1].Load(), counts[1].Load()
		for i := 2; i < len(counts); i++ {
			least, most = min(least, counts[i].Load()), max(most, counts[i].Load())
		}
		if least == most && least > 0 {
			return least
		}
		if time.Now().After(deadline) {
			b.Fatalf("one reader has %d events, another %d", least, most)
		}
	}
}

func freeAddress(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var dataLine = []byte("data: ")

// read counts events until ctx or the stream ends. One that is cut off would count again what it has, so it does not come again: its count
// then differs, and the benchmark fails.
func read(ctx context.Context, b *testing.B, address, query string, count *atomic.Int64) {
	b.Helper()
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/v1/stream?"+query, nil)
		if err != nil {
			return
		}
		response, err := http.DefaultClient.Do(req)
		if err != nil {
			time.Sleep(100 * time.Millisecond) // it does not listen yet
			continue
		}
		if response.StatusCode != http.StatusOK {
			b.Errorf("a reader was refused: %s", response.Status)
		}
		lines := bufio.NewReaderSize(response.Body, 16<<10)
		for {
			line, err := lines.ReadSlice('\n')
			if bytes.HasPrefix(line, dataLine) {
				count.Add(1)
			}
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		response.Body.Close()
		return
	}
}

// stalled asks for everything and reads nothing.
func stalled(ctx context.Context, b *testing.B, address string) {
	b.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			if time.Now().After(deadline) {
				b.Fatal(err)
			}
			continue
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		fmt.Fprintf(conn, "GET /api/v1/stream?last_event_id=0.1~0 HTTP/1.1\r\nHost: %s\r\n\r\n", address)
		return
	}
}
