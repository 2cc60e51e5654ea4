package pool_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// blocks is a source of blocks with five transactions each, from slot first on.
type blocks struct{ next, end uint64 }

const (
	firstSlot = 1000
	perSlot   = 5
)

func name(slot uint64, i int) [64]byte {
	var s [64]byte
	binary.LittleEndian.PutUint64(s[:], slot)
	s[63] = byte(i)
	return s
}

func (b *blocks) Next(context.Context) (*geysersim.Block, error) {
	if b.next == b.end {
		return nil, io.EOF
	}
	block := &geysersim.Block{Slot: b.next}
	for i := range perSlot {
		s := name(b.next, i)
		block.Transactions = append(block.Transactions, geysersim.Transaction{Info: &geyserpb.SubscribeUpdateTransactionInfo{
			Signature: s[:], Index: uint64(i),
			Transaction: &storagepb.Transaction{Signatures: [][]byte{s[:]}, Message: &storagepb.Message{
				Header: &storagepb.MessageHeader{NumRequiredSignatures: 1}, AccountKeys: [][]byte{dex.Pump[:]},
			}},
			Meta: &storagepb.TransactionStatusMeta{},
		}})
	}
	b.next++
	return block, nil
}

// trouble does something that providers do, at random.
func trouble(r *rand.Rand, s *geysersim.Server) {
	switch r.IntN(10) {
	case 0:
		s.DropStreams(geysersim.Now(), codes.Unavailable, "server is shutting down try again later")
	case 1:
		s.DropStreams(geysersim.Now(), codes.Internal, "lagged to send an update")
	case 2:
		s.CloseCleanly(geysersim.Now())
	case 3:
		s.ResetConnections()
	case 4:
		s.Silence(time.Duration(r.IntN(60)) * time.Second)
	case 5:
		s.DropStreams(geysersim.AfterUpdates(uint64(1+r.IntN(20))), codes.DataLoss, "x")
	case 6:
		s.DuplicateEvery(1 + r.IntN(4))
	case 7:
		left := r.IntN(3)
		s.ControlReplay(func(uint64) error {
			if left--; left >= 0 {
				return status.Error(codes.Internal, "failed to get replay response")
			}
			return nil
		})
	case 8:
		s.Refuse(codes.ResourceExhausted, "rate limit exceeded")
	case 9:
		s.Accept()
	}
}

// watch runs a pool and an ingest against a chain of n slots in trouble, and returns how often each transaction was fresh and which
// slots are in gaps.
func watch(t *testing.T, seed, slots uint64, replay int) (fresh map[[64]byte]int, lost map[uint64]bool, status pool.Status) {
	t.Helper()
	server := geysersim.New(geysersim.Options{Source: &blocks{firstSlot, firstSlot + slots}, ReplaySlots: replay})
	wire := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- server.Serve(wire) }()
	opens, err := budget.Open(budget.Config{})
	if err != nil {
		t.Fatal(err)
	}
	in := ingest.New(ingest.Config{})
	p, err := pool.New(pool.Config{
		Sources: []pool.Source{{
			Endpoint: geyser.Endpoint{URL: "http://chain.test", Dial: func(ctx context.Context, _ string) (net.Conn, error) { return wire.DialContext(ctx) }},
			Budget:   opens,
		}},
		Groups:     []pool.Group{{Name: "pump", Programs: []string{dex.Pump.String()}}},
		Commitment: geyserpb.CommitmentLevel_CONFIRMED,
		Resume:     in.Complete, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- p.Run(ctx) }()
	fresh, lost = map[[64]byte]int{}, map[uint64]bool{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		read(t, p, in, fresh, lost)
	}()
	r := rand.New(rand.NewPCG(seed, 9))
	for range int(slots) * 4 / 10 / 24 { // of 12 s each, so that the chain, 0.4 s a slot, is played to its end without trouble
		time.Sleep(time.Duration(r.IntN(24)) * time.Second)
		trouble(r, server)
	}
	server.ClearFaults()
	time.Sleep(20 * time.Minute)
	status = p.Status()
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("Run: %v", err)
	}
	<-done
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if most := server.MostOpens("", time.Minute); most > 80 {
		t.Errorf("seed %d: %d opens in a minute", seed, most)
	}
	return fresh, lost, status
}

func read(t *testing.T, p *pool.Pool, in *ingest.Ingest, fresh map[[64]byte]int, lost map[uint64]bool) {
	t.Helper()
	var v geyser.View
	for {
		item, err := p.Next(context.Background())
		if err != nil {
			return
		}
		if g := item.Gap; g != nil {
			for slot := g.From; slot <= g.To; slot++ {
				lost[slot] = true
			}
			in.Told(g.From, g.To, g.Groups)
			continue
		}
		if err := v.Read(item.Update.Raw()); err != nil {
			t.Error(err)
		}
		switch v.Kind {
		case geyser.KindTransaction:
			if in.Transaction(v.Tx.Slot, v.Tx.Signature) {
				fresh[[64]byte(v.Tx.Signature)]++
			}
		case geyser.KindBlockMeta:
			in.BlockMeta(&v.Meta, item.Covers)
		default:
			in.SlotStatus(&v.Slot)
		}
		item.Update.Release()
	}
}

// Against the simulator, whatever a provider does: with a long replay store each transaction comes once; with a short one, what does not
// come is in a gap.
func TestNothingLostNothingDoubled(t *testing.T) {
	gaps := uint64(0)
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			const slots = 2500
			replay := 5000
			if seed%2 == 1 {
				replay = 30
			}
			fresh, lost, s := watch(t, seed, slots, replay)
			for slot := uint64(firstSlot); slot < firstSlot+slots; slot++ {
				for i := range perSlot {
					n := fresh[name(slot, i)]
					if n > 1 || n == 0 && !lost[slot] {
						t.Fatalf("seed %d: transaction %d of slot %d came %d times; %+v", seed, i, slot, n, s)
					}
				}
			}
			if replay > slots && len(lost) > 0 {
				t.Errorf("seed %d: %d slots in gaps although everything was replayed", seed, len(lost))
			}
			if s.Connections[0].Opens < 5 {
				t.Errorf("seed %d: only %d opens, so there was no trouble", seed, s.Connections[0].Opens)
			}
			gaps += s.Gaps
		})
	}
	if gaps == 0 {
		t.Error("no seed led to a gap, so none was tested")
	}
}
