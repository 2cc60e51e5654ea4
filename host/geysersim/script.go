package geysersim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// Script is a list of faults with their moments, for Server.Play. The text form has one fault a line; # begins a comment, "" quotes
// text with spaces:
//
//	line   = [moment] [target] action ["for" duration]
//	moment = "at slot" N           in place of the first update of slot N or a later one; for the chain: when that slot is due
//	       | "after" N "updates"   in place of update N+1 of the stream
//	       | "after" duration      after the play began
//	       | "every" duration      again and again, first after that time
//	target = "stream" N            the N-th stream that the server accepted, counted from 1
//
// Without a moment a fault is there from the start, for later streams too. Without a target it concerns all streams that are open or,
// with a moment of a stream (at slot, after updates), the first stream that comes to it, once.
//
// Actions on a stream, or on its connection:
//
//	drop CODE ["text"]   end it with a status; without text the one that real servers have for that code
//	drop lag             end it as one that cannot keep up, in the dialect's words
//	end                  end it cleanly: the client reads EOF
//	reset                TCP RST
//	goaway [duration]    HTTP/2 GOAWAY, and RST after that time, by default 1s
//	freeze duration      the connection says nothing, not even on HTTP/2 level
//	silence [duration]   nothing is sent; without duration until clear
//	oversize SIZE        the next update gets that large (64MB, 300KB, bytes)
//
// Effects on streams; with "for", for a time; 0 or off ends them:
//
//	trickle SIZE         bytes a second
//	delay duration       live updates come late
//	duplicate N          each N-th transaction comes twice
//	omit N               each N-th transaction does not come, which no real server admits to
//	shuffle [SEED]       transactions of a slot come in another order
//
// On the chain (with "at slot", or else from the next slot on):
//
//	dead                 the slot's block dies half way and comes again in the next slot; all later slots move up by one
//	fork                 the slot's block is seen whole at processed but never confirmed, and comes again in the next slot
//	skip [N]             N slots have no block; all later ones move up
//	bankreset            half of the slot's transactions are executed, then all of them
//	forget               the store for from_slot keeps only the newest 10 blocks
//
// On the server:
//
//	refuse CODE ["text"]   turn new streams away; accept ends it
//	replay CODE ["text"]   end streams that ask with from_slot; replay ok ends it
//	tokens TOKEN ...       accept these only; without one, everybody
//	dialect NAME           yellowstone, richat, shyft, laserstream
//	compress NAME ...      zstd, gzip, none
//	limit opens N [in D] | streams N | filters N | pubkeys N | requests N | any     0 is no bound; any refuses filters without criterion
//	clear                  end everything that was set, but not the script
//
// At random, of the actions above that lose nothing:
//
//	random [seed=N] [of NAME,NAME,...]    one of drop, lag, lost, end, reset, goaway, freeze, silence, trickle, duplicate, shuffle,
//	                                      oversize, refuse, on one stream that is open
//
// A text that is a txtar archive is taken from its file named faults.
type Script struct{ steps []step }

// action is what. Exactly one of the functions is set.
type action struct {
	name   string
	stream func(*stream) error // an error ends the stream
	effect func(s *Server, stream uint64)
	chain  *chainFault
	server func(*Server)
	random *menu
}

// ParseScript reads a script. name is what errors call the text; they name the line and what would be right.
func ParseScript(name string, text []byte) (*Script, error) {
	first := 1
	if archive := txtar.Parse(text); len(archive.Files) > 0 {
		found := false
		for _, f := range archive.Files {
			if f.Name == "faults" {
				before, _, _ := strings.Cut(string(text), "-- faults --")
				first, text, found = strings.Count(before, "\n")+2, f.Data, true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s: the archive has no file named faults: add a line -- faults -- in front of the script", name)
		}
	}
	var out Script
	for i, line := range strings.Split(string(text), "\n") {
		words, err := split(line)
		if err == nil && len(words) == 0 {
			continue
		}
		var s step
		if err == nil {
			s, err = parseStep(words)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, first+i, err)
		}
		s.line = first + i
		out.steps = append(out.steps, s)
	}
	return &out, nil
}

// split takes a line apart.
func split(line string) ([]string, error) {
	var words []string
	for {
		line = strings.TrimLeft(line, " \t\r")
		if line == "" || line[0] == '#' {
			return words, nil
		}
		if line[0] == '"' {
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("text %s has no end: close it with \"", line)
			}
			word, _ := strconv.Unquote(quoted) // QuotedPrefix has checked it
			words, line = append(words, word), line[len(quoted):]
			continue
		}
		n := strings.IndexAny(line, " \t\r#\"")
		if n < 0 {
			n = len(line)
		}
		words, line = append(words, line[:n]), line[n:]
	}
}

// parser reads the words of a line from left to right. The first error stays.
type parser struct {
	words []string
	err   error
}

func (p *parser) fail(form string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(form, args...)
	}
}

// peek gives the next word, "" at the end.
func (p *parser) peek() string {
	if len(p.words) == 0 || p.err != nil {
		return ""
	}
	return p.words[0]
}

func (p *parser) next() string {
	word := p.peek()
	if word != "" || len(p.words) > 0 {
		p.words = p.words[1:]
	}
	return word
}

// accept takes a word if it comes next.
func (p *parser) accept(word string) bool {
	if p.peek() != word {
		return false
	}
	p.next()
	return true
}

func (p *parser) number(what string) uint64 {
	word := p.next()
	n, err := strconv.ParseUint(word, 10, 62)
	if err != nil {
		p.fail("%s must be a whole number, not %q", what, word)
	}
	return n
}

func (p *parser) duration(what string) time.Duration {
	word := p.next()
	d, err := time.ParseDuration(word)
	if err != nil || d <= 0 {
		p.fail("%s must be a time like 500ms or 10s, not %q", what, word)
	}
	return d
}

// isDuration tells whether the next word is one.
func (p *parser) isDuration() bool {
	_, err := time.ParseDuration(p.peek())
	return err == nil
}

// size reads bytes.
func (p *parser) size(what string) int {
	word := p.next()
	digits, unit := word, 1
	for suffix, n := range map[string]int{"KB": 1 << 10, "MB": 1 << 20} {
		if rest, ok := strings.CutSuffix(word, suffix); ok {
			digits, unit = rest, n
		}
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		p.fail("%s must be bytes like 5000, 300KB or 64MB, not %q", what, word)
	}
	return int(n) * unit
}

func parseStep(words []string) (step, error) {
	p := &parser{words: words}
	s := p.step()
	if p.err == nil && s.action.stream != nil && s.moment == (moment{}) {
		p.fail("%s needs a moment: write at slot N, after N updates, after 3s or every 3s in front", s.action.name)
	}
	return s, p.err
}

// step reads a whole line.
func (p *parser) step() (s step) {
	s.moment = p.moment()
	if p.accept("stream") {
		if s.stream = p.number("the number of the stream"); s.stream == 0 && p.err == nil {
			p.fail("streams are counted from 1")
		}
	}
	s.action = p.action()
	if p.err == nil && len(p.words) > 0 {
		p.fail("unexpected %q behind %s: one action a line", strings.Join(p.words, " "), s.action.name)
	}
	if p.err == nil {
		s.check(p)
	}
	return s
}

func (p *parser) moment() (m moment) {
	switch {
	case p.accept("at"):
		if !p.accept("slot") {
			p.fail("unexpected %q behind at: write at slot N", p.peek())
		}
		if m.slot = p.number("the slot"); m.slot == 0 {
			p.fail("the slot must be at least 1")
		}
	case p.accept("after"):
		if p.isDuration() && p.peek() != "0" {
			m.after = p.duration("the time")
			break
		}
		if m.updates = p.number("what follows after: a time like 3s, or the number of updates,"); m.updates == 0 {
			p.fail("the number of updates must be at least 1")
		}
		if !p.accept("updates") {
			p.fail("unexpected %q behind after %d: write after %d updates, or a time like %ds", p.peek(), m.updates, m.updates, m.updates)
		}
	case p.accept("every"):
		m.every = p.duration("the time")
	}
	return m
}
