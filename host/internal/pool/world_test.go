package pool_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// The groups of a world, one program each. The first is of priority high.
var (
	worldPrograms = []dex.Key{dex.Pump, dex.PumpSwap, dex.RaydiumV4}
	worldGroups   = []pool.Group{
		{Name: "curve", Priority: pool.High, Programs: []string{dex.Pump.String()}},
		{Name: "swap", Priority: pool.Medium, Programs: []string{dex.PumpSwap.String()}},
		{Name: "amm", Priority: pool.Low, Programs: []string{dex.RaydiumV4.String()}},
	}
)

// forked is a chain that skips slots now and then; each block has two transactions a group and one of all groups.
type forked struct {
	next, end uint64
	r         *rand.Rand
	mu        sync.Mutex
	slots     []uint64
}

const perGroup = 2

func txName(slot uint64, group, i int) [64]byte {
	var s [64]byte
	binary.LittleEndian.PutUint64(s[:], slot)
	s[62], s[63] = byte(group), byte(i)
	return s
}

func (f *forked) Next(context.Context) (*geysersim.Block, error) {
	if f.next >= f.end {
		return nil, io.EOF
	}
	block := &geysersim.Block{Slot: f.next}
	add := func(s [64]byte, programs ...dex.Key) {
		keys := make([][]byte, len(programs))
		for i := range programs {
			keys[i] = programs[i][:]
		}
		block.Transactions = append(block.Transactions, geysersim.Transaction{Info: &geyserpb.SubscribeUpdateTransactionInfo{
			Signature: s[:], Index: uint64(len(block.Transactions)),
			Transaction: &storagepb.Transaction{Signatures: [][]byte{s[:]}, Message: &storagepb.Message{
				Header: &storagepb.MessageHeader{NumRequiredSignatures: 1}, AccountKeys: keys,
			}},
			Meta: &storagepb.TransactionStatusMeta{},
		}})
	}
	for i := range perGroup {
		for g := range worldPrograms {
			add(txName(f.next, g, i), worldPrograms[g])
		}
	}
	add(txName(f.next, len(worldPrograms), 0), worldPrograms...)
	f.mu.Lock()
	f.slots = append(f.slots, f.next)
	f.mu.Unlock()
	f.next++
	if f.r.IntN(10) == 0 {
		f.next += uint64(1 + f.r.IntN(2))
	}
	return block, nil
}

// names returns the transactions of a slot that belong to a group.
func names(slot uint64, group int) (out [][64]byte) {
	for i := range perGroup {
		out = append(out, txName(slot, group, i))
	}
	return append(out, txName(slot, len(worldPrograms), 0))
}

// world is a pool in front of providers of one chain, with a reader that checks what it says.
type world struct {
	t       *testing.T
	chain   *forked
	servers []*geysersim.Server
	pool    *pool.Pool
	in      *ingest.Ingest

	mu      sync.Mutex
	fresh   map[[64]byte]int
	by      [3]map[[64]byte]bool // what each connection brought
	gaps    []pool.Gap
	metas   []metaSeen
	slowly  time.Duration
	stop    func()
	failing string // names the seed in messages
}

type metaSeen struct {
	slot       uint64
	connection int
	covers     pool.GroupSet
	at         time.Time
}

type worldOptions struct {
	slots       uint64
	servers     int
	replay      int
	commitment  geyserpb.CommitmentLevel
	connections int
	copies      int
	opens       int
	seed        uint64
	groups      []pool.Group
	ahead       time.Duration // how long the chain runs before the pool starts
	change      func(*pool.Config)
}

func newWorld(t *testing.T, o worldOptions) *world {
	t.Helper()
	if o.groups == nil {
		o.groups = worldGroups
	}
	w := &world{
		t: t, fresh: map[[64]byte]int{}, in: ingest.New(ingest.Config{Window: 1 << 14}),
		chain:   &forked{next: firstSlot, end: firstSlot + o.slots, r: rand.New(rand.NewPCG(o.seed, 3))},
		failing: fmt.Sprintf("seed %d", o.seed),
	}
	w.in.SetGroups(len(worldGroups))
	for i := range w.by {
		w.by[i] = map[[64]byte]bool{}
	}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("WEIR_POOL_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	c := pool.Config{
		Groups: o.groups, Commitment: o.commitment, Connections: o.connections, Copies: o.copies, Resume: w.in.Complete, Log: log,
	}
	var served []chan error
	for i := range o.servers {
		options := geysersim.Options{Source: w.chain, ReplaySlots: o.replay, OpensPerWindow: 100, StartAtOnce: o.ahead > 0}
		var s *geysersim.Server
		if i == 0 {
			s = geysersim.New(options)
		} else {
			s = w.servers[0].Mirror(options)
		}
		wire := bufconn.Listen(1 << 20)
		done := make(chan error, 1)
		go func() { done <- s.Serve(wire) }()
		opens, err := budget.Open(budget.Config{Opens: o.opens})
		if err != nil {
			t.Fatal(err)
		}
		c.Sources = append(c.Sources, pool.Source{
			Endpoint: geyser.Endpoint{
				Name: fmt.Sprintf("node%d", i), URL: "http://chain.test",
				Dial: func(ctx context.Context, _ string) (net.Conn, error) { return wire.DialContext(ctx) },
			},
			Budget: opens,
		})
		w.servers, served = append(w.servers, s), append(served, done)
	}
	time.Sleep(o.ahead)
	if o.change != nil {
		o.change(&c)
	}
	var err error
	if w.pool, err = pool.New(c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran, read := make(chan error, 1), make(chan struct{})
	go func() { ran <- w.pool.Run(ctx) }()
	go func() { defer close(read); w.read() }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
		<-read
		for i, server := range slices.Backward(w.servers) {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			if err := <-served[i]; err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(w.stop)
	return w
}

func (w *world) read() {
	var v geyser.View
	for {
		item, err := w.pool.Next(context.Background())
		if err != nil {
			return
		}
		w.mu.Lock()
		w.item(item, &v)
		slowly := w.slowly
		w.mu.Unlock()
		if slowly > 0 {
			time.Sleep(slowly)
		}
	}
}

func (w *world) item(item pool.Item, v *geyser.View) {
	if g := item.Gap; g != nil {
		if g.From > g.To || g.Groups == 0 || g.Endpoint == "" {
			w.t.Errorf("%s: gap %+v", w.failing, g)
		}
		w.gaps = append(w.gaps, *g)
		w.in.Told(g.From, g.To, g.Groups)
		return
	}
	defer item.Update.Release()
	if err := v.Read(item.Update.Raw()); err != nil {
		w.t.Error(err)
	}
	switch v.Kind {
	case geyser.KindTransaction:
		s := [64]byte(v.Tx.Signature)
		w.by[item.Connection][s] = true
		first := w.in.Transaction(v.Tx.Slot, v.Tx.Signature)
		if first {
			w.fresh[s]++
		}
		w.pool.Won(item.Connection, first)
		w.pool.Parsed(item.Connection, 1, 0)
		routed := fold.AllGroups(len(worldPrograms))
		if g := int(s[62]); g < len(worldPrograms) {
			routed = pool.GroupSet(0).With(g)
		}
		w.pool.Routed(item.Connection, routed, item.Update.Size())
	case geyser.KindBlockMeta:
		w.claims(item.Connection, v.Meta.Slot, item.Covers)
		w.metas = append(w.metas, metaSeen{v.Meta.Slot, item.Connection, item.Covers, time.Now()})
		w.in.BlockMeta(&v.Meta, item.Covers)
	default:
		w.in.SlotStatus(&v.Slot)
	}
}

// claims holds what a block meta claims against the truth.
func (w *world) claims(connection int, slot uint64, covers pool.GroupSet) {
	_, active := w.pool.Groups()
	for g := range (covers & active).All() {
		for _, s := range names(slot, g) {
			if !w.by[connection][s] {
				w.t.Errorf("%s: connection %d claims slot %d of group %d whole, and did not bring %v", w.failing, connection, slot, g, s[62:])
				return
			}
		}
	}
}

// lost tells whether a slot is in a gap of a group.
func (w *world) lost(slot uint64, group int) bool {
	return slices.ContainsFunc(w.gaps, func(g pool.Gap) bool { return g.Groups.Has(group) && g.From <= slot && slot <= g.To })
}

// whole checks that every transaction of a group came exactly once from the first covered slot on, or is in a gap.
func (w *world) whole(group int, anyGap bool) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	began := w.began(group)
	w.chain.mu.Lock()
	slots := slices.Clone(w.chain.slots)
	w.chain.mu.Unlock()
	missing, proven := 0, map[uint64]bool{}
	for _, m := range w.metas {
		if m.covers.Has(group) {
			proven[m.slot] = true
		}
	}
	for _, slot := range slots {
		for _, s := range names(slot, group) {
			if w.fresh[s] > 1 {
				w.t.Errorf("%s: a transaction of slot %d was fresh %d times", w.failing, slot, w.fresh[s])
			}
			if slot >= began && w.fresh[s] == 0 && !w.lost(slot, group) {
				missing++
			}
		}
		if slot >= began && !proven[slot] && !w.lost(slot, group) {
			w.t.Errorf("%s: slot %d of group %d was never proven and is in no gap", w.failing, slot, group)
			return
		}
	}
	if missing > 0 || began == 0 {
		w.t.Errorf("%s: group %d: %d transactions neither came nor are in a gap, began %d", w.failing, group, missing, began)
	}
	if !anyGap && len(w.gaps) > 0 {
		w.t.Errorf("%s: gaps %+v", w.failing, w.gaps)
	}
}

func (w *world) began(group int) uint64 {
	for _, m := range w.metas {
		if m.covers.Has(group) {
			return m.slot
		}
	}
	return 0
}

// covered returns the longest time between two slots of a group that came first covered, from a time on.
func (w *world) pause(group int, from time.Time) (longest time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, top := from, uint64(0)
	for _, m := range w.metas {
		if !m.covers.Has(group) || m.slot <= top {
			continue
		}
		top = m.slot
		if m.at.After(from) {
			longest = max(longest, m.at.Sub(last))
			last = m.at
		}
	}
	return longest
}

func (w *world) connection(i int) pool.ConnectionStatus { return w.pool.Status().Connections[i] }

// within waits until something is true, and returns how long that took.
func (w *world) within(limit time.Duration, what string, is func() bool) time.Duration {
	w.t.Helper()
	start := time.Now()
	for !is() {
		if time.Since(start) > limit {
			w.t.Fatalf("%s: not within %v: %s; %s", w.failing, limit, what, w.describe())
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(start)
}

func (w *world) describe() string {
	var b strings.Builder
	for _, c := range w.pool.Status().Connections {
		fmt.Fprintf(&b, "\n%d %s %s groups %v proven %v home %v opens %d requests %d slot %d error %v", c.Index, c.Endpoint, c.State, c.Groups, c.Proven, c.Home, c.Opens, c.Requests, c.Slot, c.LastError)
	}
	return b.String()
}

func (w *world) budgetHolds(limit int) {
	w.t.Helper()
	for i, s := range w.servers {
		if most := s.MostOpens("", time.Minute); most > limit {
			w.t.Errorf("%s: node %d saw %d opens in a minute, the budget has %d", w.failing, i, most, limit)
		}
	}
}

var _ = fold.MostGroups
