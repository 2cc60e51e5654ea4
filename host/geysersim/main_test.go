package geysersim_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/weir-run/weir/host/geysersim"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

func TestMain(m *testing.M) {
	drainIfAsked()
	goleak.VerifyTestMain(m)
}

var insecureCredentials = insecure.NewCredentials()

// blocks is a source over a list.
type blocks struct {
	list []*geysersim.Block
	next int
}

func (b *blocks) Next(context.Context) (*geysersim.Block, error) {
	if b.next == len(b.list) {
		return nil, io.EOF
	}
	b.next++
	return b.list[b.next-1], nil
}

// key gives the account n; account 0 pays in each transaction.
func key(n int) []byte {
	b := make([]byte, 32)
	binary.BigEndian.PutUint64(b, uint64(n)+1)
	return b
}

func keyText(n int) string { return base58.Encode(key(n)) }

func signature(slot uint64, index int) []byte {
	b := make([]byte, 64)
	binary.BigEndian.PutUint64(b, slot)
	binary.BigEndian.PutUint64(b[8:], uint64(index))
	return b
}

// world gives a chain of n slots from 1000 on, each with 8 transactions:
//
//	account 10 is static and 20 loaded in all, 11 in those with an odd index, 21 is loaded in those divisible by 4;
//	index 6 fails, index 7 is a vote.
func world(n int) *blocks {
	out := &blocks{}
	for slot := uint64(1000); slot < 1000+uint64(n); slot++ {
		b := &geysersim.Block{Slot: slot, Time: int64(slot) + 1_700_000_000}
		for i := range 8 {
			info := &geyserpb.SubscribeUpdateTransactionInfo{
				Signature: signature(slot, i), Index: uint64(i), IsVote: i == 7,
				Transaction: &storagepb.Transaction{
					Signatures: [][]byte{signature(slot, i)},
					Message:    &storagepb.Message{AccountKeys: [][]byte{key(0), key(10), key(12)}, Versioned: true},
				},
				Meta: &storagepb.TransactionStatusMeta{Fee: 5000, LoadedWritableAddresses: [][]byte{key(20)}},
			}
			if i%2 == 1 {
				info.Transaction.Message.AccountKeys[2] = key(11)
			}
			if i%4 == 0 {
				info.Meta.LoadedReadonlyAddresses = [][]byte{key(21)}
			}
			if i == 6 {
				info.Meta.Err = &storagepb.TransactionError{Err: []byte{2, 0, 0, 0}}
			}
			truth := []geysersim.Truth{{Slot: slot, TxIndex: uint64(i), Kind: geysersim.TruthTrade, Signature: base58.Encode(signature(slot, i))}}
			b.Transactions = append(b.Transactions, geysersim.Transaction{Info: info, Truth: truth})
		}
		out.list = append(out.list, b)
	}
	return out
}

// serve starts a server on an in-memory network and gives a way to dial it.
func serve(tb testing.TB, o geysersim.Options) (*geysersim.Server, geyserpb.GeyserClient) {
	tb.Helper()
	server := geysersim.New(o)
	return server, connect(tb, server)
}

func connect(tb testing.TB, server *geysersim.Server) geyserpb.GeyserClient {
	tb.Helper()
	lis := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	conn, err := grpc.NewClient("passthrough:///sim", grpc.WithTransportCredentials(insecureCredentials),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = conn.Close()
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
		if err := <-served; err != nil {
			tb.Error(err)
		}
	})
	return geyserpb.NewGeyserClient(conn)
}

type subscription = grpc.BidiStreamingClient[geyserpb.SubscribeRequest, geyserpb.SubscribeUpdate]

// open opens a stream, and sends a request if there is one.
func open(tb testing.TB, client geyserpb.GeyserClient, r *geyserpb.SubscribeRequest) subscription {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Hour) // of the bubble's time in most tests
	tb.Cleanup(cancel)
	stream, err := client.Subscribe(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if r != nil {
		send(tb, stream, r)
	}
	return stream
}

func send(tb testing.TB, stream subscription, r *geyserpb.SubscribeRequest) {
	tb.Helper()
	if err := stream.Send(r); err != nil && !errors.Is(err, io.EOF) { // EOF: Recv has the reason
		tb.Fatal(err)
	}
}

// line is an update in short, for comparison.
func line(u *geyserpb.SubscribeUpdate) string {
	text := func(form string, args ...any) string {
		s := fmt.Sprintf(form, args...)
		if len(u.GetFilters()) > 0 {
			s += fmt.Sprint(u.GetFilters())
		}
		return s
	}
	switch v := u.GetUpdateOneof().(type) {
	case *geyserpb.SubscribeUpdate_Transaction:
		return text("tx %d/%d", v.Transaction.GetSlot(), v.Transaction.GetTransaction().GetIndex())
	case *geyserpb.SubscribeUpdate_TransactionStatus:
		return text("txstatus %d/%d", v.TransactionStatus.GetSlot(), v.TransactionStatus.GetIndex())
	case *geyserpb.SubscribeUpdate_Slot:
		return text("%s %d", v.Slot.GetStatus(), v.Slot.GetSlot())
	case *geyserpb.SubscribeUpdate_Block:
		return text("block %d with %d", v.Block.GetSlot(), len(v.Block.GetTransactions()))
	case *geyserpb.SubscribeUpdate_BlockMeta:
		return text("meta %d", v.BlockMeta.GetSlot())
	case *geyserpb.SubscribeUpdate_Ping:
		return "ping"
	case *geyserpb.SubscribeUpdate_Pong:
		return text("pong %d", v.Pong.GetId())
	default:
		return text("%T", v)
	}
}

// lines reads updates until n are there or the stream ends, and leaves pings out.
func lines(tb testing.TB, stream subscription, n int) ([]string, error) {
	tb.Helper()
	var out []string
	for len(out) < n {
		u, err := stream.Recv()
		if err != nil {
			return out, err
		}
		if u.GetPing() == nil {
			out = append(out, line(u))
		}
	}
	return out, nil
}

func withToken(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-token", token)
}

func base58Signature(slot uint64, index int) string { return base58.Encode(signature(slot, index)) }

// dial connects to a server on the loopback.
func dial(tb testing.TB, address string) *grpc.ClientConn {
	tb.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecureCredentials))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}
