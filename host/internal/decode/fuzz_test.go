package decode

import (
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Blocks hold everything that no filter would send, failed transactions among it.
func TestBlocks(t *testing.T) {
	dir := corpusDir(t)
	files, err := filepath.Glob(filepath.Join(dir, "blocks", "*.json.gz"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%d block files: %v", len(files), err)
	}
	for _, path := range files {
		d := New(Options{})
		records := 0
		for _, tx := range loadBlock(t, path) {
			got := d.Decode(tx)
			if tx.Failed && len(got) > 0 {
				t.Errorf("%s: a failed transaction gave %v", filepath.Base(path), got)
			}
			for _, r := range got {
				sane(t, r)
			}
			records += len(got)
		}
		t.Logf("%s: %d records, %+v", filepath.Base(path), records, d.Stats())
		if want := map[string]int{"block-285000037-tx47-403.json.gz": 97}[filepath.Base(path)]; records != want {
			t.Errorf("%s gave %d records, want %d", filepath.Base(path), records, want) // the one of 2021 calls none of the venues
		}
	}
}

// sane holds a record to what every reader relies on.
func sane(tb testing.TB, r *eventv1.Record) {
	tb.Helper()
	if len(r.Program) != 32 || r.Body == nil || r.Strategy == eventv1.Strategy_STRATEGY_UNSPECIFIED || r.Instruction == nil {
		tb.Fatalf("incomplete record %v", r)
	}
	if tr := r.GetTrade(); tr != nil {
		if len(tr.Mint) != 32 || len(tr.QuoteMint) != 32 || len(tr.PoolBaseMint) != 32 || len(tr.PoolQuoteMint) != 32 {
			tb.Fatalf("trade without mints %v", tr)
		}
		if tr.Side == eventv1.Side_SIDE_UNSPECIFIED || tr.Venue == eventv1.Venue_VENUE_UNSPECIFIED || len(tr.Fees) > 8 {
			tb.Fatalf("incomplete trade %v", tr)
		}
	}
	if _, err := proto.Marshal(r); err != nil {
		tb.Fatalf("record cannot be encoded: %v", err)
	}
}

// seeds are transactions of the forms that the tests build, with token accounts.
func seeds() []*geyser.Transaction {
	start := raydium.PoolReserves{Coin: 1_000_000, Pc: 5_000_000}
	pool := run([]dex.Key{wallet},
		&node{program: router, does: []any{ammSwap(key(50), 10_000, 1_986, raydium.PcToCoin, start)}},
		&node{
			program: dex.PumpSwap, accounts: poolAccounts(key(50), wallet, dex.WSOL, coin), data: []byte("\x66\x06\x3d\x12\x01\xda\xeb\xea0123456789abcdef"),
			does: emit(dex.PumpSwap, poolBuy(key(50), wallet).Append(nil)),
		},
	)
	holds(pool, key(705), coin, key(702), 6, 1_000_000, 998_014)
	holds(pool, key(706), dex.WSOL, key(702), 9, 5_000_000, 5_010_000)
	pools := run([]dex.Key{wallet}, &node{program: router, does: []any{
		cpmmNode(newSwap(), dex.Token2022), clmmNode(clmm.SwapV2, newConcentrated()),
	}})
	clmmHolds(pools)
	holds(pools, cpIn, dex.WSOL, key(9), 9, 1_100_000, 1_110_000)
	holds(pools, cpOut, high, key(9), 6, 4_200_000, 4_161_021)
	lab := run([]dex.Key{wallet}, labNode(launchlab.BuyExactIn, &launchlab.TradeEvent{
		PoolState: labPool, TotalBaseSell: labForSale, VirtualBase: labCurve.VirtualBase, VirtualQuote: labCurve.VirtualQuote,
		RealBaseAfter: 35_053_000, RealQuoteAfter: 980_000, AmountIn: 1_000_000, AmountOut: 35_053_000, ProtocolFee: 20_000,
	}))
	return []*geyser.Transaction{
		pool, pools, lab,
		run([]dex.Key{wallet}, &node{program: router, does: []any{
			buyNode(coin, curve, wallet, curveBuy(coin, wallet, 5_000_000, 200)),
			buyNode(coin, curve, key(61), curveBuy(coin, key(61), 6_000_000, 300)),
		}}),
	}
}

// mutate damages a transaction in n ways. It copies what it writes to.
func mutate(tx *geyser.Transaction, r *rand.Rand, n int) *geyser.Transaction {
	m := clone(tx)
	m.Keys, m.Outer = slices.Clone(tx.Keys), slices.Clone(tx.Outer)
	m.PreTokens, m.PostTokens = slices.Clone(tx.PreTokens), slices.Clone(tx.PostTokens)
	bytesOf := func(b []byte) []byte {
		b = slices.Clone(b)
		if len(b) == 0 {
			return b
		}
		switch r.IntN(4) {
		case 0:
			return b[:r.IntN(len(b))]
		case 1:
			b[r.IntN(len(b))] = byte(r.Uint32())
		case 2:
			if at := r.IntN(len(b)); len(b)-at >= 8 {
				binary.LittleEndian.PutUint64(b[at:], []uint64{0, 1<<64 - 1, 1 << 63, r.Uint64()}[r.IntN(4)])
			}
		default:
			b = append(b, byte(r.Uint32()))
		}
		return b
	}
	for range n {
		switch i := r.IntN(1 << 20); r.IntN(12) {
		case 0:
			if len(m.Inner) > 0 {
				in := &m.Inner[i%len(m.Inner)]
				in.Data = bytesOf(in.Data)
			}
		case 1:
			if len(m.Inner) > 0 {
				in := &m.Inner[i%len(m.Inner)]
				in.Accounts = bytesOf(in.Accounts)
			}
		case 2:
			if len(m.Inner) > 0 {
				in := &m.Inner[i%len(m.Inner)]
				in.Outer, in.Height, in.Program = r.Uint32N(4), r.Uint32N(5), r.Uint32N(uint32(len(m.Keys)+2))
			}
		case 3:
			if len(m.Outer) > 0 {
				in := &m.Outer[i%len(m.Outer)]
				in.Data, in.Accounts = bytesOf(in.Data), bytesOf(in.Accounts)
			}
		case 4:
			if len(m.Logs) > 0 {
				m.Logs[i%len(m.Logs)] = bytesOf(m.Logs[i%len(m.Logs)])
			}
		case 5:
			if len(m.Logs) > 0 {
				m.Logs = slices.Delete(m.Logs, i%len(m.Logs), i%len(m.Logs)+1)
			}
		case 6:
			if len(m.Keys) > 0 {
				m.Keys[i%len(m.Keys)] = bytesOf(m.Keys[i%len(m.Keys)])
			}
		case 7:
			if len(m.PostTokens) > 0 {
				b := &m.PostTokens[i%len(m.PostTokens)]
				b.Mint, b.Owner, b.Amount, b.Account = bytesOf(b.Mint), bytesOf(b.Owner), r.Uint64(), r.Uint32N(40)
			}
		case 8:
			m.Signers = r.IntN(1 << 10)
		case 9:
			m.PreBalances, m.PostBalances = nil, []uint64{1}
		case 10:
			blind(m)
		default:
			if r.IntN(3) == 0 {
				unrecord(m)
			} else {
				flatten(m)
			}
		}
	}
	return m
}

// FuzzDecode damages transactions of the corpus and of the tests: no panic, and what comes out is complete.
func FuzzDecode(f *testing.F) {
	f.Add(uint64(1), uint8(3))
	f.Add(uint64(2), uint8(40))
	txs := seeds()
	if files, err := filepath.Glob(filepath.Join(corpusOrNone(), "tx", "*.json")); err == nil {
		for _, path := range files {
			txs = append(txs, loadTransaction(f, path))
		}
	}
	d := New(Options{Mints: 8})
	f.Fuzz(func(t *testing.T, seed uint64, n uint8) {
		r := rand.New(rand.NewPCG(seed, 1))
		for range 20 {
			for _, record := range d.Decode(mutate(txs[r.IntN(len(txs))], r, int(n))) {
				sane(t, record)
			}
		}
	})
}

// The same over many seeds, so that every test run damages some.
func TestDamaged(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	d := New(Options{Mints: 8})
	for range 20_000 {
		for _, tx := range seeds() {
			for _, record := range d.Decode(mutate(tx, r, r.IntN(12))) {
				sane(t, record)
			}
		}
	}
}
