package rows

import (
	"slices"
	"testing"
)

// fixed are columns whose value is the same whoever says it.
var fixed = []string{"name", "symbol", "creator", "quote_mint", "base_decimals"}

// TestNoColumnIsPartOfTwo: two parts of a table are written one after the other, so a column of both would not end with the newest value.
func TestNoColumnIsPartOfTwo(t *testing.T) {
	seen := map[string]bool{}
	for _, part := range tables {
		for _, column := range slices.Concat(part.rest, part.state) {
			name := part.name + "." + column
			if seen[name] && !slices.Contains(fixed, column) {
				t.Errorf("%s is written by two parts", name)
			}
			seen[name] = true
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d columns were looked at", len(seen))
	}
}

func TestRowsOfOneKeyAreLaidOverEachOther(t *testing.T) {
	p := pending{table: made(table{name: "t", key: []string{"k"}, first: []string{"f"}, rest: []string{"r"}, state: []string{"s"}}), at: map[string]int{}}
	for _, row := range [][]any{{"a", 1, nil, 1}, {"b", 9, 9, 9}, {"a", 2, 5, nil}, {"a", 3, nil, 7}, {"a", 4, nil, nil}} {
		p.add(row[0].(string), row)
	}
	if want := []any{"a", 1, 5, nil, "b", 9, 9, 9}; !slices.Equal(p.values, want) {
		t.Errorf("rows are %v, want %v", p.values, want)
	}
}
