package bench_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/admin"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// replayed gives blocks made before, then ends; the server keeps the stream open.
type replayed struct {
	mu     sync.Mutex
	blocks []*geysersim.Block
}

func (r *replayed) Next(context.Context) (*geysersim.Block, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.blocks) == 0 {
		return nil, io.EOF
	}
	b := r.blocks[0]
	r.blocks = r.blocks[1:]
	return b, nil
}

// host is a weir process with its three monitors.
type host struct {
	cmd    *exec.Cmd
	client *admin.Client
	log    string
}

// startHost starts the binaries that make build put into bin/.
func startHost(b *testing.B, url, commitment string) *host {
	b.Helper()
	return startConfigured(b, fmt.Sprintf("commitment: %s\nendpoints: [{name: sim, url: %q}]\n", commitment, url))
}

// startConfigured is startHost with its own lines of configuration.
func startConfigured(b *testing.B, lines string) *host {
	b.Helper()
	dir := b.TempDir()
	file := filepath.Join(dir, "weir.yaml")
	text := fmt.Sprintf("data_dir: %s/data\n%splugins: [{name: lifecycle}, {name: trading}, {name: liquidity}]\n", dir, lines)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	args := []string{"run", "--config", file}
	if profile := os.Getenv("WEIR_BENCH_PROFILE"); profile != "" {
		args = append(args, "--cpu-profile", profile)
	}
	h := &host{cmd: exec.Command("../../bin/weir", args...), log: filepath.Join(dir, "log")}
	output, err := os.Create(h.log)
	if err != nil {
		b.Fatal(err)
	}
	h.cmd.Stderr = output
	if err := h.cmd.Start(); err != nil {
		b.Fatalf("%v: run make build first", err)
	}
	b.Cleanup(func() {
		h.cmd.Process.Signal(os.Interrupt)
		h.cmd.Wait()
		output.Close()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if h.client, err = admin.Dial(filepath.Join(dir, "data")); err == nil {
			return h
		}
		if time.Now().After(deadline) {
			h.fail(b, err)
		}
	}
}

func (h *host) fail(b *testing.B, err error) {
	b.Helper()
	text, _ := os.ReadFile(h.log)
	b.Fatalf("%v\n%s", err, text)
}

func (h *host) status(b *testing.B) *adminv1.StatusResponse {
	b.Helper()
	s, err := h.client.Status(b.Context(), &adminv1.StatusRequest{})
	if err != nil {
		h.fail(b, err)
	}
	return s
}

// cpuByName sums the processor time of the host and its children by program, from /proc, in ticks of 10 ms.
func (h *host) cpuByName(b *testing.B) map[string]time.Duration {
	b.Helper()
	used := map[string]time.Duration{}
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
		f := strings.Fields(string(text[end+1:]))
		var pid, parent, user, system int
		fmt.Sscan(string(text[:open]), &pid)
		fmt.Sscan(f[1], &parent)
		fmt.Sscan(f[11], &user)
		fmt.Sscan(f[12], &system)
		if pid == h.cmd.Process.Pid || parent == h.cmd.Process.Pid {
			exe, _ := os.Readlink(filepath.Dir(path) + "/exe")
			used[filepath.Base(exe)] += time.Duration(user+system) * 10 * time.Millisecond
		}
	}
	return used
}

// simulate serves source in this process.
func simulate(b *testing.B, o geysersim.Options) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := geysersim.New(o)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	b.Cleanup(func() {
		server.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

// caughtUp tells whether every monitor has done every journaled record and want transactions went through ingest.
func caughtUp(s *adminv1.StatusResponse, want int) bool {
	if stage(s, "ingest").GetIn() < uint64(want) || s.GetJournal().GetLastNumber() == 0 {
		return false
	}
	for _, p := range s.GetPlugins() {
		if p.GetThrough() < s.GetJournal().GetLastNumber() {
			return false
		}
	}
	return len(s.GetPlugins()) == 3
}

func stage(s *adminv1.StatusResponse, name string) *adminv1.StageStatus {
	for _, st := range s.GetStages() {
		if st.GetName() == name {
			return st
		}
	}
	return nil
}

// relevant counts the transactions that the host's filter lets through: successful ones of the three programs.
func relevant(all []*geysersim.Block) (n int) {
	for _, block := range all {
		for _, tx := range block.Transactions {
			if len(tx.Truth) > 0 {
				n++
			}
		}
	}
	return n
}

// BenchmarkChain runs the whole chain as fast as it goes: simulator, host, journal on disk, three plugin processes, outputs stored.
// Run it with -benchtime 1x; one operation is the whole market.
func BenchmarkChain(b *testing.B) {
	all := blocks(b, 60_000, 400)
	want := relevant(all)
	for b.Loop() {
		url := simulate(b, geysersim.Options{Source: &replayed{blocks: all}, Unpaced: true, FinalizeAfter: 2})
		// The market of this benchmark is millions of small objects in this process. Collecting them is no part of the chain, nor of a
		// provider.
		runtime.GC()
		percent := debug.SetGCPercent(-1)
		own := cpu()
		h := startHost(b, url, "confirmed")
		idle := h.status(b).GetProcess()
		start := time.Now()
		for s := h.status(b); !caughtUp(s, want); s = h.status(b) {
			if time.Since(start) > 2*time.Minute {
				h.fail(b, fmt.Errorf("not caught up: %v", s))
			}
			time.Sleep(20 * time.Millisecond)
		}
		wall := time.Since(start)
		sim := cpu() - own
		debug.SetGCPercent(percent)
		used := h.status(b).GetProcess()
		n := float64(want)
		b.ReportMetric(n/wall.Seconds(), "tx/s")
		b.ReportMetric(micros(sim)/n, "sim-cpu-us/tx")
		total := sim
		for name, used := range h.cpuByName(b) {
			total += used
			b.ReportMetric(micros(used)/n, strings.TrimPrefix(name, "weir-")+"-cpu-us/tx")
		}
		b.ReportMetric(micros(total)/n, "all-cpu-us/tx")
		b.ReportMetric(float64(used.GetAllocations()-idle.GetAllocations())/n, "weir-allocs/tx")
		b.ReportMetric(float64(used.GetAllocatedBytes()-idle.GetAllocatedBytes())/n, "weir-B/tx")
	}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// BenchmarkLatency measures from receipt of an update to the stored output that it caused, at a steady rate and, as confirmed
// streams really come, in a burst a slot.
func BenchmarkLatency(b *testing.B) {
	for _, c := range []struct {
		name, commitment string
		rate             float64
	}{{"steady-2000", "processed", 2000}, {"steady-5000", "processed", 5000}, {"bursts-2000", "confirmed", 2000}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				latency(b, c.rate, c.commitment)
			}
		})
	}
}

func latency(b *testing.B, rate float64, commitment string) {
	b.Helper()
	all := blocks(b, int(rate*24), int(rate*0.4)) // the first seconds, in which connections begin, have left the window by the end
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // see BenchmarkChain
	url := simulate(b, geysersim.Options{Source: &replayed{blocks: all}, Rate: rate})
	h := startHost(b, url, commitment)
	want := relevant(all)
	start := time.Now()
	for s := h.status(b); !caughtUp(s, want*9/10); s = h.status(b) {
		if time.Since(start) > time.Minute {
			h.fail(b, fmt.Errorf("not caught up: %v", s))
		}
		time.Sleep(100 * time.Millisecond)
	}
	l := stage(h.status(b), "monitor").GetLatency()
	if l.GetMaxMicros() == 0 {
		b.Fatal("no latency was measured")
	}
	b.ReportMetric(float64(l.GetP50Micros())/1000, "p50-ms")
	b.ReportMetric(float64(l.GetP99Micros())/1000, "p99-ms")
	b.ReportMetric(float64(l.GetMaxMicros())/1000, "max-ms")
}
