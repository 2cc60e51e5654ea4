package geysersim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
)

// ledger records what was played.
type ledger struct {
	out  io.Writer
	keep bool

	mu   sync.Mutex
	kept []Truth
	seen []Pattern
	err  error // of out; nothing is written after it
}

// write records the truth of a block that is complete.
func (l *ledger) write(b *Block) {
	if l.out == nil && !l.keep {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	lines.SetEscapeHTML(false)
	for i := range b.Transactions {
		for j := range b.Transactions[i].Truth {
			if l.keep {
				l.kept = append(l.kept, b.Transactions[i].Truth[j])
			}
			if l.out == nil || l.err != nil {
				continue
			}
			if err := lines.Encode(&b.Transactions[i].Truth[j]); err != nil {
				l.err = err
			}
		}
	}
	if l.keep {
		l.seen = append(l.seen, b.Patterns...)
	}
	for i := range b.Patterns {
		if l.out == nil || l.err != nil {
			break
		}
		if err := lines.Encode(&b.Patterns[i]); err != nil {
			l.err = err
		}
	}
	if text.Len() > 0 && l.err == nil {
		_, l.err = l.out.Write(text.Bytes())
	}
}

func (l *ledger) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return fmt.Errorf("write truth: %w", l.err)
	}
	return nil
}

func (l *ledger) soFar() []Truth {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.kept)
}

func (l *ledger) patterns() []Pattern {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.seen)
}
