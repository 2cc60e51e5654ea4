package spl

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

// SystemKind names an instruction of the system program that moves lamports.
type SystemKind uint8

// The instructions.
const (
	SystemOther SystemKind = iota
	CreateAccount
	SystemTransfer
	CreateAccountWithSeed
	TransferWithSeed
)

// SystemInstruction is a movement of lamports: From and To are indices of the instruction's accounts.
type SystemInstruction struct {
	Kind     SystemKind
	Lamports uint64
	From, To int8
}

// ParseSystem reads the data of an instruction of the system program. It is false for data that is cut, and for kinds that move
// no lamports.
func ParseSystem(data []byte) (SystemInstruction, bool) {
	if len(data) < 4 {
		return SystemInstruction{}, false
	}
	in := SystemInstruction{From: 0, To: 1}
	r := dex.NewReader(data[4:])
	need := uint8(1)
	switch binary.LittleEndian.Uint32(data) {
	case 0:
		in.Kind = CreateAccount
	case 2:
		in.Kind = SystemTransfer
	case 3:
		in.Kind, need = CreateAccountWithSeed, 3
		var base dex.Key
		r.Key(&base)
		r.Bytes64() // the seed
	case 11:
		in.Kind, in.To = TransferWithSeed, 2
	default:
		return SystemInstruction{}, false
	}
	in.Lamports = r.Uint64()
	return in, r.Extent().Fields >= need
}

// AppendTransfer writes the data of a system transfer; its accounts are the payer and the receiver.
func AppendTransfer(dst []byte, lamports uint64) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 2)
	return binary.LittleEndian.AppendUint64(dst, lamports)
}

// AppendCreateAccount writes the data of a system account creation; its accounts are the payer and the new account.
func AppendCreateAccount(dst []byte, lamports, space uint64, owner dex.Key) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint64(dst, lamports)
	dst = binary.LittleEndian.AppendUint64(dst, space)
	return append(dst, owner[:]...)
}

// Budget is what a transaction's compute budget instructions ask for. Zero means not asked.
type Budget struct {
	Units uint32 // limit of compute units
	Price uint64 // micro-lamports a unit
}

// Read takes in one instruction of the compute budget program. It is false when it says nothing about limit or price.
func (b *Budget) Read(data []byte) bool {
	if len(data) == 0 {
		return false
	}
	r := dex.NewReader(data[1:])
	switch data[0] {
	case 0, 2: // 0 is the deprecated form with a fee behind the units
		units := r.Uint32()
		if !r.Extent().Has(1) {
			return false
		}
		b.Units = units
		return true
	case 3:
		price := r.Uint64()
		if !r.Extent().Has(1) {
			return false
		}
		b.Price = price
		return true
	}
	return false
}

// AppendUnitLimit writes the data of SetComputeUnitLimit.
func AppendUnitLimit(dst []byte, units uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(dst, 2), units)
}

// AppendUnitPrice writes the data of SetComputeUnitPrice, in micro-lamports.
func AppendUnitPrice(dst []byte, price uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, 3), price)
}
