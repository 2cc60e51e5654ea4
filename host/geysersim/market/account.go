package market

import (
	"strconv"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/dex"
)

// Rents are the lamports that keep an account of a usual size alive.
const (
	rentToken     = 2_039_280 // 165 bytes
	rentToken2022 = 2_074_080 // 170 bytes, immutable owner
	rentMint      = 1_461_600 // 82 bytes
	rentMint2022  = 3_667_920 // with metadata on the mint
	rentMetadata  = 15_616_720
	rentCurve     = 2_039_280
	rentPool      = 2_582_160
	rentWallet    = 890_880
)

// account is one address with its lamports and, for token accounts, its balance. The ledger of the market is the set of them.
type account struct {
	key      dex.Key
	text     string // base58 of key, made at first use
	lamports uint64

	mint   *mint    // of a token account
	owner  *account // of a token account
	amount uint64   // raw units of mint
	open   bool     // the token account exists

	speech *speech // of a program

	mark uint64 // number of the transaction that used it last
	slot uint8  // its place in that transaction
}

// speech holds the log lines that a program's calls always write.
type speech struct {
	native  bool // part of the node: its calls do not tell what they used
	invoke  [5]string
	success string
	results [2]string // lines that say what a call returned
}

// result returns the line for a return value of the token programs, which is one of few.
func (s *speech) result(base64 string) string {
	for i, line := range s.results {
		if line == "" {
			s.results[i] = strings.Replace(s.success, "Program ", "Program return: ", 1)
			s.results[i] = strings.TrimSuffix(s.results[i], "success") + base64
		}
		if strings.HasSuffix(s.results[i], base64) {
			return s.results[i]
		}
	}
	return ""
}

// newProgram returns a program's account.
func newProgram(key dex.Key, native bool) *account {
	a := &account{key: key, lamports: rentMint}
	name := "Program " + a.base58()
	a.speech = &speech{native: native, success: name + " success"}
	for i := range a.speech.invoke {
		a.speech.invoke[i] = name + " invoke [" + strconv.Itoa(i+1) + "]"
	}
	return a
}

// mint is a token.
type mint struct {
	*account
	program  *account // SPL Token or Token-2022
	decimals uint8
	supply   uint64
	symbol   string
}

// base58 returns the printed key. It is made once: the same accounts return in many transactions.
func (a *account) base58() string {
	if a.text == "" {
		a.text = base58.Encode(a.key[:])
	}
	return a.text
}

// rent returns what a token account of m costs.
func (m *mint) rent(w *world) uint64 {
	if m.program == w.token2022 {
		return rentToken2022
	}
	return rentToken
}

// newAccount returns a fresh address with lamports.
func (m *Market) newAccount(lamports uint64) *account {
	return &account{key: m.keys.next(), lamports: lamports}
}

// tokenAccount returns an address that will hold a token of owner. It is not open yet.
func tokenAccount(key dex.Key, owner *account, m *mint) *account {
	return &account{key: key, owner: owner, mint: m}
}

// openWith makes a token account exist with a balance, as if it had been filled before the market began to be watched.
func (a *account) openWith(w *world, amount uint64) *account {
	a.open, a.amount, a.lamports = true, amount, a.mint.rent(w)
	if a.mint == w.wsol {
		a.lamports += amount
	}
	return a
}

// move takes amount from one token account to the other; wrapped SOL moves as lamports too.
func move(w *world, from, to *account, amount uint64) {
	from.amount -= amount
	to.amount += amount
	if from.mint == w.wsol {
		from.lamports -= amount
		to.lamports += amount
	}
}

// pay takes lamports from one account to the other.
func pay(from, to *account, lamports uint64) {
	from.lamports -= lamports
	to.lamports += lamports
}

// wallet is somebody who trades.
type wallet struct {
	*account
	wsol                                        *account // closed between transactions
	usdc                                        *account // open from the start
	volume                                      *account // volume accumulator of the pump programs
	volumeQuote                                 *account // its token account, never used for SOL
	creatorVault, swapCreator, swapCreatorVault *account // where creator fees go; made for the first coin
}
