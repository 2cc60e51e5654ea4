package pumpfun

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

const shareholderSize = 34

// Shareholders are those who share a coin's creator fee, in wire form; it aliases the input.
type Shareholders []byte

// Shareholder owns a part of the creator fee.
type Shareholder struct {
	Address  dex.Key
	ShareBps uint16
}

// Len returns how many there are.
func (s Shareholders) Len() int { return len(s) / shareholderSize }

// At returns shareholder i, from 0 to Len()-1.
func (s Shareholders) At(i int) Shareholder {
	b := s[i*shareholderSize:][:shareholderSize]
	return Shareholder{Address: dex.KeyAt(b), ShareBps: binary.LittleEndian.Uint16(b[32:])}
}

// Append returns s with one more.
func (s Shareholders) Append(h Shareholder) Shareholders {
	return binary.LittleEndian.AppendUint16(append(s, h.Address[:]...), h.ShareBps)
}
