package query

import (
	"database/sql"
	"fmt"
)

// joined scans the columns of a row that a LEFT JOIN may not find: when the first is NULL there is none, and to becomes nil.
func joined[T any](to **T, item *T, columns []any) []any {
	out := make([]any, len(columns))
	for i, column := range columns {
		out[i] = part[T]{to: to, item: item, column: column, first: i == 0}
	}
	return out
}

// part is one column of such a row.
type part[T any] struct {
	to     **T
	item   *T
	column any
	first  bool
}

// Scan takes what a driver read.
func (p part[T]) Scan(from any) error {
	if p.first {
		if *p.to = nil; from != nil {
			*p.to = p.item
		}
	}
	if *p.to == nil {
		return nil
	}
	switch to := p.column.(type) {
	case sql.Scanner:
		return to.Scan(from)
	case *string:
		return text{to}.Scan(from)
	case *bool:
		return flag{to}.Scan(from)
	case *int64:
		var n sql.NullInt64
		err := n.Scan(from)
		*to = n.Int64
		return err
	case **bool:
		var b sql.NullBool
		err := b.Scan(from)
		if *to = nil; b.Valid {
			*to = &b.Bool
		}
		return err
	case **int64:
		var n sql.NullInt64
		err := n.Scan(from)
		if *to = nil; n.Valid {
			*to = &n.Int64
		}
		return err
	default:
		return fmt.Errorf("a column is scanned into %T", to)
	}
}
