package decode

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// reference is one line of decoded-events.jsonl: an independent decode of the venues' event bytes.
type reference struct {
	File   string
	Failed bool
	Venue  string
	Event  string
	Fields map[string]any
}

func (r *reference) num(name string) uint64 {
	n, _ := r.Fields[name].(json.Number)
	var v uint64
	_, _ = fmt.Sscan(n.String(), &v)
	return v
}

func (r *reference) str(name string) string {
	s, _ := r.Fields[name].(string)
	return s
}

// venueNames are the venues of the corpus that give records.
var venueNames = map[string]bool{"pump": true, "pumpswap": true, "rayv4": true, "cpmm": true, "clmm": true, "launchlab": true}

// quietEvents ask for no record.
var quietEvents = map[string]bool{"ExtendAccountEvent": true, "LiquidityChangeEvent": true, "LiquidityCalculateEvent": true}

func references(t *testing.T, dir string) map[string][]reference {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "decoded-events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	byFile := map[string][]reference{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r reference
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if venueNames[r.Venue] {
			byFile[r.File] = append(byFile[r.File], r)
		}
	}
	return byFile
}

const zeroKey = "11111111111111111111111111111111"

// flow is what a trader gave and got.
func flow(t *eventv1.Trade) (gave, got uint64) {
	if t.Side == eventv1.Side_SIDE_BUY {
		return t.QuoteAmount, t.BaseAmount
	}
	return t.BaseAmount, t.QuoteAmount
}

// explains tells whether the record is what the event asks for, and what differs.
func (r *reference) explains(rec *eventv1.Record) (kind bool, diff []string) {
	want := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			diff = append(diff, fmt.Sprintf("%s %v, want %v", what, got, want))
		}
	}
	key := func(what string, got []byte, name string) { want(what, base58.Encode(got), r.str(name)) }
	pair := func(t *eventv1.Trade, base, quote, pool uint64) {
		a, b := t.BaseAmount, t.QuoteAmount
		if string(t.Mint) != string(t.PoolBaseMint) {
			a, b = b, a
		} else if t.PoolQuoteAmount != pool {
			diff = append(diff, fmt.Sprintf("pool_quote_amount %d, want %d", t.PoolQuoteAmount, pool))
		}
		want("amounts", [2]uint64{a, b}, [2]uint64{base, quote})
	}
	t, l := rec.GetTrade(), rec.GetLiquidityChanged()
	switch r.Venue + " " + r.Event {
	case "pump TradeEvent":
		if t == nil || t.Venue != eventv1.Venue_VENUE_PUMP {
			return false, nil
		}
		buy, _ := r.Fields["is_buy"].(bool)
		leg, fees := r.num("sol_amount"), r.num("fee")+r.num("creator_fee")+r.num("cashback")+r.num("holder_rewards")
		if q := r.str("quote_mint"); q != "" && q != zeroKey {
			leg = r.num("quote_amount")
			key("quote_mint", t.QuoteMint, "quote_mint")
		}
		key("mint", t.Mint, "mint")
		key("trader", t.Trader, "user")
		want("side", t.Side == eventv1.Side_SIDE_BUY, buy)
		want("base_amount", t.BaseAmount, r.num("token_amount"))
		want("pool_quote_amount", t.PoolQuoteAmount, leg)
		if _, ok := r.Fields["fee"]; ok {
			total, _ := withFees(leg, fees, buy)
			want("quote_amount", t.QuoteAmount, total)
		} else if t.QuoteAmount == leg {
			diff = append(diff, "fee of an old layout is missing")
		}
		want("after", [2]uint64{t.ReservesAfter.GetPriceBase(), t.ReservesAfter.GetBase()}, [2]uint64{r.num("virtual_token_reserves"), r.num("real_token_reserves")})
	case "pumpswap BuyEvent":
		if t == nil || t.Venue != eventv1.Venue_VENUE_PUMPSWAP {
			return false, nil
		}
		key("pool", t.Pool, "pool")
		key("trader", t.Trader, "user")
		pair(t, r.num("base_amount_out"), r.num("user_quote_amount_in"), r.num("quote_amount_in"))
	case "pumpswap SellEvent":
		if t == nil || t.Venue != eventv1.Venue_VENUE_PUMPSWAP {
			return false, nil
		}
		key("pool", t.Pool, "pool")
		key("trader", t.Trader, "user")
		pair(t, r.num("base_amount_in"), r.num("user_quote_amount_out"), r.num("quote_amount_out"))
	case "rayv4 SwapBaseIn", "rayv4 SwapBaseOut":
		if t == nil || t.Venue != eventv1.Venue_VENUE_RAYDIUM_V4 {
			return false, nil
		}
		in, out := r.num("amount_in"), r.num("out_amount")
		if r.Event == "SwapBaseOut" {
			in, out = r.num("direct_in"), r.num("amount_out")
		}
		got, gave := t.BaseAmount, t.QuoteAmount
		if t.Side == eventv1.Side_SIDE_SELL {
			got, gave = gave, got
		}
		want("got", got, out)
		want("gave", gave, in)
		want("fees", len(t.Fees), 1)
		want("pool", len(t.Pool), 32)
	case "cpmm SwapEvent":
		if t.GetVenue() != eventv1.Venue_VENUE_RAYDIUM_CPMM {
			return false, nil
		}
		key("pool", t.Pool, "pool_id")
		gave, got := flow(t)
		want("gave", gave, r.num("input_amount")+r.num("input_transfer_fee"))
		want("got", got, r.num("output_amount")-r.num("output_transfer_fee"))
	case "clmm SwapEvent":
		if t.GetVenue() != eventv1.Venue_VENUE_RAYDIUM_CLMM {
			return false, nil
		}
		key("pool", t.Pool, "poolState")
		in, out := "0", "1"
		if zero, _ := r.Fields["zeroForOne"].(bool); !zero {
			in, out = out, in
		}
		gave, got := flow(t)
		want("gave", gave, r.num("amount"+in))
		want("got", got, r.num("amount"+out)-r.num("transferFee"+out))
		root := dex.Uint128{Hi: t.GetConcentrated().GetSqrtPriceX64High(), Lo: t.GetConcentrated().GetSqrtPriceX64Low()}
		want("root of the price", root, r.Fields["sqrtPriceX64"])
		liquidity := dex.Uint128{Hi: t.GetConcentrated().GetLiquidityHigh(), Lo: t.GetConcentrated().GetLiquidityLow()}
		want("liquidity", liquidity, r.Fields["liquidity"])
		want("tick", t.GetConcentrated().GetTick(), r.Fields["tick"])
	case "launchlab TradeEvent":
		if t.GetVenue() != eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB {
			return false, nil
		}
		key("pool", t.Pool, "pool_state")
		gave, got := flow(t)
		want("gave", gave, r.num("amount_in"))
		want("got", got, r.num("amount_out"))
		want("pool_quote_amount", t.PoolQuoteAmount, r.num("real_quote_after")-r.num("real_quote_before"))
		want("after", t.ReservesAfter.GetBase(), r.num("total_base_sell")-r.num("real_base_after"))
		want("price", t.ReservesAfter.GetPriceQuote(), r.num("virtual_quote")+r.num("real_quote_after"))
	case "cpmm LpChangeEvent":
		if l == nil {
			return false, nil
		}
		key("pool", l.Pool, "pool_id")
		want("amounts", [2]uint64{l.BaseAmount, l.QuoteAmount}, [2]uint64{r.num("token_0_amount"), r.num("token_1_amount")})
		want("held", l.ReservesAfter.GetBase() > 0, true)
	case "clmm DecreaseLiquidityEvent":
		if l == nil {
			return false, nil
		}
		key("nft", l.Position.NftMint, "positionNftMint")
		want("amounts", [4]uint64{l.BaseAmount, l.QuoteAmount, l.GetFeesBaseAmount(), l.GetFeesQuoteAmount()},
			[4]uint64{r.num("decreaseAmount0"), r.num("decreaseAmount1"), r.num("feeAmount0"), r.num("feeAmount1")})
		want("held", l.ReservesAfter.GetBase() > 0, true)
	case "pump CreateEvent":
		c := rec.GetTokenCreated()
		if c == nil {
			return false, nil
		}
		key("mint", c.Mint, "mint")
		for _, f := range [][2]string{{c.Name, "name"}, {c.Symbol, "symbol"}, {c.Uri, "uri"}} {
			want(f[1], f[0], r.str(f[1]))
		}
		creator := "creator"
		if r.str(creator) == "" {
			creator = "user"
		}
		key("creator", c.Creator, creator)
	case "pump CompleteEvent":
		if rec.GetCurveCompleted() == nil {
			return false, nil
		}
		key("mint", rec.GetCurveCompleted().Mint, "mint")
	case "pump CompletePumpAmmMigrationEvent":
		m := rec.GetTokenMigrated()
		if m == nil {
			return false, nil
		}
		key("mint", m.Mint, "mint")
		key("pool", m.Pool, "pool")
		want("amounts", [2]uint64{m.BaseAmount, m.QuoteAmount}, [2]uint64{r.num("mint_amount"), r.num("sol_amount")})
	case "pumpswap CreatePoolEvent":
		p := rec.GetPoolCreated()
		if p == nil {
			return false, nil
		}
		key("pool", p.Pool, "pool")
	case "rayv4 Init":
		p := rec.GetPoolCreated()
		if p == nil {
			return false, nil
		}
		want("mints", [3]int{len(p.BaseMint), len(p.QuoteMint), len(p.LpMint)}, [3]int{32, 32, 32})
		want("lp", p.GetLpAmount() > 0, true)
	case "pumpswap DepositEvent":
		if l == nil {
			return false, nil
		}
		key("pool", l.Pool, "pool")
		want("amounts", [2]uint64{l.BaseAmount, l.QuoteAmount}, [2]uint64{r.num("base_amount_in"), r.num("quote_amount_in")})
	case "pumpswap WithdrawEvent":
		if l == nil {
			return false, nil
		}
		key("pool", l.Pool, "pool")
		want("amounts", [2]uint64{l.BaseAmount, l.QuoteAmount}, [2]uint64{r.num("base_amount_out"), r.num("quote_amount_out")})
	case "rayv4 Deposit":
		if l == nil {
			return false, nil
		}
		want("amounts", [2]uint64{l.BaseAmount, l.QuoteAmount}, [2]uint64{r.num("deduct_coin"), r.num("deduct_pc")})
	case "rayv4 Withdraw":
		if l == nil {
			return false, nil
		}
		want("amounts", [2]uint64{l.BaseAmount, l.QuoteAmount}, [2]uint64{r.num("out_coin"), r.num("out_pc")})
	default:
		return false, nil
	}
	return true, diff
}

// Every event of the corpus gives its record, in order, and nothing else does.
func TestCorpus(t *testing.T) {
	dir := corpusDir(t)
	byFile := references(t, dir)
	d := New(Options{Only: []dex.Key{dex.Pump, dex.PumpSwap, dex.RaydiumV4, dex.RaydiumCPMM, dex.RaydiumCLMM, dex.LaunchLab}})
	exact := map[string]int{}
	for _, path := range corpusFiles(t, dir) {
		file := short(path)
		records := slices.DeleteFunc(slices.Clone(d.Decode(loadTransaction(t, path))), func(r *eventv1.Record) bool {
			return r.GetLpMoved() != nil // have no event: see TestRealBurns
		})
		for i := range byFile[file] {
			r := &byFile[file][i]
			if r.Failed || quietEvents[r.Event] {
				continue
			}
			if len(records) == 0 {
				t.Errorf("%s: no record for %s %s", file, r.Venue, r.Event)
				continue
			}
			kind, diff := r.explains(records[0])
			switch {
			case !kind:
				t.Errorf("%s: %s %s meets %v", file, r.Venue, r.Event, records[0])
			case diff != nil:
				t.Errorf("%s: %s %s: %v", file, r.Venue, r.Event, diff)
			default:
				exact[r.Venue+" "+r.Event]++
			}
			if _, err := proto.Marshal(records[0]); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			records = records[1:]
		}
		for _, r := range records {
			if r.GetPoolCreated().GetVenue() == eventv1.Venue_VENUE_RAYDIUM_CPMM { // has no event
				exact["cpmm initialize"]++
				continue
			}
			t.Errorf("%s: no event explains %v", file, protojson.Format(r))
		}
	}
	t.Logf("exact: %v", exact)
	t.Logf("stats: %+v", d.Stats())
}
