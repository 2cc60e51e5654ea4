package query

import "database/sql"

// stepEvent scans the first column of a step: it is NULL when the step was not taken.
type stepEvent struct{ to **Step }

// Scan takes what a driver read.
func (s stepEvent) Scan(from any) error {
	if *s.to = nil; from == nil {
		return nil
	}
	var n sql.NullInt64
	err := n.Scan(from)
	*s.to = &Step{Event: n.Int64}
	return err
}

// stepPart scans another column of a step that was taken.
type stepPart struct {
	to   **Step
	part func(*Step) any
}

// Scan takes what a driver read.
func (s stepPart) Scan(from any) error {
	if *s.to == nil {
		return nil
	}
	switch part := s.part(*s.to).(type) {
	case *int64:
		var n sql.NullInt64
		err := n.Scan(from)
		*part = n.Int64
		return err
	case **int64:
		var n sql.NullInt64
		err := n.Scan(from)
		if *part = nil; n.Valid {
			*part = &n.Int64
		}
		return err
	case sql.Scanner:
		return part.Scan(from)
	}
	return nil
}
