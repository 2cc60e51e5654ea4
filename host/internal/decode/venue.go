package decode

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// venue is a program that gives records.
type venue uint8

const (
	pump venue = iota
	swap
	ray
	cpmmPool // Raydium CPMM
	clmmPool // Raydium CLMM
	lab      // Raydium LaunchLab
	whirl    // Orca Whirlpool
	dbcCurve // Meteora Dynamic Bonding Curve
	dammPool // Meteora DAMM v2
	venues
	other = venues
)

// programs are their ids, names the same in base58 as the logs print them, wire what a record calls them.
var (
	programs = [venues]dex.Key{dex.Pump, dex.PumpSwap, dex.RaydiumV4, dex.RaydiumCPMM, dex.RaydiumCLMM, dex.LaunchLab, dex.Whirlpool, dex.MeteoraDBC, dex.MeteoraDAMM}
	wire     = [venues]eventv1.Venue{
		eventv1.Venue_VENUE_PUMP, eventv1.Venue_VENUE_PUMPSWAP, eventv1.Venue_VENUE_RAYDIUM_V4, eventv1.Venue_VENUE_RAYDIUM_CPMM,
		eventv1.Venue_VENUE_RAYDIUM_CLMM, eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB,
		eventv1.Venue_VENUE_ORCA_WHIRLPOOL, eventv1.Venue_VENUE_METEORA_DBC, eventv1.Venue_VENUE_METEORA_DAMM_V2,
	}
	names = func() (list [venues]string) {
		for v := range venues {
			list[v] = programs[v].String()
		}
		return list
	}()
	heads = func() (list [venues]uint64) {
		for v := range venues {
			list[v] = head(programs[v][:])
		}
		return list
	}()
)

// callsItself tells of the venues that send themselves their events. The others write them to the log alone.
func (v venue) callsItself() bool {
	return v == pump || v == swap || v == lab || v == dbcCurve || v == dammPool
}

// partial tells of the venues of which only the instructions and events that trade, make and move pools are known: what else they have
// is no sign of an upgrade.
func (v venue) partial() bool { return v == whirl || v == dbcCurve || v == dammPool }

func head(key []byte) uint64 { return binary.LittleEndian.Uint64(key) }

// venueOf tells the venue by its program id, other for nil and every unknown program.
func venueOf(key []byte) venue {
	if len(key) != 32 {
		return other
	}
	h := head(key)
	for v := range venues {
		if h == heads[v] && programs[v] == dex.Key(key) {
			return v
		}
	}
	return other
}

// venueNamed tells the venue by its base58 name.
func venueNamed(text []byte) venue {
	for v := range venues {
		if string(text) == names[v] {
			return v
		}
	}
	return other
}
