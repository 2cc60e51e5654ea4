package spl

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

// Sizes of accounts without extensions, and where the extensions of Token-2022 begin.
const (
	accountSize  = 165
	mintSize     = 82
	typeAt       = 165 // account type, 1 a mint, 2 a token account
	extensionsAt = 166
)

// Account states.
const (
	Uninitialized = 0
	Initialized   = 1
	Frozen        = 2
)

// Account is a token account, the same on SPL Token and Token-2022. Keys that an account does not have are zero.
type Account struct {
	Mint, Owner     dex.Key
	Amount          uint64
	Delegate        dex.Key
	DelegatedAmount uint64
	State           uint8
	Native          bool   // wraps SOL
	RentReserve     uint64 // lamports that a native account keeps beside Amount
	CloseAuthority  dex.Key
}

// ParseAccount reads a token account's whole data. It is false when that is no token account.
func ParseAccount(b []byte) (Account, bool) {
	if len(b) < accountSize || len(b) > typeAt && b[typeAt] != 2 {
		return Account{}, false
	}
	a := Account{
		Mint: dex.KeyAt(b), Owner: dex.KeyAt(b[32:]), Amount: binary.LittleEndian.Uint64(b[64:]), Delegate: optionalKey(b[72:]),
		State: b[108], DelegatedAmount: binary.LittleEndian.Uint64(b[121:]), CloseAuthority: optionalKey(b[129:]),
	}
	if a.Native = b[109] == 1; a.Native {
		a.RentReserve = binary.LittleEndian.Uint64(b[113:])
	}
	return a, a.State <= Frozen
}

// Mint is the account of a mint. Zero authorities are none.
type Mint struct {
	Authority, FreezeAuthority dex.Key
	Supply                     uint64
	Decimals                   uint8
	Initialized                bool
}

// ParseMint reads a mint's whole data. It is false when that is no mint.
func ParseMint(b []byte) (Mint, bool) {
	if len(b) < mintSize || len(b) > mintSize && (len(b) <= typeAt || b[typeAt] != 1) {
		return Mint{}, false
	}
	return Mint{
		Authority: optionalKey(b), Supply: binary.LittleEndian.Uint64(b[36:]), Decimals: b[44], Initialized: b[45] != 0,
		FreezeAuthority: optionalKey(b[46:]),
	}, b[45] <= 1
}

// optionalKey reads a 4-byte tag and a key.
func optionalKey(b []byte) dex.Key {
	if binary.LittleEndian.Uint32(b) != 1 {
		return dex.Key{}
	}
	return dex.KeyAt(b[4:])
}
