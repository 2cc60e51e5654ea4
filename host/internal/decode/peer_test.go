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

	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// peerAnswer is what another parser, solana-dex-parser, says of one transaction.
type peerAnswer struct {
	File, Signature string
	Trades          []struct {
		Type                    string
		ProgramID               string `json:"programId"`
		InputToken, OutputToken struct{ Mint, AmountRaw string }
	}
}

func peerAnswers(t *testing.T, dir string) []peerAnswer {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "peer-solana-dex-parser.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []peerAnswer
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var a peerAnswer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// inWords is a trade in the words that both have: venue, mint, side, base amount.
func inWords(t *eventv1.Trade) string {
	return fmt.Sprintf("%s %s %s %d", strings.TrimPrefix(t.Venue.String(), "VENUE_"), base58.Encode(t.Mint),
		strings.TrimPrefix(t.Side.String(), "SIDE_"), t.BaseAmount)
}

// says are the peer's trades on the venues, in the same words. Those that it gives in the name of a router are the same hops again.
func (a *peerAnswer) says() (trades []string) {
	for _, t := range a.Trades {
		v := venueNamed([]byte(t.ProgramID))
		if v == other {
			continue
		}
		mint, amount := t.OutputToken.Mint, t.OutputToken.AmountRaw
		if t.Type == "SELL" {
			mint, amount = t.InputToken.Mint, t.InputToken.AmountRaw
		}
		trades = append(trades, fmt.Sprintf("%s %s %s %s", strings.TrimPrefix(wire[v].String(), "VENUE_"), mint, t.Type, amount))
	}
	return trades
}

// peerFault is a trade on which the peer and the records differ, and why the peer is wrong.
type peerFault struct{ file, ours, theirs, why string }

const (
	tellsFailed = "a failed transaction moved nothing, its events stay in the logs"
	solIsQuote  = "a pool of SOL and a stable coin is priced in the stable coin"
)

// peerFaults are all the differences. Beside them the peer lists the hops of a Jupiter route a second time in Jupiter's name, and it
// knows other venues; neither is compared. Its quote amounts are not either: on PumpSwap they are with the LP fee.
var peerFaults = []peerFault{
	{
		"tx/clmm-swap-failed-4Kz79g8H.json", "",
		"RAYDIUM_CLMM EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v SELL 613858097", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-2knbLDtv.json", "",
		"RAYDIUM_V4 GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump BUY 159436544805", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-3aqFdgNW.json", "",
		"RAYDIUM_V4 GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump BUY 159436597569", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-4ERkmPVY.json", "",
		"RAYDIUM_V4 GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump SELL 157519349475", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-Ukw2ZJdi.json", "",
		"RAYDIUM_V4 GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump SELL 157519297581", tellsFailed,
	},
	{
		"tx/clmm-swap-failed-4Kz79g8H.json", "",
		"ORCA_WHIRLPOOL 7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr BUY 1330427305783", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-2knbLDtv.json", "",
		"ORCA_WHIRLPOOL GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump SELL 159436544805", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-3aqFdgNW.json", "",
		"ORCA_WHIRLPOOL GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump SELL 159436597569", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-4ERkmPVY.json", "",
		"ORCA_WHIRLPOOL GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump BUY 157519349475", tellsFailed,
	},
	{
		"tx/rayv4-swapin-viajup-failed-Ukw2ZJdi.json", "",
		"ORCA_WHIRLPOOL GiG7Hr61RVm4CSUxJmgiCoySFQtdiwxtqf64MsRppump BUY 157519297581", tellsFailed,
	},
	{
		"tx/pumpswap-buy-56RbkzmA.json", "ORCA_WHIRLPOOL So11111111111111111111111111111111111111112 BUY 963427853",
		"ORCA_WHIRLPOOL Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB SELL 176151906", solIsQuote,
	},
	{
		"blocks/block-285000037-tx47-403.json.gz#277", "",
		"ORCA_WHIRLPOOL 7GCihgDB8fe6KNjn2MYtkzZcRjQy3t9GHdC8uHYmW2hr BUY 1167650900883", tellsFailed,
	},
	{
		"blocks/block-285000037-tx47-403.json.gz#277", "",
		"ORCA_WHIRLPOOL EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v SELL 538761032", tellsFailed,
	},
	{
		"tx/clmm-swapx2-viajup-3nzoqQFP.json", "RAYDIUM_CLMM So11111111111111111111111111111111111111112 BUY 619250074",
		"RAYDIUM_CLMM Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB SELL 88668577", solIsQuote,
	},
}

// compare returns the differences between the trades of one transaction and what the peer says of it, and how many agree.
func compare(a *peerAnswer, records []*eventv1.Record) (faults []peerFault, agreed int) {
	theirs := a.says()
	var ours []string
	for _, r := range trades(records) {
		if i := slices.Index(theirs, inWords(r)); i >= 0 {
			theirs = slices.Delete(theirs, i, i+1)
			agreed++
			continue
		}
		ours = append(ours, inWords(r))
	}
	for i := range max(len(ours), len(theirs)) {
		f := peerFault{file: a.File}
		if i < len(ours) {
			f.ours = ours[i]
		}
		if i < len(theirs) {
			f.theirs = theirs[i]
		}
		faults = append(faults, f)
	}
	return faults, agreed
}

// TestPeer holds every trade of the corpus and of the block parts against what another parser says of the same transaction.
func TestPeer(t *testing.T) {
	dir := corpusDir(t)
	bySignature := map[string]*peerAnswer{}
	for _, a := range peerAnswers(t, dir) {
		if bySignature[a.Signature] == nil || strings.HasPrefix(a.File, "tx/") {
			bySignature[a.Signature] = &a
		}
	}
	d := New(Options{})
	agreed, silent := 0, 0
	met := map[peerFault]bool{}
	check := func(tx *geyser.Transaction) {
		records, a := d.Decode(tx), bySignature[base58.Encode(tx.Signature)]
		if a == nil {
			silent += len(trades(records))
			return
		}
		faults, n := compare(a, records)
		agreed += n
		for _, f := range faults {
			i := slices.IndexFunc(peerFaults, func(k peerFault) bool { return k.file == f.file && k.ours == f.ours && k.theirs == f.theirs })
			if i < 0 {
				t.Errorf("%s: we say %q, the peer says %q", f.file, f.ours, f.theirs)
				continue
			}
			met[peerFaults[i]] = true
		}
	}
	for _, path := range corpusFiles(t, dir) {
		check(loadTransaction(t, path))
	}
	blocks, err := filepath.Glob(filepath.Join(dir, "blocks", "*.json.gz"))
	if err != nil || len(blocks) == 0 {
		t.Fatal("no blocks", err)
	}
	for _, path := range blocks {
		for _, tx := range loadBlock(t, path) {
			check(tx)
		}
	}
	for _, f := range peerFaults {
		if !met[f] {
			t.Errorf("%s: the peer no longer says %q", f.file, f.theirs)
		}
		t.Logf("%s: the peer says %q, but %s", f.file, f.theirs, f.why)
	}
	if silent > 0 {
		t.Errorf("of %d trades the peer says nothing", silent)
	}
	t.Logf("agreed on %d trades", agreed)
}
