package decode

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/lplock"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/spl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var (
	lpPoolKey, lpMintKey = key(700), key(701)
	lpFrom, lpTo         = key(702), key(703)
)

// lpKnown is a decoder that has seen a deposit of the pool.
func lpKnown(t *testing.T) *Decoder {
	t.Helper()
	d := New(Options{})
	e := pumpswap.DepositEvent{LpTokenAmountOut: 5, PoolBaseTokenReserves: 100, PoolQuoteTokenReserves: 200, LpMintSupply: 50, Pool: lpPoolKey, User: wallet}
	in := pumpswap.Instruction{Kind: pumpswap.Deposit, LP: 5}
	accounts := places(15, map[int8]dex.Key{0: lpPoolKey, 2: wallet, 3: coin, 4: dex.WSOL, 5: lpMintKey, 8: lpFrom})
	mint := &node{program: dex.Token2022, accounts: []dex.Key{lpMintKey, lpFrom, lpPoolKey}, data: (&spl.TokenInstruction{Kind: spl.MintTo, Amount: 5}).Append(nil)}
	tx := run([]dex.Key{wallet}, &node{program: dex.PumpSwap, accounts: accounts, data: in.Append(nil), does: append([]any{mint}, emit(dex.PumpSwap, e.Append(nil))...)})
	holds(tx, lpFrom, lpMintKey, wallet, 9, 40, 45)
	l := one(t, d, tx).GetLiquidityChanged()
	expect(t, "owner has", l.GetOwnerLpAfter(), 45)
	return d
}

func TestLPMoves(t *testing.T) {
	token := func(kind spl.TokenKind, amount uint64, accounts ...dex.Key) *node {
		in := spl.TokenInstruction{Kind: kind, Amount: amount, Decimals: 9}
		return &node{program: dex.Token2022, accounts: accounts, data: in.Append(nil)}
	}
	burned, transferred := eventv1.LpMovement_LP_MOVEMENT_BURNED, eventv1.LpMovement_LP_MOVEMENT_TRANSFERRED
	cases := map[string]struct {
		node            *node
		receiver        dex.Key // owner of lpTo
		movement        eventv1.LpMovement
		amount          uint64
		after, received uint64
	}{
		"burn":                      {token(spl.Burn, 10, lpFrom, lpMintKey, wallet), key(9), burned, 10, 35, 0},
		"burn, checked":             {token(spl.BurnChecked, 10, lpFrom, lpMintKey, wallet), key(9), burned, 10, 35, 0},
		"transfer":                  {token(spl.Transfer, 10, lpFrom, lpTo, wallet), key(9), transferred, 10, 35, 17},
		"transfer, checked":         {token(spl.TransferChecked, 10, lpFrom, lpMintKey, lpTo, wallet), key(9), transferred, 10, 35, 17},
		"to the incinerator":        {token(spl.TransferChecked, 10, lpFrom, lpMintKey, lpTo, wallet), dex.Incinerator, burned, 10, 35, 0},
		"other balances than told":  {token(spl.Burn, 11, lpFrom, lpMintKey, wallet), key(9), burned, 11, 0, 0},
		"nothing":                   {token(spl.Burn, 0, lpFrom, lpMintKey, wallet), key(9), 0, 0, 0, 0},
		"from account to account":   {token(spl.Transfer, 10, lpFrom, lpTo, wallet), wallet, 0, 0, 0, 0},
		"another token":             {token(spl.Burn, 10, key(710), coin, wallet), key(9), 0, 0, 0, 0},
		"accounts that are not all": {token(spl.Burn, 10, lpFrom), key(9), 0, 0, 0, 0},
		"a transfer of a program":   {&node{program: key(711), data: []byte{1}, does: []any{token(spl.Transfer, 10, lpFrom, lpTo, wallet)}}, key(9), 0, 0, 0, 0},
		"a burn of a program":       {&node{program: key(711), data: []byte{1}, does: []any{token(spl.Burn, 10, lpFrom, lpMintKey, wallet)}}, key(9), burned, 10, 35, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := lpKnown(t)
			tx := run([]dex.Key{wallet}, c.node)
			holds(tx, lpFrom, lpMintKey, wallet, 9, 45, 35)
			holds(tx, lpTo, lpMintKey, c.receiver, 9, 7, 17)
			records := d.Decode(tx)
			if c.movement == 0 {
				expect(t, "records", len(records), 0)
				return
			}
			expect(t, "records", len(records), 1)
			l := records[0].GetLpMoved()
			expect(t, "movement", l.GetMovement(), c.movement)
			expectKey(t, "pool", l.GetPool(), lpPoolKey)
			expectKey(t, "mint", l.GetLpMint(), lpMintKey)
			expectKey(t, "owner", l.GetOwner(), wallet)
			expect(t, "figures", [3]uint64{l.GetAmount(), l.GetOwnerAfter(), l.GetReceiverAfter()}, [3]uint64{c.amount, c.after, c.received})
			if c.movement == transferred {
				expectKey(t, "receiver", l.GetReceiver(), c.receiver)
			}
			expectKey(t, "program", records[0].GetProgram(), dex.Token2022)
		})
	}
}

// What is not watched gives no record, and what a venue does itself gives one only.
func TestLPMovesThatAreNone(t *testing.T) {
	d := lpKnown(t)
	d.only = []dex.Key{dex.Pump}
	burn := &node{program: dex.Token2022, accounts: []dex.Key{lpFrom, lpMintKey, wallet}, data: (&spl.TokenInstruction{Kind: spl.Burn, Amount: 1}).Append(nil)}
	expect(t, "records", len(d.Decode(run([]dex.Key{wallet}, burn))), 0)

	e := pumpswap.WithdrawEvent{LpTokenAmountIn: 5, PoolBaseTokenReserves: 100, PoolQuoteTokenReserves: 200, LpMintSupply: 50, Pool: lpPoolKey, User: wallet}
	in := pumpswap.Instruction{Kind: pumpswap.Withdraw, LP: 5}
	accounts := places(15, map[int8]dex.Key{0: lpPoolKey, 2: wallet, 3: coin, 4: dex.WSOL, 5: lpMintKey, 8: lpFrom})
	tx := run([]dex.Key{wallet}, &node{program: dex.PumpSwap, accounts: accounts, data: in.Append(nil), does: append([]any{burn}, emit(dex.PumpSwap, e.Append(nil))...)})
	holds(tx, lpFrom, lpMintKey, wallet, 9, 5, 0)
	l := one(t, lpKnown(t), tx).GetLiquidityChanged()
	if l.OwnerLpAfter == nil || l.GetOwnerLpAfter() != 0 {
		t.Errorf("owner has %v, want 0", l.OwnerLpAfter)
	}
}

func TestLPLocks(t *testing.T) {
	in := lplock.Instruction{Kind: lplock.LockCPMM, LP: 30}
	accounts := places(19, map[int8]dex.Key{2: wallet, 3: key(720), 6: cpPool, 8: lpMintKey, 9: lpFrom})
	tx := run([]dex.Key{wallet}, &node{program: dex.RaydiumLock, accounts: accounts, data: in.Append(nil)})
	holds(tx, lpFrom, lpMintKey, wallet, 9, 45, 15)
	r := one(t, New(Options{}), tx)
	l := r.GetLpMoved()
	expect(t, "movement", l.GetMovement(), eventv1.LpMovement_LP_MOVEMENT_LOCKED)
	expect(t, "venue", l.GetVenue(), eventv1.Venue_VENUE_RAYDIUM_CPMM)
	expectKey(t, "pool", l.GetPool(), cpPool)
	expectKey(t, "owner", l.GetOwner(), wallet)
	expectKey(t, "receiver", l.GetReceiver(), key(720))
	expectKey(t, "locker", l.GetLocker(), dex.RaydiumLock)
	expectKey(t, "program", r.GetProgram(), dex.RaydiumLock)
	expect(t, "figures", [2]uint64{l.GetAmount(), l.GetOwnerAfter()}, [2]uint64{30, 15})

	// The NFT of a position, whose pool the instruction does not name.
	d := New(Options{})
	in = lplock.Instruction{Kind: lplock.LockPosition}
	tx = run([]dex.Key{wallet}, &node{program: dex.RaydiumLock, accounts: places(15, map[int8]dex.Key{2: wallet, 3: key(720), 6: key(22)}), data: in.Append(nil)})
	expect(t, "records", len(d.Decode(tx)), 0)
	d.lps.learn(clmmPool, clPool[:], append([]byte(nil), raw(key(22))...), true)
	l = one(t, d, tx).GetLpMoved()
	expectKey(t, "pool", l.GetPool(), clPool)
	expectKey(t, "nft", l.GetNftMint(), key(22))
	expect(t, "amount", l.GetAmount(), 0)
}

func TestLPMintsAreForgotten(t *testing.T) {
	table := lpTable{}
	for n := range maxLPMints + 1 {
		var mint dex.Key
		binary.BigEndian.PutUint64(mint[:], uint64(n))
		table.learn(swap, lpPoolKey[:], mint[:], false)
	}
	expect(t, "known", len(table), 1)
	table.learn(swap, nil, lpMintKey[:], false)
	expect(t, "known", len(table), 1)
}

// Real launches burn what their pools gave: pump at migration, a launcher on CPMM.
func TestRealBurns(t *testing.T) {
	dir := corpusDir(t)
	burned := 0
	for _, path := range corpusFiles(t, dir) {
		var created *eventv1.PoolCreated
		for _, r := range New(Options{}).Decode(loadTransaction(t, path)) {
			if p := r.GetPoolCreated(); p != nil {
				created = p
			}
			l := r.GetLpMoved()
			if l == nil {
				continue
			}
			burned++
			if l.GetMovement() != eventv1.LpMovement_LP_MOVEMENT_BURNED || string(l.GetPool()) != string(created.GetPool()) || l.GetAmount() != created.GetLpAmount() ||
				string(l.GetOwner()) != string(created.GetCreator()) || created.LpSupply == nil {
				t.Errorf("%s: %v of pool %v", filepath.Base(path), l, created)
			}
		}
	}
	if burned != 2 {
		t.Errorf("%d burns, want 2", burned)
	}
}

// Anything may stand in the accounts and data of such instructions.
func FuzzLPMoves(f *testing.F) {
	f.Add([]byte{8, 1, 0, 0, 0, 0, 0, 0, 0}, []byte{0, 1, 2})
	f.Add((&lplock.Instruction{Kind: lplock.LockCPMM, LP: 1}).Append(nil), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Fuzz(func(t *testing.T, data, accounts []byte) {
		for _, program := range []dex.Key{dex.SPLToken, dex.RaydiumLock} {
			tx := run([]dex.Key{wallet}, &node{program: program, accounts: []dex.Key{lpFrom, lpMintKey, lpTo, wallet}, data: data})
			tx.Outer[0].Accounts = accounts
			holds(tx, lpFrom, lpMintKey, wallet, 9, 45, 35)
			d := New(Options{})
			d.lps.learn(swap, lpPoolKey[:], lpMintKey[:], false)
			for _, r := range d.Decode(tx) {
				if len(r.GetLpMoved().GetPool()) != 32 {
					t.Fatalf("record without a pool: %v", r)
				}
			}
		}
	})
}

// A change of a position tells the price of its pool in an event before its own; one of another call says nothing.
func TestClmmPriceOfAChange(t *testing.T) {
	price := (&clmm.LiquidityCalculateEvent{PoolSqrtPriceX64: dex.Uint128{Hi: 1, Lo: 2}}).Append(nil)
	less := (&clmm.DecreaseLiquidityEvent{PositionNftMint: key(22), Liquidity: dex.Uint128{Lo: 9}, DecreaseAmount0: 90}).Append(nil)
	in := clmm.Instruction{Kind: clmm.DecreaseLiquidityV2}
	p := in.Kind.Places()
	change := func(does ...any) *node {
		at := map[int8]dex.Key{p.Pool: clPool, p.User: key(21), p.VaultIn: clIn, p.VaultOut: clOut, p.MintIn: low, p.MintOut: high}
		return &node{program: dex.RaydiumCLMM, data: in.Append(nil), accounts: places(22, at), does: does}
	}
	d := New(Options{})
	records := d.Decode(run([]dex.Key{wallet}, change(dataLine(price), dataLine(less)), change(dataLine(less)), change(dataLine(price[:50]), dataLine(less))))
	expect(t, "records", len(records), 3)
	first := records[0].GetLiquidityChanged().GetConcentrated()
	expect(t, "price", [2]uint64{first.GetSqrtPriceX64High(), first.GetSqrtPriceX64Low()}, [2]uint64{1, 2})
	expect(t, "price only", first.GetPriceOnly(), true)
	for _, r := range records[1:] {
		if r.GetLiquidityChanged().Concentrated != nil {
			t.Errorf("a price that was not told: %v", r)
		}
	}
	expect(t, "malformed", d.Stats().RaydiumCLMM.Malformed, 1)

	// The NFT of the position goes to somebody else.
	nft := &node{program: dex.SPLToken, accounts: []dex.Key{lpFrom, lpTo, wallet}, data: (&spl.TokenInstruction{Kind: spl.Transfer, Amount: 1}).Append(nil)}
	tx := run([]dex.Key{wallet}, nft)
	holds(tx, lpFrom, key(22), wallet, 0, 1, 0)
	holds(tx, lpTo, key(22), key(9), 0, 0, 1)
	l := one(t, d, tx).GetLpMoved()
	expectKey(t, "nft", l.GetNftMint(), key(22))
	expectKey(t, "receiver", l.GetReceiver(), key(9))
	expect(t, "figures", [2]uint64{l.GetAmount(), uint64(len(l.GetLpMint()))}, [2]uint64{0, 0})
}

// A launcher opens a pool and burns the LP tokens that it got. That is told also where no stack heights are recorded: of the two real
// transactions one opens the pool by an event, the other by its accounts alone.
func TestLPBurnedBehindANewPoolWithoutHeights(t *testing.T) {
	dir := corpusDir(t)
	for _, name := range []string{"cpmm-createpool-2ex9my1v.json", "pump-migrate_pumpswap-2ffHb9AX.json"} {
		path := filepath.Join(dir, "tx", name)
		want := copies(New(Options{}).Decode(loadTransaction(t, path)))
		tx := loadTransaction(t, path)
		flatten(tx)
		got := New(Options{}).Decode(tx)
		burned := slices.ContainsFunc(want, func(r *eventv1.Record) bool { return r.GetLpMoved() != nil })
		if !burned || !slices.EqualFunc(want, got, func(w, g *eventv1.Record) bool { return proto.Equal(w, g) }) {
			t.Errorf("%s: records are %v, want %v", name, got, want)
		}
	}
}
