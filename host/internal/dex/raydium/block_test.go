package raydium_test

import (
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// TestCorpusBlocks replays every swap of whole blocks, failed ones too: the log is written before a limit is checked.
func TestCorpusBlocks(t *testing.T) {
	var buf [raydium.MaxLog]byte
	swaps := 0
	for _, tx := range dextest.Blocks(t) {
		for _, line := range tx.Meta.LogMessages {
			text, ok := strings.CutPrefix(line, raydium.LogPrefix)
			if !ok {
				continue
			}
			b, err := raydium.DecodeLog(buf[:], []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if in, err := raydium.ParseSwapBaseInLog(b); err == nil {
				p := raydium.PoolReserves{Coin: in.PoolCoin, Pc: in.PoolPc}
				if out, _, ok := p.SwapIn(in.AmountIn, in.Direction); !ok || out != in.OutAmount {
					t.Errorf("%+v: computed %d %v", in, out, ok)
				}
				swaps++
			}
			if out, err := raydium.ParseSwapBaseOutLog(b); err == nil {
				p := raydium.PoolReserves{Coin: out.PoolCoin, Pc: out.PoolPc}
				if in, _, ok := p.SwapOut(out.AmountOut, out.Direction); !ok || in != out.DeductIn {
					t.Errorf("%+v: computed %d %v", out, in, ok)
				}
				swaps++
			}
		}
	}
	if swaps < 80 {
		t.Errorf("only %d swaps in the blocks", swaps)
	}
}
