// Command tokens is the plugin of the recovery benchmarks: it remembers each token, and how it trades, as a monitor of this kind does.
// With WEIR_BENCH_WHOLE it saves everything at every checkpoint, without it what changed.
package main

import (
	"os"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// token takes about 170 bytes, saved.
type token struct {
	name, symbol           string
	creator, curve, quote  sdk.Key
	trades, volume, bought uint64
	slot                   uint64
}

func appendToken(b []byte, t *token) []byte {
	b = pack.AppendText(pack.AppendText(b, t.name), t.symbol)
	b = pack.AppendOptionalKey(pack.AppendOptionalKey(pack.AppendOptionalKey(b, t.creator), t.curve), t.quote)
	b = pack.AppendUvarint(pack.AppendUvarint(b, t.trades), t.volume)
	return pack.AppendUvarint(pack.AppendUvarint(b, t.bought), t.slot)
}

func readToken(r *pack.Reader, t *token) {
	*t = token{
		name: r.Text(), symbol: r.Text(), creator: r.OptionalKey(), curve: r.OptionalKey(), quote: r.OptionalKey(),
		trades: r.Uvarint(), volume: r.Uvarint(), bought: r.Uvarint(), slot: r.Uvarint(),
	}
}

// whole hides that a state is divided.
type whole struct{ state *keyed.State }

func (w whole) AppendBinary(b []byte) ([]byte, error) {
	b, _, err := w.state.AppendPart(b, true)
	return b, err
}

func (w whole) UnmarshalBinary(b []byte) error { return w.state.LoadParts(sdk.PartsOf(b)) }

func main() { sdk.Serve(tokens) }

func tokens(h *sdk.Host) sdk.Monitor {
	all := keyed.NewMap(keyed.Codec[sdk.Key, token]{
		AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key, Append: appendToken, Read: readToken,
	})
	state := keyed.NewState(nil, all)
	m := sdk.Monitor{
		Name: "tokens", Version: "1.0.0", State: state, Emits: []string{"traded"}, ReuseRecords: true,
		OnTokenCreated: func(r *sdk.Record, c *sdk.TokenCreated) error {
			t := all.Put(sdk.KeyOf(c.GetMint()))
			t.name, t.symbol, t.creator, t.curve, t.quote = c.GetName(), c.GetSymbol(), sdk.KeyOf(c.GetCreator()), sdk.KeyOf(c.GetCurve()), sdk.KeyOf(c.GetQuoteMint())
			t.slot = r.GetSlot()
			return nil
		},
		OnTrade: func(r *sdk.Record, trade *sdk.Trade) error {
			mint := sdk.KeyOf(trade.GetMint())
			t := all.Touch(mint)
			if t == nil {
				t = all.Put(mint)
			}
			t.trades++
			t.volume += trade.GetQuoteAmount()
			if trade.GetSide() == sdk.Buy {
				t.bought += trade.GetBaseAmount()
			}
			t.slot = r.GetSlot()
			h.Signal("traded", mint.String(), t.symbol, nil)
			return nil
		},
	}
	if os.Getenv("WEIR_BENCH_WHOLE") != "" {
		m.State = &whole{state}
	}
	return m
}
