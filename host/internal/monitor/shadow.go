package monitor

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// shadowHeld bounds the outputs of a shadow run that wait for their counterpart, in bytes.
const shadowHeld = 64 << 20

// Diff is what the comparison of two programs' outputs found.
type Diff struct {
	// Compared are outputs that both gave, Different those of them whose content differs.
	Compared, Different uint64
	// Missing are outputs that only the old program gave, Extra those that only the new one gave.
	Missing, Extra uint64
	// Examples are the first differences, in words.
	Examples []string
}

// Total is the number of outputs that are not the same.
func (d Diff) Total() uint64 { return d.Different + d.Missing + d.Extra }

func (d *Diff) say(format string, args ...any) {
	if len(d.Examples) < 10 {
		d.Examples = append(d.Examples, fmt.Sprintf(format, args...))
	}
}

// shadow compares the outputs of the program that runs with those of one that is to take its place. Both come in order; safe for
// concurrent use.
type shadow struct {
	after uint64 // outputs of records up to here are not compared

	mu       sync.Mutex
	old, new []shadowOutput
	held     int
	left     bool // some were left out: neither a comparison nor a turn is whole any more
	diff     Diff
	clock    *latencyClock // of the new program
	real     Outputs       // once the new program has taken over
}

type shadowOutput struct {
	name Cursor
	body []byte
}

// tee passes outputs on, and shows them to a shadow when there is one.
type tee struct {
	Outputs

	shadow *atomic.Pointer[shadow]
}

// Append implements Outputs.
func (t tee) Append(outputs [][]byte, last Cursor) error {
	if err := t.Outputs.Append(outputs, last); err != nil {
		return err
	}
	if s := t.shadow.Load(); s != nil {
		s.add(&s.old, outputs)
	}
	return nil
}

// add copies outputs. When too much waits, the rest is left out, and the comparison fails by that.
func (s *shadow) add(queue *[]shadowOutput, outputs [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addLocked(queue, outputs)
}

func (s *shadow) addLocked(queue *[]shadowOutput, outputs [][]byte) {
	for _, o := range outputs {
		name, err := readName(o)
		if err != nil || name.Cause <= s.after {
			continue
		}
		if s.held > shadowHeld {
			s.left = true
			continue
		}
		s.held += len(o)
		*queue = append(*queue, shadowOutput{name, bytes.Clone(o)})
	}
}

// begin leaves out what records up to a number caused.
func (s *shadow) begin(after uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after = after
	n := 0
	for n < len(s.old) && s.old[n].name.Cause <= after {
		n++
	}
	s.drop(n, 0)
}

// full says whether so much waits that the comparison is not whole any more.
func (s *shadow) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left || s.held > shadowHeld
}

// compare compares what both programs gave for records up to a number that both have done.
func (s *shadow) compare(through uint64) Diff {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := 0, 0
	for {
		moreA := a < len(s.old) && s.old[a].name.Cause <= through
		moreB := b < len(s.new) && s.new[b].name.Cause <= through
		switch {
		case !moreA && !moreB:
			s.drop(a, b)
			d := s.diff
			d.Examples = append([]string(nil), d.Examples...)
			return d
		case moreA && (!moreB || s.old[a].name.Before(s.new[b].name)):
			s.diff.Missing++
			s.diff.say("output %d/%d is given by the old program only", s.old[a].name.Cause, s.old[a].name.Index)
			a++
		case moreB && (!moreA || s.new[b].name.Before(s.old[a].name)):
			s.diff.Extra++
			s.diff.say("output %d/%d is given by the new program only", s.new[b].name.Cause, s.new[b].name.Index)
			b++
		default:
			s.diff.Compared++
			if !bytes.Equal(s.old[a].body, s.new[b].body) {
				s.diff.Different++
				s.diff.say("output %d/%d differs", s.old[a].name.Cause, s.old[a].name.Index)
			}
			a, b = a+1, b+1
		}
	}
}

// drop forgets what was compared.
func (s *shadow) drop(a, b int) {
	for _, o := range s.old[:a] {
		s.held -= len(o.body)
	}
	for _, o := range s.new[:b] {
		s.held -= len(o.body)
	}
	s.old, s.new = append(s.old[:0], s.old[a:]...), append(s.new[:0], s.new[b:]...)
	if s.clock != nil {
		s.clock.keep(len(s.new))
	}
}

// takeOver lets the new program's outputs of records after a number into its log: those that wait, and all that come. It fails where not all
// of them wait: the old program then goes on.
func (s *shadow) takeOver(after uint64, real Outputs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return fmt.Errorf("more than %d MiB of the new program's outputs waited for their turn", shadowHeld>>20)
	}
	var waiting [][]byte
	var last Cursor
	for _, o := range s.new {
		if o.name.Cause > after {
			waiting, last = append(waiting, o.body), o.name
		}
	}
	s.clock.keep(len(waiting))
	if err := real.Append(waiting, last); err != nil {
		return err
	}
	s.old, s.new, s.held, s.real = nil, nil, 0, real
	return nil
}

// standbyOutputs is the log of a program that has not taken over yet. It implements Outputs.
type standbyOutputs struct {
	*shadow

	cursor Cursor
}

// own is the log once it has taken over, nil before.
func (o standbyOutputs) own() Outputs {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.real
}

// Cursor implements Outputs.
func (o standbyOutputs) Cursor() Cursor { return o.cursor }

// Append implements Outputs.
func (o standbyOutputs) Append(outputs [][]byte, last Cursor) error {
	if own := o.own(); own != nil {
		return own.Append(outputs, last)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.real != nil { // it took over in between
		return o.real.Append(outputs, last)
	}
	o.addLocked(&o.new, outputs)
	return nil
}

// Flush implements Outputs.
func (o standbyOutputs) Flush(ctx context.Context) error {
	if own := o.own(); own != nil {
		return own.Flush(ctx)
	}
	return nil
}

// Close implements Outputs.
func (o standbyOutputs) Close(ctx context.Context) error {
	if own := o.own(); own != nil {
		return own.Close(ctx)
	}
	return nil
}
