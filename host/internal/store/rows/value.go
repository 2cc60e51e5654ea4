package rows

import (
	"strconv"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/store/sqldb"
)

// key prints a public key or signature; one that is not there is NULL.
func key(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return base58.Encode(b)
}

// named is key for columns that are never NULL.
func named(b []byte) any { return base58.Encode(b) }

// text is NULL when it is empty.
func text(s string) any {
	if s == "" {
		return nil
	}
	return sqldb.Text(s)
}

func amount(n uint64) any { return sqldb.Amount(n) }

// wide is NULL for what is no number.
func wide(s string) any {
	if s == "" {
		return nil
	}
	return sqldb.Wide(s)
}

// sum is wide for columns that are never NULL: no text is an empty sum.
func sum(s string) any { return sqldb.Wide(s) }

// amountOr is NULL for what is absent.
func amountOr(n *uint64) any {
	if n == nil {
		return nil
	}
	return sqldb.Amount(*n)
}

func signedOr(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func smallOr(n *uint32) any {
	if n == nil {
		return nil
	}
	return int64(*n)
}

// orNull is NULL for what is not said.
func orNull(yes bool) any {
	if !yes {
		return nil
	}
	return true
}

// count is for numbers of things, slots and places: they stay far below 2^63.
func count(n uint64) any { return int64(n) }

func countOr(n *uint64) any {
	if n == nil {
		return nil
	}
	return count(*n)
}

func tickOr(n *int32) any {
	if n == nil {
		return nil
	}
	return int64(*n)
}

// labels are the values of an enum as columns hold them.
type labels map[int32]string

// labelsOf takes the names of a generated enum: VENUE_PUMP becomes pump.
func labelsOf(names map[int32]string, prefix string) labels {
	out := make(labels, len(names))
	for n, name := range names {
		out[n] = strings.ToLower(strings.TrimPrefix(name, prefix))
	}
	return out
}

// of names a value, also one that a newer monitor knows and this program does not.
func (l labels) of(n int32) any {
	if name, ok := l[n]; ok {
		return name
	}
	return strconv.Itoa(int(n))
}

// or is of, and NULL for what is not said.
func (l labels) or(n int32) any {
	if n == 0 {
		return nil
	}
	return l.of(n)
}
