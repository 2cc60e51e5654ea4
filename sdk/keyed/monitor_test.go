package keyed_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
	"github.com/weir-run/weir/sdk/weirtest"
)

// counts is a monitor that counts trades by mint, of the last 400 mints.
func counts(h *sdk.Host) sdk.Monitor {
	var total struct{ Trades uint64 }
	mints := keyed.NewMap(keyed.Codec[sdk.Key, uint64]{
		AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key,
		Append: func(b []byte, v *uint64) []byte { return pack.AppendUvarint(b, *v) },
		Read:   func(r *pack.Reader, v *uint64) { *v = r.Uvarint() },
	})
	return sdk.Monitor{
		Name:  "counts",
		State: keyed.NewState(&total, mints),
		OnTrade: func(_ *sdk.Record, t *sdk.Trade) error {
			mint := sdk.KeyOf(t.GetMint())
			total.Trades++
			n := mints.Touch(mint)
			if n == nil {
				n = mints.Put(mint)
			}
			*n++
			h.Signal("count", mint.String(), fmt.Sprintf("%d of %d", *n, total.Trades), nil)
			if mints.Len() > 400 {
				mints.DeleteOldest()
			}
			return nil
		},
	}
}

func TestMonitorSavesWhatChanged(t *testing.T) {
	h := weirtest.Start(t, counts)
	for n := range 400 {
		h.Send(weirtest.Trade(&sdk.Trade{Mint: weirtest.Key(strconv.Itoa(n))}))
	}
	first := h.Checkpoint()
	h.Send(weirtest.Trade(&sdk.Trade{Mint: weirtest.Key("7")}))
	second := h.Checkpoint()
	h.Crash()
	h.Send(weirtest.Trade(&sdk.Trade{Mint: weirtest.Key("8")}))
	third := h.Checkpoint()
	h.Crash()
	if len(second) >= len(first) || len(third) >= len(first) {
		t.Errorf("all is %d bytes; one more trade made %d, and another %d after a restart", len(first), len(second), len(third))
	}
	out := h.Send(weirtest.Trade(&sdk.Trade{Mint: weirtest.Key("7")}))
	if text := out[0].GetSignal().GetText(); !strings.HasPrefix(text, "3 of 403") {
		t.Errorf("the trade is %s", text)
	}
}

func TestMonitorReplays(t *testing.T) {
	const seed = 11
	random := rand.New(rand.NewPCG(seed, seed))
	var records []*sdk.Record
	for range 500 {
		records = append(records, weirtest.Trade(&sdk.Trade{Mint: weirtest.Key(strconv.Itoa(random.IntN(450)))}))
	}
	weirtest.Replays(t, counts, records)
}
