package spl

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

// accountSize is the length of a token account without extensions.
const accountSize = 165

// Account is the head of a token account's data, the same on SPL Token and Token-2022.
type Account struct {
	Mint, Owner dex.Key
	Amount      uint64
}

// ParseAccount reads a token account's data. It is false when it is too short to be one.
func ParseAccount(b []byte) (Account, bool) {
	if len(b) < accountSize {
		return Account{}, false
	}
	return Account{Mint: dex.KeyAt(b), Owner: dex.KeyAt(b[32:]), Amount: binary.LittleEndian.Uint64(b[64:])}, true
}
