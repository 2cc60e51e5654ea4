package raydium_test

import (
	"bytes"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/dex/spl"
)

type appender interface{ Append([]byte) []byte }

var alias = map[string]string{"direct_in": "DeductIn"}

// checkLogs parses every log of a name in the corpus, compares it field by field with an independent decoder, and writes it back.
func checkLogs(t *testing.T, name string, parse func([]byte) (appender, error)) {
	t.Helper()
	logs := dextest.Events(t, "rayv4", name)
	for _, c := range logs {
		l, err := parse(c.Bytes)
		if err != nil {
			t.Fatalf("%s: %v", c.File, err)
		}
		c.Check(t, l, alias)
		if got := l.Append(nil); !bytes.Equal(got, c.Bytes) {
			t.Errorf("%s: written back it differs", c.File)
		}
	}
	t.Logf("%d logs of %s", len(logs), name)
}

func TestCorpusLogs(t *testing.T) {
	checkLogs(t, "Init", func(b []byte) (appender, error) { l, err := raydium.ParseInitLog(b); return &l, err })
	checkLogs(t, "Deposit", func(b []byte) (appender, error) { l, err := raydium.ParseDepositLog(b); return &l, err })
	checkLogs(t, "Withdraw", func(b []byte) (appender, error) { l, err := raydium.ParseWithdrawLog(b); return &l, err })
	checkLogs(t, "SwapBaseIn", func(b []byte) (appender, error) { l, err := raydium.ParseSwapBaseInLog(b); return &l, err })
	checkLogs(t, "SwapBaseOut", func(b []byte) (appender, error) { l, err := raydium.ParseSwapBaseOutLog(b); return &l, err })
}

// TestCorpusPool replays real swaps and withdrawals.
func TestCorpusPool(t *testing.T) {
	for _, c := range dextest.Events(t, "rayv4", "SwapBaseIn") {
		l, _ := raydium.ParseSwapBaseInLog(c.Bytes)
		p := raydium.PoolReserves{Coin: l.PoolCoin, Pc: l.PoolPc}
		if out, _, ok := p.SwapIn(l.AmountIn, l.Direction); !ok || out != l.OutAmount {
			t.Errorf("%s: %d in give %d %v, the chain gave %d", c.File, l.AmountIn, out, ok, l.OutAmount)
		}
	}
	for _, c := range dextest.Events(t, "rayv4", "SwapBaseOut") {
		l, _ := raydium.ParseSwapBaseOutLog(c.Bytes)
		p := raydium.PoolReserves{Coin: l.PoolCoin, Pc: l.PoolPc}
		if in, _, ok := p.SwapOut(l.AmountOut, l.Direction); !ok || in != l.DeductIn {
			t.Errorf("%s: %d out cost %d %v, the chain took %d", c.File, l.AmountOut, in, ok, l.DeductIn)
		}
	}
	for _, c := range dextest.Events(t, "rayv4", "Withdraw") {
		l, _ := raydium.ParseWithdrawLog(c.Bytes)
		p := raydium.PoolReserves{Coin: l.PoolCoin, Pc: l.PoolPc, LPSupply: l.PoolLp}
		coin, pc, ok := p.WithdrawFor(l.WithdrawLp)
		if !ok || coin != l.OutCoin || pc != l.OutPc {
			t.Errorf("%s: %d LP give %d %d, the chain gave %d %d", c.File, l.WithdrawLp, coin, pc, l.OutCoin, l.OutPc)
		}
	}
}

// TestCorpusPlaces checks every instruction's pool against the authority that stands behind it, a swap's vaults against the transfers
// that follow, and a new pool's accounts against their derivations.
func TestCorpusPlaces(t *testing.T) {
	seen := map[raydium.Kind]map[int]int{}
	files := map[string]bool{}
	for _, name := range []string{"Init", "Deposit", "Withdraw", "SwapBaseIn", "SwapBaseOut"} {
		for _, c := range dextest.Events(t, "rayv4", name) {
			files[c.File] = true
		}
	}
	for file := range files {
		tx := dextest.Load(t, file)
		transfers := transfers(t, tx)
		tx.Each(t, dex.RaydiumV4, func(data []byte, accounts []string) {
			in, err := raydium.ParseInstruction(data)
			if err != nil {
				return
			}
			if seen[in.Kind] == nil {
				seen[in.Kind] = map[int]int{}
			}
			seen[in.Kind][len(accounts)]++
			at := in.Kind.Places(len(accounts))
			if at.Pool < 0 || accounts[at.Pool+1] != dex.RaydiumV4Authority.String() {
				t.Errorf("%s: %s of %d accounts has pool at %d", file, in.Kind, len(accounts), at.Pool)
				return
			}
			switch {
			case in.Kind.IsSwap() && tx.Meta.Err == nil:
				s, d := accounts[at.UserSource], accounts[at.UserDestination]
				c, p := accounts[at.CoinVault], accounts[at.PcVault]
				fromCoin := transfers[[2]string{s, c}] && transfers[[2]string{p, d}]
				fromPc := transfers[[2]string{s, p}] && transfers[[2]string{c, d}]
				if !fromCoin && !fromPc {
					t.Errorf("%s: %s of %d accounts: no transfers between its user accounts and vaults", file, in.Kind, len(accounts))
				}
			case in.Kind == raydium.Initialize2:
				market := dex.MustKey(accounts[16])
				for what, place := range map[string]int8{"amm": at.Pool, "coin_vault": at.CoinVault, "pc_vault": at.PcVault, "lp_mint": at.LPMint} {
					if got := pda.Raydium(market, what); got.String() != accounts[place] {
						t.Errorf("%s: %s of the market is %s, the instruction has %s", file, what, got, accounts[place])
					}
				}
				if accounts[14] != dex.RaydiumV4CreateFee.String() {
					t.Errorf("%s: creation fee goes to %s", file, accounts[14])
				}
			case in.Kind == raydium.Deposit:
				if !transfers[[2]string{accounts[at.UserCoin], accounts[at.CoinVault]}] || !transfers[[2]string{accounts[at.UserPc], accounts[at.PcVault]}] {
					t.Errorf("%s: no transfers into the vaults", file)
				}
			case in.Kind == raydium.Withdraw:
				if !transfers[[2]string{accounts[at.CoinVault], accounts[at.UserCoin]}] || !transfers[[2]string{accounts[at.PcVault], accounts[at.UserPc]}] {
					t.Errorf("%s: no transfers out of the vaults", file)
				}
			}
		})
	}
	t.Log(seen)
	for _, k := range []raydium.Kind{raydium.SwapBaseIn, raydium.SwapBaseOut, raydium.Initialize2, raydium.Deposit, raydium.Withdraw} {
		if len(seen[k]) == 0 {
			t.Errorf("the corpus has no %s", k)
		}
	}
}

// transfers returns which token accounts sent to which in a transaction.
func transfers(t *testing.T, tx *dextest.Transaction) map[[2]string]bool {
	t.Helper()
	sent := map[[2]string]bool{}
	for _, program := range []dex.Key{dex.SPLToken, dex.Token2022} {
		tx.Each(t, program, func(data []byte, accounts []string) {
			if in, ok := spl.ParseToken(data); ok && in.Kind.Moves() {
				at := in.Kind.Places()
				sent[[2]string{accounts[at.Source], accounts[at.Destination]}] = true
			}
		})
	}
	return sent
}

// minted returns how much LP a pool's first instruction gave out.
func minted(t *testing.T, file string) uint64 {
	t.Helper()
	var amount uint64
	dextest.Load(t, file).Each(t, dex.SPLToken, func(data []byte, _ []string) {
		if in, ok := spl.ParseToken(data); ok && in.Kind == spl.MintTo {
			amount = in.Amount
		}
	})
	return amount
}
