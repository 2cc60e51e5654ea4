package pumpswap_test

import (
	"bytes"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

type event interface {
	Parse([]byte) error
	Append([]byte) []byte
}

// checkEvents parses every event of a name in the corpus, compares it field by field with an independent decoder, and writes it
// back.
func checkEvents(t *testing.T, name string, e event, tail func() int) {
	t.Helper()
	events := dextest.Events(t, "pumpswap", name)
	for _, c := range events {
		if err := e.Parse(c.Bytes); err != nil {
			t.Fatalf("%s: %v", c.File, err)
		}
		c.Check(t, e, nil)
		if tail() != c.Extra {
			t.Errorf("%s: %d bytes left, the corpus has %d", c.File, tail(), c.Extra)
		}
		if got := e.Append(nil); !bytes.Equal(got, c.Bytes[:len(c.Bytes)-tail()]) {
			t.Errorf("%s: written back it differs", c.File)
		}
	}
	t.Logf("%d events of %s", len(events), name)
}

func TestCorpusEvents(t *testing.T) {
	var buy pumpswap.BuyEvent
	checkEvents(t, "BuyEvent", &buy, func() int { return buy.Tail })
	var sell pumpswap.SellEvent
	checkEvents(t, "SellEvent", &sell, func() int { return sell.Tail })
	var pool pumpswap.CreatePoolEvent
	checkEvents(t, "CreatePoolEvent", &pool, func() int { return pool.Tail })
	var deposit pumpswap.DepositEvent
	checkEvents(t, "DepositEvent", &deposit, func() int { return deposit.Tail })
}

// TestCorpusPool replays real trades, deposits and a pool's start.
func TestCorpusPool(t *testing.T) {
	for _, c := range dextest.Events(t, "pumpswap", "BuyEvent") {
		e, _ := pumpswap.ParseBuyEvent(c.Bytes)
		p := pumpswap.PoolReserves{Base: e.PoolBaseTokenReserves, Quote: e.PoolQuoteTokenReserves, Virtual: e.VirtualQuoteReserves}
		leg, ok := p.Cost(e.BaseAmountOut)
		if !ok || leg > e.QuoteAmountIn || leg+1 < e.QuoteAmountIn {
			t.Errorf("%s: %d base cost %d %v, the chain took %d", c.File, e.BaseAmountOut, leg, ok, e.QuoteAmountIn)
		}
		if len(e.IxName) == 0 || string(e.IxName) == "buy" {
			if leg != e.QuoteAmountIn {
				t.Errorf("%s: an exact buy costs %d, the chain took %d", c.File, leg, e.QuoteAmountIn)
			}
		}
		rates := pumpswap.Rates{LP: e.LpFeeBasisPoints, Protocol: e.ProtocolFeeBasisPoints, Creator: e.CoinCreatorFeeBasisPoints}
		fees, ok := rates.On(e.QuoteAmountIn)
		if !ok || fees != (pumpswap.Fees{LP: e.LpFee, Protocol: e.ProtocolFee, Creator: e.CoinCreatorFee}) {
			t.Errorf("%s: fees %+v, the event has %d %d %d", c.File, fees, e.LpFee, e.ProtocolFee, e.CoinCreatorFee)
		}
		if got := e.QuoteAmountIn + fees.Total() + e.Cashback + e.HolderRewards; got != e.UserQuoteAmountIn {
			t.Errorf("%s: the user pays %d, the chain took %d", c.File, got, e.UserQuoteAmountIn)
		}
	}
	for _, c := range dextest.Events(t, "pumpswap", "SellEvent") {
		e, _ := pumpswap.ParseSellEvent(c.Bytes)
		p := pumpswap.PoolReserves{Base: e.PoolBaseTokenReserves, Quote: e.PoolQuoteTokenReserves, Virtual: e.VirtualQuoteReserves}
		if leg, ok := p.Proceeds(e.BaseAmountIn); !ok || leg != e.QuoteAmountOut {
			t.Errorf("%s: %d base give %d %v, the chain gave %d", c.File, e.BaseAmountIn, leg, ok, e.QuoteAmountOut)
		}
	}
	for _, c := range dextest.Events(t, "pumpswap", "CreatePoolEvent") {
		e, _ := pumpswap.ParseCreatePoolEvent(c.Bytes)
		supply, creator, ok := pumpswap.FirstLP(e.BaseAmountIn, e.QuoteAmountIn)
		if !ok || supply != e.InitialLiquidity || creator != e.LpTokenAmountOut {
			t.Errorf("%s: first LP %d %d, the chain gave %d %d", c.File, supply, creator, e.InitialLiquidity, e.LpTokenAmountOut)
		}
		pool, bump := pda.Pool(e.Index, e.Creator, e.BaseMint, e.QuoteMint)
		if e.Creator != pda.PoolAuthority(e.BaseMint) {
			t.Errorf("%s: the creator is %s, not pump's pool authority", c.File, e.Creator)
		}
		if pool != e.Pool || bump != e.PoolBump || pda.LPMint(pool) != e.LpMint {
			t.Errorf("%s: derived pool %s bump %d", c.File, pool, bump)
		}
	}
	for _, c := range dextest.Events(t, "pumpswap", "DepositEvent") {
		e, _ := pumpswap.ParseDepositEvent(c.Bytes)
		p := pumpswap.PoolReserves{Base: e.PoolBaseTokenReserves, Quote: e.PoolQuoteTokenReserves, LPSupply: e.LpMintSupply}
		base, quote, ok := p.DepositFor(e.LpTokenAmountOut)
		if !ok || base != e.BaseAmountIn || quote != e.QuoteAmountIn {
			t.Errorf("%s: a deposit for %d takes %d %d, the chain took %d %d", c.File, e.LpTokenAmountOut, base, quote, e.BaseAmountIn, e.QuoteAmountIn)
		}
	}
}

// TestCorpusPlaces finds the pools and users of real events at the places of their instructions, and vaults that belong to them.
func TestCorpusPlaces(t *testing.T) {
	type party struct{ pool, user string }
	parties := map[string]map[party]bool{}
	add := func(file string, pool, user dex.Key) {
		if parties[file] == nil {
			parties[file] = map[party]bool{}
		}
		parties[file][party{pool.String(), user.String()}] = true
	}
	for _, c := range dextest.Events(t, "pumpswap", "BuyEvent") {
		e, _ := pumpswap.ParseBuyEvent(c.Bytes)
		add(c.File, e.Pool, e.User)
	}
	for _, c := range dextest.Events(t, "pumpswap", "SellEvent") {
		e, _ := pumpswap.ParseSellEvent(c.Bytes)
		add(c.File, e.Pool, e.User)
	}
	for _, c := range dextest.Events(t, "pumpswap", "DepositEvent") {
		e, _ := pumpswap.ParseDepositEvent(c.Bytes)
		add(c.File, e.Pool, e.User)
	}
	for _, c := range dextest.Events(t, "pumpswap", "CreatePoolEvent") {
		e, _ := pumpswap.ParseCreatePoolEvent(c.Bytes)
		add(c.File, e.Pool, e.Creator)
	}
	seen := map[pumpswap.Kind]int{}
	for file, known := range parties {
		dextest.Load(t, file).Each(t, dex.PumpSwap, func(data []byte, accounts []string) {
			in, err := pumpswap.ParseInstruction(data)
			if err != nil {
				return
			}
			seen[in.Kind]++
			at := in.Kind.Places(len(accounts))
			if !known[party{accounts[at.Pool], accounts[at.User]}] {
				t.Errorf("%s: %s has pool %s and user %s, the events say %v", file, in.Kind, accounts[at.Pool], accounts[at.User], known)
			}
			pool := dex.MustKey(accounts[at.Pool])
			for _, side := range [][2]int8{{at.BaseMint, at.BaseVault}, {at.QuoteMint, at.QuoteVault}} {
				mint, vault := dex.MustKey(accounts[side[0]]), dex.MustKey(accounts[side[1]])
				if vault != pda.TokenAccount(pool, mint, dex.SPLToken) && vault != pda.TokenAccount(pool, mint, dex.Token2022) {
					t.Errorf("%s: %s has vault %s, which is not the pool's of %s", file, in.Kind, vault, mint)
				}
			}
			if at.LPMint >= 0 && accounts[at.LPMint] != pda.LPMint(pool).String() {
				t.Errorf("%s: %s has LP mint %s", file, in.Kind, accounts[at.LPMint])
			}
			if at.BaseProgram >= 0 && accounts[at.QuoteProgram] != dex.SPLToken.String() {
				t.Errorf("%s: %s has quote program %s", file, in.Kind, accounts[at.QuoteProgram])
			}
		})
	}
	t.Log(seen)
	for _, k := range []pumpswap.Kind{pumpswap.Buy, pumpswap.Sell, pumpswap.CreatePool, pumpswap.Deposit} {
		if seen[k] == 0 {
			t.Errorf("the corpus has no %s", k)
		}
	}
}
