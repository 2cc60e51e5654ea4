package corpus

import (
	"errors"
	"fmt"
)

// problems gathers what is wrong with parts of a file, so that one part does not hide the others.
type problems struct {
	first []error
	more  int
}

// named is how many problems are told in full.
const named = 5

func (p *problems) add(err error) {
	switch {
	case err == nil:
	case len(p.first) < named:
		p.first = append(p.first, err)
	default:
		p.more++
	}
}

// err is nil when nothing was added.
func (p *problems) err() error {
	switch {
	case p.more > 0:
		return errors.Join(append(p.first, fmt.Errorf("and %d more like these", p.more))...)
	case len(p.first) == 1:
		return p.first[0]
	default:
		return errors.Join(p.first...)
	}
}
