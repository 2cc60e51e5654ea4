package e2e_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/corpus"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

// mayhemTrade is a real TradeEvent of a mayhem agent, of 3 October 2026: it bought 351,424,668,752 units of 3Ad4mzd7... for 12,595,111
// lamports without a fee.
const mayhemTrade = "vdt/007mYe4gLmFMZa4UdjssR7Bu/uz3qrxDY3NiSvHZox0uJNL9j6cvwAAAAAAAUOSK0lEAAAABootf0mq0eaapzGy/awsj62GIWjceASCsqRO+7z0TinhukcBqAAAAAM" +
	"CwbWgKAAAAUgQylRvNAwCvPEUFAAAAAFJsH0mKzgIA6JMUH7GOnxV02BDheOGeMGBOMXWqLkoy38hgByfRBwkAAAAAAAAAAAAAAAAAAAAAkuUuwp329ugiNSKrQGN+N08f" +
	"9TL/fPIO+zm+kQTAZRwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwAAAGJ1eQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAKcvwAAAAAAAwLBtaAoAAACvPEUFAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

// stories plays the corpus and a block behind it.
type stories struct {
	inner geysersim.Source // nil when there is no corpus
	last  *geysersim.Block
	slot  uint64
}

func (s *stories) Next(ctx context.Context) (*geysersim.Block, error) {
	if s.inner != nil {
		b, err := s.inner.Next(ctx)
		if err == nil {
			s.slot = b.Slot
			return b, nil
		}
		if !errors.Is(err, io.EOF) {
			return nil, err
		}
		s.inner = nil
	}
	if s.last == nil {
		return nil, io.EOF
	}
	b := s.last
	s.last = nil
	b.Slot = max(s.slot, 450_000_000) + 2
	return b, nil
}

// called makes a transaction in which the user calls pump for each event, and pump emits it.
func called(n byte, user dex.Key, events ...*pumpfun.TradeEvent) geysersim.Transaction {
	keys := []dex.Key{user, dex.Pump, dex.PumpEventAuthority}
	place := func(k dex.Key) byte {
		if i := slices.Index(keys, k); i >= 0 {
			return byte(i)
		}
		keys = append(keys, k)
		return byte(len(keys) - 1)
	}
	msg := &storagepb.Message{Header: &storagepb.MessageHeader{NumRequiredSignatures: 1}, RecentBlockhash: make([]byte, 32)}
	meta := &storagepb.TransactionStatusMeta{Fee: 5_000, LogMessagesNone: true}
	for i, e := range events {
		in := pumpfun.Instruction{Kind: pumpfun.Buy, Amount: e.TokenAmount, Limit: 1 << 60}
		accounts := []byte{place(dex.PumpGlobal), place(e.FeeRecipient), place(e.Mint), place(pda.BondingCurve(e.Mint)), place(dex.Key{1}), place(dex.Key{2}), 0}
		msg.Instructions = append(msg.Instructions, &storagepb.CompiledInstruction{ProgramIdIndex: 1, Accounts: accounts, Data: in.Append(nil)})
		meta.InnerInstructions = append(meta.InnerInstructions, &storagepb.InnerInstructions{
			Index: uint32(i), Instructions: []*storagepb.InnerInstruction{{
				ProgramIdIndex: 1, Accounts: []byte{2}, Data: e.Append(dex.AppendEventTag(nil)), StackHeight: new(uint32(2)),
			}},
		})
	}
	for _, k := range keys {
		msg.AccountKeys = append(msg.AccountKeys, k[:])
	}
	meta.PreBalances, meta.PostBalances = make([]uint64, len(keys)), make([]uint64, len(keys))
	signature := make([]byte, 64)
	signature[0], signature[63] = n, 1
	return geysersim.Transaction{Info: &geyserpb.SubscribeUpdateTransactionInfo{
		Signature: signature, Index: uint64(n), Meta: meta,
		Transaction: &storagepb.Transaction{Signatures: [][]byte{signature}, Message: msg},
	}}
}

// fiveBuys are buys of a new coin, one behind the other, of which each moves the curve.
func fiveBuys(user, mint dex.Key) (events []*pumpfun.TradeEvent) {
	curve := pumpfun.Start(pumpfun.InitialVirtualSOL)
	rates := pumpfun.Rates{Protocol: pumpfun.ProtocolFeeBps, Creator: pumpfun.CreatorFeeBps}
	for i := range uint64(5) {
		tokens, quote, _ := curve.Spend((i+1)*100_000_000, rates)
		fees, _ := rates.On(quote)
		curve = curve.Bought(tokens, quote)
		events = append(events, &pumpfun.TradeEvent{
			Mint: mint, SolAmount: quote, TokenAmount: tokens, IsBuy: true, User: user, Timestamp: 1_793_491_200,
			VirtualSolReserves: curve.VirtualQuote, VirtualTokenReserves: curve.VirtualToken, RealSolReserves: curve.RealQuote,
			RealTokenReserves: curve.RealToken, FeeRecipient: dex.PumpFeeRecipients[0], FeeBasisPoints: pumpfun.ProtocolFeeBps, Fee: fees.Protocol,
			Creator: user, CreatorFeeBasisPoints: pumpfun.CreatorFeeBps, CreatorFee: fees.Creator, IxName: []byte("buy"),
			QuoteAmount: quote, VirtualQuoteReserves: curve.VirtualQuote, RealQuoteReserves: curve.RealQuote,
		})
	}
	return events
}

// inDollars is a buy on a curve that trades in USDC: the SOL fields are 0 there.
func inDollars(user, mint dex.Key) *pumpfun.TradeEvent {
	curve := pumpfun.Start(pumpfun.InitialVirtualUSDC)
	tokens, quote, _ := curve.Spend(25_000_000, pumpfun.Rates{Protocol: pumpfun.ProtocolFeeBps, Creator: pumpfun.CreatorFeeBps})
	fees, _ := pumpfun.Rates{Protocol: pumpfun.ProtocolFeeBps, Creator: pumpfun.CreatorFeeBps}.On(quote)
	curve = curve.Bought(tokens, quote)
	return &pumpfun.TradeEvent{
		Mint: mint, TokenAmount: tokens, IsBuy: true, User: user, Timestamp: 1_793_491_200, VirtualTokenReserves: curve.VirtualToken,
		RealTokenReserves: curve.RealToken, FeeRecipient: dex.PumpFeeRecipients[0], FeeBasisPoints: pumpfun.ProtocolFeeBps, Fee: fees.Protocol,
		Creator: user, CreatorFeeBasisPoints: pumpfun.CreatorFeeBps, CreatorFee: fees.Creator, IxName: []byte("buy"), QuoteMint: dex.USDC,
		QuoteAmount: quote, VirtualQuoteReserves: curve.VirtualQuote, RealQuoteReserves: curve.RealQuote,
	}
}

// decodedEvent is a line of the corpus' independent decode.
type decodedEvent struct {
	File, Event string
	Fields      struct {
		Mint, User, Pool, Symbol string
		BaseMint                 string `json:"base_mint"`
		TokenAmount              uint64 `json:"token_amount"`
		SolAmount                uint64 `json:"sol_amount"`
		BaseIn                   uint64 `json:"base_amount_in"`
		QuoteIn                  uint64 `json:"quote_amount_in"`
		BaseOut                  uint64 `json:"base_amount_out"`
		VirtualSol               uint64 `json:"virtual_sol_reserves"`
		VirtualToken             uint64 `json:"virtual_token_reserves"`
		UserQuote                uint64 `json:"user_quote_amount_in"`
	}
}

// decodedEvents reads those of a file.
func decodedEvents(t *testing.T, dir, file string) (all []decodedEvent) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "decoded-events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e decodedEvent
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.File == "tx/"+file { // other events have other fields by these names
			all = append(all, e)
		}
	}
	return all
}

// TestStories takes a few real transactions, and some that are made after real ones, through the three monitors' programs: what each of
// them says of them must be the whole story.
func TestStories(t *testing.T) {
	t.Parallel()
	source := &stories{}
	dir := os.Getenv("WEIR_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err == nil {
		if source.inner, err = corpus.LoadDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := base64.StdEncoding.DecodeString(mayhemTrade)
	if err != nil {
		t.Fatal(err)
	}
	agent, err := pumpfun.ParseTradeEvent(raw)
	if err != nil {
		t.Fatal(err)
	}
	if !agent.MayhemMode || agent.User != dex.MayhemAgent {
		t.Fatalf("the event is not that of an agent: %+v", agent)
	}
	user, coin, dollars := dex.Key{7, 7}, dex.Key{8, 8}, dex.Key{9, 9}
	five := fiveBuys(user, coin)
	source.last = &geysersim.Block{Time: 1_793_491_200, Transactions: []geysersim.Transaction{
		called(0, user, five...), called(1, user, inDollars(user, dollars)), called(2, agent.User, &agent),
	}}
	hasCorpus := source.inner != nil
	server := geysersim.New(geysersim.Options{Source: source, SlotDuration: 15 * time.Millisecond, ReplaySlots: 2_000})
	c := &chain{server: server}
	c.listen(t, "127.0.0.1:0")
	file, data := configure(t, c.url)
	start(t, "run", "--config", file)
	said, before := map[string][]*eventv1.Output{}, 0
	// Each of the three goes at its own pace.
	eventually(t, time.Minute, "the last transaction is reported, and all that the others say of those before", func() bool {
		if _, err := os.Stat(data); err != nil {
			return false
		}
		for _, s := range pluginStates(t, data) {
			if s.Lag != "0" {
				return false
			}
		}
		clear(said)
		all := outputsSoFar(t, data)
		for _, o := range all {
			signature := base58.Encode(o.GetSignature())
			said[signature] = append(said[signature], o)
		}
		more := len(all) - before
		before = len(all)
		return len(tradesOf(said[name(2)])) > 0 && more == 0
	})
	checkFive(t, said[name(0)], five)
	checkDollars(t, said[name(1)], dollars)
	checkAgent(t, said[name(2)], &agent)
	if !hasCorpus {
		t.Log("no corpus of real transactions: only what was made is checked; set WEIR_CORPUS")
		return
	}
	checkMigration(t, said, decodedEvents(t, dir, "pump-migrate_pumpswap-2ffHb9AX.json"))
	checkLaunch(t, said["2RoRJxatbF9Qkv87jei19u7ei2ckyjjnrCHZBRRAXi4GFJi68kra2iPSk7aoQ9Ugnf5FK5Mdp274hMaVSzn6SN5M"],
		decodedEvents(t, dir, "pump-createv2-buy-2RoRJxat.json"))
	checkBuys(t, said["JBnrBbgqh9jRUkUD68GdwBWoxWyz8SqEuM4eYqR6cyMMofFD43XQKjWBMHvRanPuzSU9UC8CFBQH1brAmvjxZpA"],
		decodedEvents(t, dir, "pump-buyx4-JBnrBbgq.json"))
}

// name is the signature of a made transaction.
func name(n byte) string {
	s := make([]byte, 64)
	s[0], s[63] = n, 1
	return base58.Encode(s)
}

// outputsSoFar is readOutputs of a daemon that may not listen yet.
func outputsSoFar(t *testing.T, data string) []*eventv1.Output {
	t.Helper()
	if code, _, _ := run(t, "status", "--data-dir", data); code != 0 {
		return nil
	}
	return readOutputs(t, data)
}

func kindsOf(all []*eventv1.Output) (kinds []string) {
	for _, o := range all {
		kinds = append(kinds, o.GetKind())
	}
	return kinds
}

func tradesOf(all []*eventv1.Output) (trades []*eventv1.TradeReported) {
	for _, o := range all {
		if o.GetKind() == "trade" {
			trades = append(trades, o.GetTradeReported())
		}
	}
	return trades
}

func checkFive(t *testing.T, said []*eventv1.Output, events []*pumpfun.TradeEvent) {
	t.Helper()
	trades := tradesOf(said)
	if len(trades) != 5 {
		t.Fatalf("five buys in one transaction: %v", kindsOf(said))
	}
	for i, r := range trades {
		e := events[i]
		if r.GetTrades() != uint64(i+1) || r.GetBaseAmount() != e.TokenAmount || r.GetPoolQuoteAmount() != e.SolAmount ||
			r.GetQuoteAmount() != e.SolAmount+e.Fee+e.CreatorFee || r.GetPrice().GetQuote() != e.VirtualSolReserves ||
			r.GetPrice().GetBase() != e.VirtualTokenReserves || r.GetPriceImpactPpm() <= 0 {
			t.Errorf("buy %d of five: %v, want %+v", i, r, e)
		}
	}
	if n := count(said, "token_trading"); n != 1 {
		t.Errorf("the coin began to trade %d times: %v", n, kindsOf(said))
	}
}

func count(said []*eventv1.Output, kind string) (n int) {
	for _, o := range said {
		if o.GetKind() == kind {
			n++
		}
	}
	return n
}

func checkDollars(t *testing.T, said []*eventv1.Output, mint dex.Key) {
	t.Helper()
	trades := tradesOf(said)
	if len(trades) != 1 {
		t.Fatalf("a buy in dollars: %v", kindsOf(said))
	}
	r := trades[0]
	if dex.Key(r.GetMint()) != mint || dex.Key(r.GetQuoteMint()) != dex.USDC || r.GetPoolQuoteAmount() < 24_000_000 ||
		r.GetUsdMicros() != r.GetPoolQuoteAmount() || r.UsdSlot == nil || r.GetUsdSlot() != 0 || r.GetQuoteDecimals() != 6 {
		t.Errorf("a buy in dollars: %v", r)
	}
	if r.GetPrice().GetQuote() != pumpfun.InitialVirtualUSDC+r.GetPoolQuoteAmount() {
		t.Errorf("its price is %v, of a curve that began with %d", r.GetPrice(), uint64(pumpfun.InitialVirtualUSDC))
	}
}

func checkAgent(t *testing.T, said []*eventv1.Output, e *pumpfun.TradeEvent) {
	t.Helper()
	trades := tradesOf(said)
	if len(trades) != 1 {
		t.Fatalf("a mayhem trade: %v", kindsOf(said))
	}
	r := trades[0]
	if !r.GetAgent() || dex.Key(r.GetTrader()) != dex.MayhemAgent || r.GetBaseAmount() != 351_424_668_752 || r.GetQuoteAmount() != 12_595_111 ||
		r.GetQuoteFees() != 0 || dex.Key(r.GetMint()) != e.Mint {
		t.Errorf("a mayhem trade: %v", r)
	}
}

// checkMigration: one transaction migrates a coin, opens its pool and buys there.
func checkMigration(t *testing.T, said map[string][]*eventv1.Output, events []decodedEvent) {
	t.Helper()
	all := said["2ffHb9AXeKNVs3KSusTHTY3GTPnUJ2WLr48pjHDZjhMYfLC9P6XWXMuDkev13X49qLp6A5CkDmAJciJgieQUFidV"]
	pool, migration, buy := events[0].Fields, events[1].Fields, events[2].Fields
	for _, kind := range []string{"token_migrated", "pool_created", "trade", "pool_traded"} {
		if count(all, kind) != 1 {
			t.Fatalf("a migration with a buy: %v", kindsOf(all))
		}
	}
	for _, o := range all {
		switch o.GetKind() {
		case "token_migrated":
			p := o.GetTokenPhaseChanged()
			if base58.Encode(p.GetMint()) != migration.Mint || base58.Encode(p.GetPool()) != migration.Pool || p.GetPoolQuoteAmount() != migration.SolAmount {
				t.Errorf("migrated: %v, want %+v", p, migration)
			}
		case "pool_created":
			p := o.GetPoolReported()
			if base58.Encode(p.GetPool()) != pool.Pool || p.GetBaseAmount() != pool.BaseIn || p.GetQuoteAmount() != pool.QuoteIn {
				t.Errorf("pool: %v, want %+v", p, pool)
			}
		case "trade":
			r := o.GetTradeReported()
			if base58.Encode(r.GetPool()) != pool.Pool || base58.Encode(r.GetMint()) != pool.BaseMint || r.GetBaseAmount() != buy.BaseOut ||
				r.GetQuoteAmount() != buy.UserQuote || r.GetPoolQuoteAmount() != buy.QuoteIn || base58.Encode(r.GetTrader()) != buy.User {
				t.Errorf("buy: %v, want %+v", r, buy)
			}
		}
	}
}

// checkLaunch: a coin is created and bought in one transaction.
func checkLaunch(t *testing.T, all []*eventv1.Output, events []decodedEvent) {
	t.Helper()
	created, trade := events[0].Fields, events[len(events)-1].Fields
	if count(all, "token_created") != 1 || count(all, "token_trading") != 1 || count(all, "trade") != 1 {
		t.Fatalf("a launch with a buy: %v", kindsOf(all))
	}
	for _, o := range all {
		if p := o.GetTokenPhaseChanged(); o.GetKind() == "token_created" && (base58.Encode(p.GetMint()) != created.Mint || p.GetSymbol() != created.Symbol) {
			t.Errorf("created: %v, want %+v", p, created)
		}
		if r := o.GetTradeReported(); r != nil && (r.GetBaseAmount() != trade.TokenAmount || r.GetPoolQuoteAmount() != trade.SolAmount || r.GetSymbol() != created.Symbol) {
			t.Errorf("bought: %v, want %+v", r, trade)
		}
	}
}

// checkBuys: several wallets buy in one transaction.
func checkBuys(t *testing.T, all []*eventv1.Output, events []decodedEvent) {
	t.Helper()
	trades := tradesOf(all)
	if len(trades) != len(events) || len(events) != 4 {
		t.Fatalf("four buys: %v", kindsOf(all))
	}
	for i, r := range trades {
		want := events[i].Fields
		got := fmt.Sprint(base58.Encode(r.GetTrader()), r.GetBaseAmount(), r.GetPoolQuoteAmount(), r.GetPrice().GetQuote(), r.GetPrice().GetBase())
		if got != fmt.Sprint(want.User, want.TokenAmount, want.SolAmount, want.VirtualSol, want.VirtualToken) {
			t.Errorf("buy %d: %v, want %+v", i, r, want)
		}
	}
}
