package e2e_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// rawCodec sends bytes as they are, so that a server can send what no encoder would.
type rawCodec struct{ encoding.CodecV2 }

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// serveRaw answers every stream with the updates, each once, and stays silent afterwards.
func serveRaw(t *testing.T, updates [][]byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{}), grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
		var request []byte
		if err := s.RecvMsg(&request); err != nil {
			return err
		}
		for _, u := range updates {
			if err := s.SendMsg(&u); err != nil {
				return err
			}
		}
		<-s.Context().Done()
		return nil
	}))
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})
	return "http://" + l.Addr().String()
}

// TestHostileUpdates mixes whole transactions with truncated and mangled ones. The whole ones give their outputs, the loss is said,
// and the host lives.
func TestHostileUpdates(t *testing.T) {
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 4))
	m := market.New(market.Options{Seed: seed, SkippedSlots: -1})
	var updates [][]byte
	var truth []geysersim.Truth
	broken := 0
	for range 20 {
		block, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, tx := range block.Transactions {
			raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{Filters: []string{"weir"}, UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
				Transaction: &geyserpb.SubscribeUpdateTransaction{Transaction: tx.Info, Slot: block.Slot},
			}})
			if err != nil {
				t.Fatal(err)
			}
			if random.IntN(4) == 0 {
				updates = append(updates, raw[:random.IntN(len(raw))], bytes.Repeat([]byte{0xff}, random.IntN(300)))
				broken++
			}
			updates = append(updates, raw)
			truth = append(truth, tx.Truth...)
		}
	}
	file, data := configure(t, serveRaw(t, updates))
	appendTo(t, file, "connections: 1\n") // it sends no block metas, by which slots of several are put in order
	p := start(t, "run", "--config", file)
	want := expected(truth)
	if len(want) < 300 || broken < 50 {
		t.Fatalf("%d outputs and %d broken updates: too few for this test", len(want), broken)
	}
	events := settled(t, data, want, 40*time.Second)
	compare(t, reported(t, events), want)
	_, text, _ := run(t, "status", "--data-dir", data)
	if !strings.Contains(text, "malformed") {
		t.Errorf("%d broken updates are not counted:\n%s", broken, text)
	}
	if !strings.Contains(p.err.String(), "cannot be read and is dropped") {
		t.Error("the log does not say that updates were dropped")
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestFullDisk fills the disk under a running host: it says so, waits, and loses nothing.
func TestFullDisk(t *testing.T) {
	c := serve(t, seedOf(t), 160)
	file, data := configure(t, c.url)
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=192m"); err != nil {
		t.Skipf("mounting a small disk needs root: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(data, syscall.MNT_DETACH) })
	p := start(t, "run", "--config", file)
	eventually(t, 30*time.Second, "the chain goes on", func() bool { return c.played() >= 30 })
	filler := filepath.Join(data, "filler")
	fill(t, filler)
	eventually(t, 30*time.Second, "the trouble is said in log and status", func() bool {
		_, text, _ := run(t, "status", "--json", "--data-dir", data)
		return strings.Contains(text, `"trouble":`) && strings.Contains(p.err.String(), "space")
	})
	time.Sleep(time.Second)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	verify(t, c, data)
	if code := p.interrupt(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// fill writes until nothing more fits.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for {
		if _, err := f.Write(block); err != nil {
			if !strings.Contains(fmt.Sprint(err), "no space") {
				t.Fatal(err)
			}
			return
		}
	}
}
