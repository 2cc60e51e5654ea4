// Package rows says which rows of which tables an output is: one small file for each kind of output, and a table of them.
package rows

import (
	"context"
	"slices"
	"strings"

	"github.com/weir-run/weir/host/internal/store/sqldb"
)

// table is a part of a table that outputs write to. Several may write to one, but no column that changes is part of two: within a
// transaction their order is not that of the outputs.
type table struct {
	name string
	// key names a row that later outputs change; empty where each row is new.
	key []string
	// first are columns that keep the first value that they get.
	first []string
	// rest are columns that take the newest value; one that is not known leaves what is there.
	rest []string
	// state are columns that belong to one moment: they take the newest value, also where it is not known.
	state []string

	one, many string // statements for one row and for stride rows
}

// made returns the table with its statements.
func made(t table) *table {
	t.one, t.many = t.insert(1), t.insert(stride)
	tables = append(tables, &t)
	return &t
}

// tables are all parts.
var tables []*table

func (t *table) columns() []string { return slices.Concat(t.key, t.first, t.rest, t.state) }

// insert is the statement for a number of rows.
func (t *table) insert(rows int) string {
	columns := t.columns()
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.name + " (" + strings.Join(columns, ", ") + ") VALUES ")
	row := "(" + strings.Repeat("?, ", len(columns)-1) + "?)"
	b.WriteString(strings.Repeat(row+", ", rows-1) + row)
	if len(t.key) == 0 {
		return b.String()
	}
	b.WriteString(" ON CONFLICT (" + strings.Join(t.key, ", ") + ") DO UPDATE SET ")
	var sets []string
	for _, c := range t.first {
		sets = append(sets, c+" = coalesce("+t.name+"."+c+", excluded."+c+")")
	}
	for _, c := range t.rest {
		sets = append(sets, c+" = coalesce(excluded."+c+", "+t.name+"."+c+")")
	}
	for _, c := range t.state {
		sets = append(sets, c+" = excluded."+c)
	}
	b.WriteString(strings.Join(sets, ", "))
	return b.String()
}

// pending are rows of one table that are not written yet.
type pending struct {
	table  *table
	values []any // row after row
	at     map[string]int
}

// add takes a row. One of the same key as a row before is laid over it, since PostgreSQL changes a row once a statement.
func (p *pending) add(key string, row []any) {
	if len(p.table.key) == 0 {
		p.values = append(p.values, row...)
		return
	}
	at, again := p.at[key]
	if !again {
		p.at[key] = len(p.values)
		p.values = append(p.values, row...)
		return
	}
	old := p.values[at : at+len(row)]
	keys := len(p.table.key)
	firsts := keys + len(p.table.first)
	rests := firsts + len(p.table.rest)
	for i := keys; i < len(row); i++ {
		switch {
		case i < firsts && old[i] != nil, i >= firsts && i < rests && row[i] == nil: // it stays
		default:
			old[i] = row[i]
		}
	}
}

// stride is how many rows a statement of PostgreSQL writes: a statement is a round trip. SQLite gains nothing from many.
const stride = 50

func (p *pending) write(ctx context.Context, c *sqldb.Conn) error {
	width := len(p.table.columns())
	rest := p.values
	for c.Place.Postgres && len(rest) >= stride*width {
		if _, err := c.Do(ctx, p.table.many, rest[:stride*width]...); err != nil {
			return err
		}
		rest = rest[stride*width:]
	}
	for len(rest) > 0 {
		if _, err := c.Do(ctx, p.table.one, rest[:width]...); err != nil {
			return err
		}
		rest = rest[width:]
	}
	return nil
}
