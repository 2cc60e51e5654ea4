package bench_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// feedVariable makes this test binary the server of BenchmarkReceiveTwo.
const feedVariable = "WEIR_BENCH_FEED"

// feedSlot is how many transactions a slot has, feedFirst the first slot: all later ones take as many bytes on the wire.
const feedSlot, feedFirst = 400, 460_000_000

func TestMain(m *testing.M) {
	if os.Getenv(feedVariable) != "" {
		if err := feed(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// startFeed starts a server process and gives its URL.
func startFeed(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), feedVariable+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("the feed says no address: %v", err)
	}
	return "http://" + strings.TrimSpace(address)
}

// feed sends every stream the same endless slots, as fast as they are taken.
func feed() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	templates := feedTemplates()
	server := grpc.NewServer(grpc.ForceServerCodecV2(encoded{}), grpc.WriteBufferSize(256<<10), grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
		if err := s.SendHeader(nil); err != nil {
			return err
		}
		for n := uint64(0); s.Context().Err() == nil; n++ {
			raw := templates[n%uint64(len(templates))].make(n)
			if err := s.SendMsg(&raw); err != nil {
				return err
			}
			if n%feedSlot == feedSlot-1 {
				if raw, err = feedMeta(n); err != nil {
					return err
				}
				if err := s.SendMsg(&raw); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	if _, err := fmt.Fprintln(os.Stdout, l.Addr()); err != nil {
		return err
	}
	return server.Serve(l)
}

// template is an encoded transaction with the places of its slot and of its signature.
type template struct {
	raw             []byte
	slot, signature int
}

func feedTemplates() []template {
	var out []template
	for _, raw := range updates() {
		var m geyserpb.SubscribeUpdate
		if err := proto.Unmarshal(raw, &m); err != nil {
			panic(err)
		}
		m.GetTransaction().Slot = feedFirst
		raw, err := proto.Marshal(&m)
		if err != nil {
			panic(err)
		}
		slot := protowire.AppendVarint(nil, feedFirst)
		out = append(out, template{raw, bytes.LastIndex(raw, slot), bytes.Index(raw, m.GetTransaction().GetTransaction().GetSignature())})
	}
	return out
}

// make gives transaction n of the feed.
func (t *template) make(n uint64) []byte {
	raw := slices.Clone(t.raw)
	protowire.AppendVarint(raw[:t.slot], feedFirst+n/feedSlot)
	binary.LittleEndian.PutUint64(raw[t.signature:], n)
	return raw
}

// feedMeta gives the block meta after transaction n.
func feedMeta(n uint64) ([]byte, error) {
	return proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_BlockMeta{
		BlockMeta: &geyserpb.SubscribeUpdateBlockMeta{Slot: feedFirst + n/feedSlot, ExecutedTransactionCount: feedSlot},
	}})
}

// encoded sends bytes that are encoded already.
type encoded struct{ encoding.CodecV2 }

func (encoded) Name() string { return "proto" }

func (encoded) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (encoded) Unmarshal(mem.BufferSlice, any) error { return nil }
