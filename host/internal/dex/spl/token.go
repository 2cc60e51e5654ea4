// Package spl reads and writes the instructions of the token, system and compute budget programs that surround a trade.
package spl

import (
	"github.com/weir-run/weir/host/internal/dex"
)

// TokenKind names an instruction of SPL Token and Token-2022 that Weir reads.
type TokenKind uint8

// The instructions. TokenOther includes those that move tokens in ways not read here, such as batches: where one stands, only
// balances tell what moved.
const (
	TokenOther TokenKind = iota
	InitializeMint
	InitializeAccount
	Transfer
	Approve
	Revoke
	SetAuthority
	MintTo
	Burn
	CloseAccount
	TransferChecked
	ApproveChecked
	MintToChecked
	BurnChecked
	SyncNative
	InitializeAccount2
	InitializeAccount3
	InitializeMint2
	TransferCheckedWithFee // Token-2022 only
	tokenKinds
)

var tokenNames = [tokenKinds]string{
	"other", "initialize_mint", "initialize_account", "transfer", "approve", "revoke", "set_authority", "mint_to", "burn",
	"close_account", "transfer_checked", "approve_checked", "mint_to_checked", "burn_checked", "sync_native",
	"initialize_account_2", "initialize_account_3", "initialize_mint_2", "transfer_checked_with_fee",
}

var tokenTags = [tokenKinds]uint8{0xff, 0, 1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 17, 16, 18, 20, transferFeeTag}

const (
	transferFeeTag        = 26 // an extension: its second byte names the instruction
	transferCheckedFeeSub = 1
)

// tokenKindOf is the inverse of tokenTags, by first byte.
var tokenKindOf = func() (kinds [256]TokenKind) {
	for k := InitializeMint; k < TransferCheckedWithFee; k++ {
		kinds[tokenTags[k]] = k
	}
	return kinds
}()

// String returns the instruction's name.
func (k TokenKind) String() string {
	if k < tokenKinds {
		return tokenNames[k]
	}
	return tokenNames[TokenOther]
}

// Moves tells of the kinds that move tokens from one account to another.
func (k TokenKind) Moves() bool {
	return k == Transfer || k == TransferChecked || k == TransferCheckedWithFee
}

// TokenPlaces says at which index of an instruction's accounts something stands; -1 where the instruction does not have it. MintTo
// has no source, Burn no destination; Transfer does not name its mint.
type TokenPlaces struct{ Source, Mint, Destination, Authority int8 }

var tokenPlaces = [tokenKinds]TokenPlaces{
	TokenOther:             {-1, -1, -1, -1},
	InitializeMint:         {-1, 0, -1, -1},
	InitializeMint2:        {-1, 0, -1, -1},
	InitializeAccount:      {-1, 1, 0, 2},
	InitializeAccount2:     {-1, 1, 0, -1},
	InitializeAccount3:     {-1, 1, 0, -1},
	Transfer:               {0, -1, 1, 2},
	TransferChecked:        {0, 1, 2, 3},
	TransferCheckedWithFee: {0, 1, 2, 3},
	Approve:                {0, -1, -1, 2},
	ApproveChecked:         {0, 1, -1, 3},
	Revoke:                 {0, -1, -1, 1},
	SetAuthority:           {0, -1, -1, 1},
	MintTo:                 {-1, 0, 1, 2},
	MintToChecked:          {-1, 0, 1, 2},
	Burn:                   {0, 1, -1, 2},
	BurnChecked:            {0, 1, -1, 2},
	CloseAccount:           {0, -1, 1, 2},
	SyncNative:             {0, -1, -1, -1},
}

// Places returns where an instruction keeps its accounts. The caller checks that the list is that long.
func (k TokenKind) Places() TokenPlaces {
	if k < tokenKinds {
		return tokenPlaces[k]
	}
	return tokenPlaces[TokenOther]
}

// TokenInstruction holds the arguments of one instruction; those that a kind does not have are zero.
type TokenInstruction struct {
	Kind TokenKind
	// Amount is in raw units. On TransferCheckedWithFee, Fee of it does not arrive.
	Amount, Fee uint64
	Decimals    uint8
	// Owner is the new account's on InitializeAccount2 and 3, the mint authority on InitializeMint and 2, and the new
	// authority on SetAuthority, where zero means none.
	Owner dex.Key
	// Authority is what SetAuthority sets: 0 mint, 1 freeze, 2 account owner, 3 close.
	Authority uint8
}

// ParseToken reads the data of an instruction of SPL Token or Token-2022. It is false for data that is cut, and for kinds that
// are not read here.
func ParseToken(data []byte) (TokenInstruction, bool) {
	if len(data) == 0 {
		return TokenInstruction{}, false
	}
	in := TokenInstruction{Kind: tokenKindOf[data[0]]}
	need, rest := uint8(0), data[1:]
	if data[0] == transferFeeTag && len(rest) > 0 && rest[0] == transferCheckedFeeSub {
		in.Kind, rest = TransferCheckedWithFee, rest[1:]
	}
	r := dex.NewReader(rest)
	switch in.Kind {
	case TokenOther:
		return in, false
	case Transfer, Approve, MintTo, Burn:
		in.Amount, need = r.Uint64(), 1
	case TransferChecked, ApproveChecked, MintToChecked, BurnChecked:
		in.Amount, in.Decimals, need = r.Uint64(), r.Uint8(), 2
	case TransferCheckedWithFee:
		in.Amount, in.Decimals, in.Fee, need = r.Uint64(), r.Uint8(), r.Uint64(), 3
	case InitializeMint, InitializeMint2:
		in.Decimals = r.Uint8()
		r.Key(&in.Owner)
		need = 2
	case InitializeAccount2, InitializeAccount3:
		r.Key(&in.Owner)
		need = 1
	case SetAuthority:
		in.Authority = r.Uint8()
		need = 2
		if r.Bool() {
			r.Key(&in.Owner)
			need = 3
		}
	default: // no arguments
	}
	return in, r.Extent().Fields >= need
}

// PreparesAccount tells of instructions that come before the opening of an account and move nothing: asking for its size, and making
// its owner unchangeable.
func PreparesAccount(data []byte) bool { return len(data) > 0 && (data[0] == 21 || data[0] == 22) }

// Append writes the instruction's data.
func (in *TokenInstruction) Append(dst []byte) []byte {
	if in.Kind == TokenOther || in.Kind >= tokenKinds {
		return dst
	}
	dst = append(dst, tokenTags[in.Kind])
	if in.Kind == TransferCheckedWithFee {
		dst = append(dst, transferCheckedFeeSub)
	}
	w := dex.NewWriter(dst, 0)
	switch in.Kind {
	case Transfer, Approve, MintTo, Burn:
		w.Uint64(in.Amount)
	case TransferChecked, ApproveChecked, MintToChecked, BurnChecked:
		w.Uint64(in.Amount)
		w.Uint8(in.Decimals)
	case TransferCheckedWithFee:
		w.Uint64(in.Amount)
		w.Uint8(in.Decimals)
		w.Uint64(in.Fee)
	case InitializeMint, InitializeMint2:
		w.Uint8(in.Decimals)
		w.Key(&in.Owner)
		w.Uint8(0) // no freeze authority
	case InitializeAccount2, InitializeAccount3:
		w.Key(&in.Owner)
	case SetAuthority:
		w.Uint8(in.Authority)
		w.Bool(!in.Owner.IsZero())
		if !in.Owner.IsZero() {
			w.Key(&in.Owner)
		}
	default: // no arguments
	}
	return w.Written()
}
