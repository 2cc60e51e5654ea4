package dextest

import (
	"crypto/sha256"
	"encoding/binary"
)

// Discriminator returns what Anchor makes of a name such as "global:buy" or "event:TradeEvent", as dex.Tag reads it.
func Discriminator(name string) uint64 {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:])
}
