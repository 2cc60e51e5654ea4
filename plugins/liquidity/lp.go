package liquidity

import "github.com/weir-run/weir/sdk"

// lpMoved follows LP tokens and NFTs that moved without liquidity going in or out.
func (m *monitor) lpMoved(r *sdk.Record, l *sdk.LpMoved) error {
	key := sdk.KeyOf(l.GetPool())
	if key.IsZero() {
		return nil
	}
	p := m.open(key, r.GetSlot())
	p.venue = l.GetVenue()
	if nft := sdk.KeyOf(l.GetNftMint()); !nft.IsZero() {
		m.nftMoved(seat{pool: key, holder: nft}, p, l)
		return nil
	}
	change := sdk.PositionSent
	switch l.GetMovement() {
	case sdk.LpBurned:
		change = sdk.PositionBurned
		p.burned = add(p.burned, l.GetAmount())
	case sdk.LpLocked:
		change = sdk.PositionLocked
		p.kept = add(p.kept, l.GetAmount())
	default:
	}
	of := amount{low: l.GetAmount()}
	if s := (seat{pool: key, holder: sdk.KeyOf(l.GetOwner())}); !s.holder.IsZero() {
		pos := m.at(s, p)
		pos.owner = s.holder
		pos.remove(of, l.OwnerAfter)
		m.reportPosition(s, p, pos, change)
	}
	if s := (seat{pool: key, holder: sdk.KeyOf(l.GetReceiver())}); !s.holder.IsZero() && change == sdk.PositionSent {
		pos := m.at(s, p)
		pos.owner = s.holder
		pos.add(of, l.ReceiverAfter)
		m.reportPosition(s, p, pos, sdk.PositionReceived)
	}
	return nil
}

// nftMoved gives a position another owner. The NFT of an empty one may be burned; then there is nothing left to tell.
func (m *monitor) nftMoved(s seat, p *pool, l *sdk.LpMoved) {
	if l.GetMovement() == sdk.LpBurned {
		m.state.positions.Delete(s)
		return
	}
	pos, change := m.at(s, p), sdk.PositionReceived
	pos.nft = true
	if l.GetMovement() == sdk.LpLocked {
		pos.locked, change = true, sdk.PositionLocked
	}
	if to := sdk.KeyOf(l.GetReceiver()); !to.IsZero() {
		pos.owner = to
	}
	m.reportPosition(s, p, pos, change)
}
