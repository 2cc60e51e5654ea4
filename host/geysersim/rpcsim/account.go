package rpcsim

import (
	"encoding/base64"
	"encoding/json"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/spl"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Account is an account of the chain.
type Account struct {
	// Owner is the program that owns it.
	Owner dex.Key
	// Data is its whole content.
	Data []byte
}

// createToken makes the accounts of a pump coin as its creation leaves them: SPL Token with a Metaplex account, or Token-2022 with the
// name on the mint. mu is held.
func (n *Node) createToken(info *geyserpb.SubscribeUpdateTransactionInfo, f geysersim.Truth) {
	mint := dex.MustKey(f.Mint)
	start := pumpfun.Start(pumpfun.InitialVirtualSOL)
	curve := pumpfun.BondingCurve{
		VirtualTokenReserves: start.VirtualToken, VirtualQuoteReserves: start.VirtualQuote, RealTokenReserves: start.RealToken,
		TokenTotalSupply: pumpfun.Supply, Creator: dex.MustKey(f.Trader),
	}
	n.Accounts[dex.MustKey(f.Pool)] = Account{dex.Pump, curve.Append(nil)}
	state := spl.Mint{Supply: pumpfun.Supply, Decimals: pumpfun.Decimals, Initialized: true}
	named := spl.Metadata{Mint: mint, UpdateAuthority: dex.PumpMintAuthority, Name: []byte(f.Name), Symbol: []byte(f.Symbol), URI: []byte(f.URI)}
	if names(info, dex.Metaplex[:]) {
		n.Accounts[mint] = Account{dex.SPLToken, state.Append(nil)}
		n.Accounts[pda.Metadata(mint)] = Account{dex.Metaplex, named.AppendMetaplex(nil)}
		return
	}
	n.Accounts[mint] = Account{dex.Token2022, spl.AppendExtension(state.Append(nil), spl.ExtTokenMetadata, named.Append(nil))}
}

// accounts is getMultipleAccounts with encoding base64.
func (n *Node) accounts(params []json.RawMessage) (any, *fault) {
	var addresses []string
	var opts struct {
		Slice *struct{ Offset, Length int } `json:"dataSlice"`
	}
	if len(params) < 2 || json.Unmarshal(params[0], &addresses) != nil || json.Unmarshal(params[1], &opts) != nil || len(addresses) > 100 {
		return nil, &fault{-32602, "Too many inputs provided; max 100"}
	}
	values := make([]any, len(addresses))
	for i, address := range addresses {
		key, err := dex.ParseKey(address)
		if err != nil {
			return nil, &fault{-32602, "Invalid param: WrongSize"}
		}
		if a, ok := n.Accounts[key]; ok {
			data := a.Data
			if s := opts.Slice; s != nil {
				data = data[min(s.Offset, len(data)):min(s.Offset+s.Length, len(data))]
			}
			values[i] = map[string]any{
				"data": []string{base64.StdEncoding.EncodeToString(data), "base64"}, "owner": a.Owner.String(),
				"lamports": 1_461_600, "executable": false, "rentEpoch": uint64(1<<64 - 1), "space": len(a.Data),
			}
		}
	}
	return map[string]any{"context": map[string]any{"slot": n.newest(), "apiVersion": "3.0.0"}, "value": values}, nil
}
