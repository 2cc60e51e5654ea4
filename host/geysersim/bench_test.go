package geysersim_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// repeat plays the same transactions over and over, in blocks of a size.
type repeat struct {
	transactions []geysersim.Transaction
	size, left   int
	slot         uint64
}

func (r *repeat) Next(context.Context) (*geysersim.Block, error) {
	if r.left <= 0 {
		return nil, io.EOF
	}
	r.slot++
	b := &geysersim.Block{Slot: r.slot}
	for i := range r.size {
		b.Transactions = append(b.Transactions, r.transactions[(int(r.slot)*r.size+i)%len(r.transactions)])
	}
	r.left -= r.size
	return b, nil
}

// discard is a codec that does not look at what it receives.
type discard struct{ encoding.CodecV2 }

func (discard) Unmarshal(mem.BufferSlice, any) error { return nil }

// drain is the other process of BenchmarkThroughput: it reads until the streams end, as cheaply as it can.
func drain(address string, streams int) error {
	failed := make(chan error, streams)
	for range streams {
		go func() {
			conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecureCredentials),
				grpc.WithDefaultCallOptions(grpc.ForceCodecV2(discard{encoding.GetCodecV2("proto")})),
				grpc.WithInitialWindowSize(8<<20), grpc.WithInitialConnWindowSize(16<<20))
			if err != nil {
				failed <- err
				return
			}
			defer conn.Close()
			stream, err := geyserpb.NewGeyserClient(conn).Subscribe(context.Background())
			if err == nil {
				err = stream.Send(&geyserpb.SubscribeRequest{
					Transactions: map[string]*txFilter{"t": {AccountInclude: []string{keyText(1), keyText(2), tokenProgram}}},
				})
			}
			for err == nil {
				err = stream.RecvMsg(nil)
			}
			failed <- err
		}()
	}
	for range streams {
		if err := <-failed; err != io.EOF { //nolint:errorlint // RecvMsg returns it bare
			return err
		}
	}
	return nil
}

const tokenProgram = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// tokenTransactions gives the real transactions that name the token program, which is what the drain subscribes to.
func tokenTransactions(b *testing.B) []geysersim.Transaction {
	b.Helper()
	var out []geysersim.Transaction
	for _, block := range realBlocks(b).All() {
		for _, tx := range block.Transactions {
			named := func(k []byte) bool { return base58.Encode(k) == tokenProgram }
			if slices.ContainsFunc(tx.Info.GetTransaction().GetMessage().GetAccountKeys(), named) {
				out = append(out, tx)
			}
		}
	}
	return out
}

// BenchmarkEncode compares the encoder with the general one.
func BenchmarkEncode(b *testing.B) {
	transactions := tokenTransactions(b)[:64] // few enough to stay in the cache, as fresh ones do
	encode := geysersim.NewEncode()
	for name, encode := range map[string]func(*geyserpb.SubscribeUpdateTransactionInfo) int{
		"own": func(info *geyserpb.SubscribeUpdateTransactionInfo) int { return encode(300_000_000, info) },
		"general": func(info *geyserpb.SubscribeUpdateTransactionInfo) int {
			out, err := proto.Marshal(info)
			if err != nil {
				b.Fatal(err)
			}
			return len(out)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n, size := 0, 0
			for b.Loop() {
				size += encode(transactions[n%len(transactions)].Info)
				n++
			}
			b.SetBytes(int64(size / n))
		})
	}
}

// limited ends an endless source after some transactions.
type limited struct {
	geysersim.Source
	left int
}

func (l *limited) Next(ctx context.Context) (*geysersim.Block, error) {
	if l.left <= 0 {
		return nil, io.EOF
	}
	b, err := l.Source.Next(ctx)
	if err == nil {
		l.left -= len(b.Transactions)
	}
	return b, err
}

// BenchmarkThroughput serves to another process, unpaced: "cpu-us/tx" is what the server's process costs for a transaction: encoding
// and, for the market, making it up included.
func BenchmarkThroughput(b *testing.B) {
	for _, streams := range []int{1, 3} {
		b.Run(fmt.Sprintf("real/streams=%d", streams), func(b *testing.B) {
			throughput(b, &repeat{transactions: tokenTransactions(b), size: 2000, left: b.N}, streams)
		})
		b.Run(fmt.Sprintf("market/streams=%d", streams), func(b *testing.B) {
			throughput(b, &limited{market.New(market.Options{Seed: 1, TransactionsPerSlot: 2000}), b.N}, streams)
		})
	}
}

func throughput(b *testing.B, source geysersim.Source, streams int) {
	b.Helper()
	serveDrained(b, geysersim.Options{Source: source, Unpaced: true, EndStreams: true}, streams)
}

// serveDrained serves until the other process has read everything, and reports what it cost.
func serveDrained(b *testing.B, o geysersim.Options, streams int) *geysersim.Server {
	b.Helper()
	server := geysersim.New(o)
	defer server.Close()
	if err := server.Listen("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	other := exec.CommandContext(b.Context(), os.Args[0])
	other.Env = append(os.Environ(), fmt.Sprintf("GEYSERSIM_DRAIN=%s,%d", server.Addr(), streams))
	other.Stderr = os.Stderr
	before := cpu(b)
	if err := other.Run(); err != nil {
		b.Fatal(err)
	}
	n := server.Served()
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(n.Transactions), "cpu-us/tx")
	b.ReportMetric(float64(n.Bytes)/float64(n.TransactionUpdates), "B/update")
	b.ReportMetric(float64(n.TransactionUpdates)/float64(n.Transactions), "updates/tx")
	return server
}

// BenchmarkPaced plays the market at a rate for two seconds: the cost at that rate, and how late the play was at its end.
func BenchmarkPaced(b *testing.B) {
	for _, rate := range []int{2000, 5000} {
		b.Run(fmt.Sprintf("rate=%d", rate), func(b *testing.B) {
			for b.Loop() {
				source := &limited{market.New(market.Options{Seed: 1}), 2 * rate}
				server := serveDrained(b, geysersim.Options{
					Source: source, Rate: float64(rate), SlotDuration: 50 * time.Millisecond, EndStreams: true, FinalizeAfter: 1,
				}, 1)
				b.ReportMetric(float64(server.Served().Behind.Microseconds()), "behind-us")
			}
		})
	}
}

// drainIfAsked makes the test binary the other process.
func drainIfAsked() {
	address, streams, asked := strings.Cut(os.Getenv("GEYSERSIM_DRAIN"), ",")
	if !asked {
		return
	}
	n := 0
	_, err := fmt.Sscan(streams, &n)
	if err == nil {
		err = drain(address, n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
