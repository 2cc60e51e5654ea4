// Package dex holds what all venues share: keys, well-known addresses, byte readers and writers, checked arithmetic. The packages
// below it, one a program family, turn instruction and event bytes into typed values and back.
package dex

import (
	"fmt"

	"github.com/mr-tron/base58"
)

// Key is a public key: 32 raw bytes. It is comparable and needs no allocation until it is printed.
type Key [32]byte

// String returns the base58 form. It allocates and takes some 170 ns: not for the hot path.
func (k Key) String() string { return base58.Encode(k[:]) }

// IsZero tells whether k is the zero key, which pump writes for "SOL" and for "nobody".
func (k Key) IsZero() bool { return k == Key{} }

// KeyAt copies a key out of b, which must hold at least 32 bytes.
func KeyAt(b []byte) Key { return Key(b[:32]) }

// MustKey parses a base58 address that is written in the source. It panics on a malformed one, at start.
func MustKey(s string) Key {
	key, err := ParseKey(s)
	if err != nil {
		panic("dex: " + err.Error())
	}
	return key
}

// ParseKey reads a printed address.
func ParseKey(s string) (Key, error) {
	b, err := base58.Decode(s)
	if err != nil || len(b) != len(Key{}) {
		return Key{}, fmt.Errorf("%q is not an address", s)
	}
	return Key(b), nil
}
