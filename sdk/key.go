package sdk

import (
	"fmt"

	"github.com/mr-tron/base58"
)

// Key is a public key: a mint, a pool, a wallet. It is comparable, so it serves as a map key, and prints as base58, also as a
// key of a JSON object. The zero Key is the system program's address and stands for "none" where a field is absent.
type Key [32]byte

// KeyOf copies a key out of a record's field. Anything that is not 32 bytes long gives the zero Key.
func KeyOf(b []byte) Key {
	if len(b) != len(Key{}) {
		return Key{}
	}
	return Key(b)
}

// ParseKey reads a key in base58.
func ParseKey(s string) (Key, error) {
	b, err := base58.Decode(s)
	if err != nil {
		return Key{}, fmt.Errorf("read key %q: %w", s, err)
	}
	if len(b) != len(Key{}) {
		return Key{}, fmt.Errorf("read key %q: it holds %d bytes, a key has 32", s, len(b))
	}
	return Key(b), nil
}

// IsZero says whether the key is absent.
func (k Key) IsZero() bool { return k == Key{} }

// Bytes returns a copy for a message field, nil for the zero Key.
func (k Key) Bytes() []byte {
	if k.IsZero() {
		return nil
	}
	return append([]byte(nil), k[:]...)
}

// String returns base58, 32 to 44 characters.
func (k Key) String() string { return base58.Encode(k[:]) }

// MarshalText implements encoding.TextMarshaler.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Key) UnmarshalText(text []byte) error {
	parsed, err := ParseKey(string(text))
	if err != nil {
		return err
	}
	*k = parsed
	return nil
}

// Base58 prints a key or a signature.
func Base58(b []byte) string { return base58.Encode(b) }
