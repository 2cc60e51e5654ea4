// Package query answers questions about what the store holds: exact SQL, and pages by cursor. The API stands on it.
//
// Types print as JSON in the conventions of weir events: numbers of 64 bits as text, keys in base58, what is not known left out.
package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weir-run/weir/host/internal/store/sqldb"
)

var (
	// ErrNotReady means that the database is away, or that its tables are not made yet. The same question can be answered later.
	ErrNotReady = errors.New("the store is not ready")
	// ErrBadQuery means that the question makes no sense, for example since a cursor is not one that was given. Its text says what.
	ErrBadQuery = errors.New("bad query")
	// ErrBadCursor is an ErrBadQuery of Page.After.
	ErrBadCursor = fmt.Errorf("%w", ErrBadQuery)
)

// Reader asks the database over connections of its own that cannot write. Any goroutine may use it; a question sees one state of the
// database. Contexts bound how long an answer may take.
type Reader struct{ db *sqldb.DB }

// Open prepares a reader. Nothing is connected yet.
func Open(p sqldb.Place) (*Reader, error) {
	db, err := sqldb.OpenReader(p)
	if err != nil {
		return nil, err
	}
	return &Reader{db}, nil
}

// Close gives the connections back.
func (r *Reader) Close() error { return r.db.Close() }

// Page asks for part of a list.
type Page struct {
	// After is List.Next of the page before; empty begins at the start.
	After string
	// Limit is how many items at most; 0 means 50, and no more than 500 are given.
	Limit int
}

const (
	usualLimit = 50
	mostLimit  = 500
)

func (p Page) limit() int {
	if p.Limit <= 0 {
		return usualLimit
	}
	return min(p.Limit, mostLimit)
}

// List is a page.
type List[T any] struct {
	Items []T `json:"items"`
	// Next is Page.After of the page that follows; empty when this one is the last.
	Next string `json:"next,omitempty"`
}

// statement is a SELECT in the making. Its parts are constants of the program; values go in as parameters.
type statement struct {
	text   string
	wheres []string
	values []any
}

// where adds a condition with its values.
func (s *statement) where(condition string, values ...any) {
	s.wheres = append(s.wheres, condition)
	s.values = append(s.values, values...)
}

// is adds a condition on a column, where a value is given.
func (s *statement) is(column, value string) {
	if value != "" {
		s.where(column+" = ?", value)
	}
}

func (s *statement) sql(order string) string {
	text := s.text
	if len(s.wheres) > 0 {
		text += " WHERE " + strings.Join(s.wheres, " AND ")
	}
	return text + " " + order
}

// scan is what a type knows of its columns: where each value goes, in their order.
type scan[T any] func(*T) []any

// all runs a statement.
func all[T any](ctx context.Context, r *Reader, s *statement, order string, into scan[T]) (items []T, err error) {
	found, err := r.db.QueryContext(ctx, r.db.Place.Rebind(s.sql(order)), s.values...)
	if err != nil {
		return nil, explain(err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	items = []T{}
	for found.Next() {
		var item T
		if err := found.Scan(into(&item)...); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		items = append(items, item)
	}
	return items, explain(found.Err())
}

// one is all for at most one row; ok is false when there is none.
func one[T any](ctx context.Context, r *Reader, s *statement, into scan[T]) (item T, ok bool, err error) {
	items, err := all(ctx, r, s, "LIMIT 1", into)
	if err != nil || len(items) == 0 {
		return item, false, err
	}
	return items[0], true, nil
}

// byEvent gives a page in order of a column of event numbers, the newest first.
func byEvent[T any](ctx context.Context, r *Reader, s *statement, column string, p Page, into scan[T], eventOf func(*T) int64) (List[T], error) {
	if p.After != "" {
		n, err := strconv.ParseInt(p.After, 10, 64)
		if err != nil || n < 0 {
			return List[T]{}, badCursor(p.After)
		}
		s.where(column+" < ?", n)
	}
	s.values = append(s.values, p.limit()+1)
	items, err := all(ctx, r, s, "ORDER BY "+column+" DESC LIMIT ?", into)
	if err != nil {
		return List[T]{}, err
	}
	out := List[T]{Items: items}
	if len(items) > p.limit() {
		out.Items = items[:p.limit()]
		out.Next = strconv.FormatInt(eventOf(&items[p.limit()-1]), 10)
	}
	return out, nil
}

// mostSkipped bounds how deep a list goes that is ordered anew for each page.
const mostSkipped = 10_000

// bySkip gives a page in an order that has no key, by how many items came before.
func bySkip[T any](ctx context.Context, r *Reader, s *statement, order string, p Page, into scan[T]) (List[T], error) {
	skip := 0
	if p.After != "" {
		var err error
		if skip, err = strconv.Atoi(p.After); err != nil || skip < 0 || skip > mostSkipped {
			return List[T]{}, badCursor(p.After)
		}
	}
	s.values = append(s.values, p.limit()+1, skip)
	items, err := all(ctx, r, s, order+" LIMIT ? OFFSET ?", into)
	if err != nil {
		return List[T]{}, err
	}
	out := List[T]{Items: items}
	if len(items) > p.limit() {
		out.Items = items[:p.limit()]
		if skip += p.limit(); skip <= mostSkipped {
			out.Next = strconv.Itoa(skip)
		}
	}
	return out, nil
}

func badCursor(text string) error {
	return fmt.Errorf("%w: %.40q is not a cursor that was given; leave it out to begin at the start", ErrBadCursor, text)
}

// explain tells a database that is away or empty from other errors.
func explain(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && !strings.HasPrefix(e.Code, "42P01") && !strings.HasPrefix(e.Code, "42703") && !strings.HasPrefix(e.Code, "57") {
		return fmt.Errorf("ask the database: %w", err)
	}
	return fmt.Errorf("%w: %w", ErrNotReady, err)
}

// text scans a column that may be NULL as empty text.
type text struct{ to *string }

// Scan takes what a driver read.
func (t text) Scan(from any) error {
	var n sql.NullString
	err := n.Scan(from)
	*t.to = n.String
	return err
}

// flag scans a column that may be NULL as false.
type flag struct{ to *bool }

// Scan takes what a driver read.
func (f flag) Scan(from any) error {
	var n sql.NullBool
	err := n.Scan(from)
	*f.to = n.Bool
	return err
}

func amount(to *uint64) any    { return sqldb.ScanAmount{To: to} }
func amountOr(to **uint64) any { return sqldb.ScanAmountOr{To: to} }
func wide(to *string) any      { return sqldb.ScanWide{To: to} }

// Price is an exact ratio: one raw unit of a coin costs Quote / Base raw units of the quote mint.
type Price struct {
	Quote uint64 `json:"quote,string"`
	Base  uint64 `json:"base,string"`
}

// price scans two columns, of which the first is this.
type price struct{ to **Price }

// Scan takes the numerator.
func (p price) Scan(from any) error {
	if *p.to = nil; from == nil {
		return nil
	}
	*p.to = &Price{}
	return sqldb.ScanAmount{To: &(*p.to).Quote}.Scan(from)
}

// denominator scans the second column of a price.
type denominator struct{ to **Price }

// Scan takes the denominator.
func (d denominator) Scan(from any) error {
	if *d.to == nil || from == nil {
		*d.to = nil
		return nil
	}
	return sqldb.ScanAmount{To: &(*d.to).Base}.Scan(from)
}
