package spl

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

// ExtensionType names an extension of Token-2022.
type ExtensionType uint16

// The extensions that matter to who holds or watches a coin.
const (
	ExtTransferFeeConfig   ExtensionType = 1
	ExtTransferFeeAmount   ExtensionType = 2
	ExtMintCloseAuthority  ExtensionType = 3
	ExtDefaultAccountState ExtensionType = 6
	ExtImmutableOwner      ExtensionType = 7
	ExtNonTransferable     ExtensionType = 9
	ExtInterestBearing     ExtensionType = 10
	ExtPermanentDelegate   ExtensionType = 12
	ExtTransferHook        ExtensionType = 14
	ExtMetadataPointer     ExtensionType = 18
	ExtTokenMetadata       ExtensionType = 19
	ExtPausable            ExtensionType = 26
)

// Extensions visits the extensions behind a mint or token account of Token-2022, in their order, until visit returns false. It
// returns false when one runs past the end of the data; those before it were visited.
func Extensions(b []byte, visit func(ExtensionType, []byte) bool) bool {
	if len(b) <= extensionsAt {
		return true
	}
	for rest := b[extensionsAt:]; len(rest) >= 4; {
		kind, n := ExtensionType(binary.LittleEndian.Uint16(rest)), int(binary.LittleEndian.Uint16(rest[2:]))
		if kind == 0 { // what is left is free
			return true
		}
		if n > len(rest)-4 {
			return false
		}
		if !visit(kind, rest[4:4+n:4+n]) {
			return true
		}
		rest = rest[4+n:]
	}
	return true
}

// Extension returns the content of one extension, nil when the account does not have it; a type without content is empty.
func Extension(b []byte, want ExtensionType) []byte {
	var found []byte
	Extensions(b, func(kind ExtensionType, content []byte) bool {
		if kind == want {
			found = content
		}
		return kind != want
	})
	return found
}

// TransferFee is one rate of a mint: what a transfer pays of its amount from an epoch on.
type TransferFee struct {
	Epoch, Maximum uint64
	BasisPoints    uint16
}

// Of returns the fee on an amount that is sent: rounded up, not above Maximum.
func (f TransferFee) Of(amount uint64) uint64 {
	fee, ok := dex.Fee(amount, uint64(f.BasisPoints))
	if !ok {
		return f.Maximum
	}
	return min(fee, f.Maximum)
}

// TransferFeeConfig is what a mint takes of each transfer.
type TransferFeeConfig struct {
	ConfigAuthority, WithdrawAuthority dex.Key // zero: none
	Withheld                           uint64
	Older, Newer                       TransferFee
}

// ParseTransferFeeConfig reads the content of that extension. It is false when it is too short.
func ParseTransferFeeConfig(b []byte) (TransferFeeConfig, bool) {
	if len(b) < 108 {
		return TransferFeeConfig{}, false
	}
	return TransferFeeConfig{
		ConfigAuthority: dex.KeyAt(b), WithdrawAuthority: dex.KeyAt(b[32:]), Withheld: binary.LittleEndian.Uint64(b[64:]),
		Older: transferFee(b[72:]), Newer: transferFee(b[90:]),
	}, true
}

func transferFee(b []byte) TransferFee {
	return TransferFee{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint16(b[16:])}
}

// At returns the rate in force in an epoch.
func (c *TransferFeeConfig) At(epoch uint64) TransferFee {
	if epoch >= c.Newer.Epoch {
		return c.Newer
	}
	return c.Older
}
