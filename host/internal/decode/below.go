package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/geyser"
)

// below returns the instructions that a call made, as indices into tx.Inner. Where the node recorded no stack heights, it is
// what follows until the next instruction of a venue, or until tokens are burned behind a new pool: some of that may be the caller's.
func (d *Decoder) below(c *call) []int32 {
	if c.in == nil {
		return nil
	}
	inner := d.tx.Inner
	end := int(c.at)
	for ; end < len(d.order); end++ {
		in := &inner[d.order[end]]
		if int32(in.Outer) != c.outer {
			break
		}
		if c.inner < 0 {
			continue
		}
		if in.Height != 0 && c.height != 0 {
			if in.Height <= c.height {
				break
			}
		} else if venueOf(d.tx.Key(in.Program)) != other && dex.Tag(in.Data) != dex.EventTag && len(in.Accounts) != 1 {
			break
		} else if opens(c) && d.burns(in) {
			break
		}
	}
	return d.order[c.at:end]
}

// opens tells of calls that make a pool of PumpSwap or CPMM. They mint LP tokens and burn none, so a burn behind one is its caller's.
func opens(c *call) bool {
	switch c.venue {
	case swap:
		return pumpswap.Kind(c.kind) == pumpswap.CreatePool
	case cpmmPool:
		return cpmm.Kind(c.kind).IsInitialize()
	default:
		return false
	}
}

func (d *Decoder) burns(in *geyser.InnerInstruction) bool {
	return len(in.Data) > 0 && (in.Data[0] == burnTag || in.Data[0] == burnCheckedTag) && isToken(d.tx.Key(in.Program))
}

// room is how many places in the order of execution an outer instruction has for what the logs tell of it, where inner
// instructions are not recorded.
const room = 1 << 16

// end is the place in the order of execution of the last thing that a call did.
func (d *Decoder) end(c *call) int32 {
	if d.tx.InnerMissing {
		return c.flat + room - 1
	}
	return c.flat + int32(len(d.below(c)))
}

func isToken(program []byte) bool {
	return len(program) == 32 && (dex.Key(program) == dex.SPLToken || dex.Key(program) == dex.Token2022)
}
