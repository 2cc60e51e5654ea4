package decode

import (
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/damm"
	"github.com/weir-run/weir/host/internal/dex/dbc"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
	"github.com/weir-run/weir/host/internal/dex/orca"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/dex/txerror"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// failure gives the one record of a failed transaction: its first venue instruction, and why the whole failed. Its events are not
// read: nothing of what they tell came to be.
func (d *Decoder) failure(tx *geyser.Transaction) []*eventv1.Record {
	d.reset(tx)
	defer func() { d.tx = nil }()
	d.sortInner()
	j := 0
	for i := range tx.Outer {
		if d.failedCall(&tx.Outer[i], int32(i), -1) {
			return d.out
		}
		for ; j < len(d.order) && int(tx.Inner[d.order[j]].Outer) <= i; j++ {
			in := &tx.Inner[d.order[j]]
			if int(in.Outer) == i && d.failedCall(&in.Instruction, int32(i), int32(in.Position)) {
				return d.out
			}
		}
	}
	return nil
}

// failedCall makes the record if an instruction is a venue's.
func (d *Decoder) failedCall(in *geyser.Instruction, outer, inner int32) bool {
	tx := d.tx
	v := venueOf(tx.Key(in.Program))
	if v == other {
		return false
	}
	why := txerror.Parse(tx.Err)
	f := &eventv1.TransactionFailed{
		Venue: wire[v], InstructionName: nameOf(v, in.Data), Error: why.Name, InstructionError: why.Instruction, Fee: tx.Fee,
	}
	if len(tx.Keys) > 0 {
		f.FeePayer = tx.Keys[0]
	}
	if why.Index >= 0 && why.Instruction != "" {
		f.FailedInstruction = d.pool.u32.of(uint32(why.Index))
		if why.Index < len(tx.Outer) {
			f.FailedProgram = tx.Key(tx.Outer[why.Index].Program)
		}
	}
	if why.Custom {
		f.CustomCode = d.pool.u32.of(why.Code)
	}
	r := &eventv1.Record{Instruction: &eventv1.InstructionPath{}, Body: &eventv1.Record_TransactionFailed{TransactionFailed: f}}
	d.place(r, &call{in: in, venue: v, outer: outer, inner: inner}, 0)
	d.out = append(d.out, r)
	return true
}

// nameOf is the name of a venue's instruction, empty for those that Weir does not read.
func nameOf(v venue, data []byte) string {
	switch v {
	case pump:
		if k := pumpfun.KindOf(data); k != pumpfun.Other {
			return k.String()
		}
	case swap:
		if k := pumpswap.KindOf(data); k != pumpswap.Other {
			return k.String()
		}
	case ray:
		if k := raydium.KindOf(data); k != raydium.Other {
			return k.String()
		}
	case cpmmPool:
		if k := cpmm.KindOf(data); k != cpmm.Other {
			return k.String()
		}
	case clmmPool:
		if k := clmm.KindOf(data); k != clmm.Other {
			return k.String()
		}
	case lab:
		if k := launchlab.KindOf(data); k != launchlab.Other {
			return k.String()
		}
	case whirl:
		if k := orca.KindOf(data); k != orca.Other {
			return k.String()
		}
	case dbcCurve:
		if k := dbc.KindOf(data); k != dbc.Other {
			return k.String()
		}
	case dammPool:
		if k := damm.KindOf(data); k != damm.Other {
			return k.String()
		}
	default: // no venue
	}
	return ""
}
