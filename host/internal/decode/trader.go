package decode

import (
	"bytes"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// proxy is a trade whose user, as the venue calls it, signed nothing: an account of a program that trades for a wallet.
type proxy struct {
	trade *eventv1.Trade
	user  []byte
	outer int32
}

// settleTraders finds the wallets that one trade alone does not show: of the hops in the middle of a route, of an amount that was split
// over several trades, and of several routes through the same program.
func (d *Decoder) settleTraders() {
	const whole = -1
	for i := range d.proxies {
		p := &d.proxies[i]
		if p.trade.VenueUser != nil {
			continue
		}
		owner := d.behindAll(p.user, p.outer)
		if owner == nil {
			owner = d.behindAll(p.user, whole)
		}
		if owner != nil {
			p.trade.Trader, p.trade.VenueUser = owner, p.user
		}
	}
}

// mintFlow is what a user gave and got of a mint over several trades.
type mintFlow struct {
	mint      []byte
	gave, got uint64
}

// behindAll finds the wallet behind all that a venue's user did below one outer instruction, or in the whole transaction for a negative
// one: the one signer who is known to be behind a part of it, or whose own token account took or gave exactly the sum. Nil when there is
// not exactly one.
func (d *Decoder) behindAll(user []byte, outer int32) []byte {
	var found []byte
	several := false
	is := func(owner []byte) {
		several = several || found != nil && !bytes.Equal(found, owner)
		found = owner
	}
	d.flows = d.flows[:0]
	for i := range d.proxies {
		p := &d.proxies[i]
		if !bytes.Equal(p.user, user) || outer >= 0 && p.outer != outer {
			continue
		}
		if p.trade.VenueUser != nil {
			is(p.trade.Trader)
		}
		buy := p.trade.Side == eventv1.Side_SIDE_BUY
		d.flow(p.trade.Mint, p.trade.BaseAmount, buy)
		d.flow(p.trade.QuoteMint, p.trade.QuoteAmount, !buy)
	}
	for i := range min(d.tx.Signers, len(d.tx.Keys)) {
		for _, f := range d.flows {
			if d.moved(d.tx.Keys[i], f.mint, max(f.got, f.gave)-min(f.got, f.gave), f.got > f.gave) {
				is(d.tx.Keys[i])
				break
			}
		}
	}
	if several {
		return nil
	}
	return found
}

// flow adds what went one way to the sum of its mint.
func (d *Decoder) flow(mint []byte, amount uint64, got bool) {
	at := slices.IndexFunc(d.flows, func(f mintFlow) bool { return bytes.Equal(f.mint, mint) })
	if at < 0 {
		at = len(d.flows)
		d.flows = append(d.flows, mintFlow{mint: mint})
	}
	if got {
		d.flows[at].got += amount
	} else {
		d.flows[at].gave += amount
	}
}

// signed tells whether a key signed the transaction.
func (d *Decoder) signed(key []byte) bool {
	for i := range min(d.tx.Signers, len(d.tx.Keys)) {
		if bytes.Equal(d.tx.Keys[i], key) {
			return true
		}
	}
	return false
}

// behind finds the wallet behind a venue's user that signed nothing: the one signer whose own token account took or gave
// exactly the coin's amount. Nil when there is not exactly one such signer.
func (d *Decoder) behind(f *swapFacts) []byte {
	var found []byte
	for i := range min(d.tx.Signers, len(d.tx.Keys)) {
		owner := d.tx.Keys[i]
		if !d.moved(owner, f.baseMint, f.base, f.buy) && !d.moved(owner, f.quoteMint, f.quote, !f.buy) {
			continue
		}
		if found != nil {
			return nil
		}
		found = owner
	}
	return found
}

// moved tells whether an owner's token account got or gave exactly that much of a mint.
func (d *Decoder) moved(owner, mint []byte, amount uint64, got bool) bool {
	if amount == 0 {
		return false
	}
	for _, list := range [2][]geyser.TokenBalance{d.tx.PostTokens, d.tx.PreTokens} {
		for i := range list {
			b := d.balanceOf(list[i].Account)
			if got && b.post-b.pre != amount || !got && b.pre-b.post != amount || b.mint == nil || *b.mint != dex.Key(mint) {
				continue
			}
			if k := d.mints.of(list[i].Owner); k != nil && bytes.Equal(k[:], owner) {
				return true
			}
		}
	}
	return false
}
