package geysersim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// defaultTexts are those of real servers.
var defaultTexts = map[codes.Code]string{
	codes.Internal:          "lagged to send an update",
	codes.DataLoss:          "lagged",
	codes.Unavailable:       "server is shutting down try again later",
	codes.Unauthenticated:   "No valid auth token",
	codes.PermissionDenied:  "Maximum connection count reached",
	codes.ResourceExhausted: "rate limit exceeded",
}

// actions by name.
var actions map[string]func(*parser) action

// The table is made at start: random refers to it.
func init() {
	actions = map[string]func(*parser) action{
		"drop":      (*parser).drop,
		"end":       func(*parser) action { return action{stream: ender(errClean)} },
		"reset":     func(*parser) action { return action{stream: onConn((*framed).reset)} },
		"goaway":    (*parser).goaway,
		"freeze":    (*parser).freeze,
		"silence":   (*parser).silence,
		"oversize":  (*parser).oversize,
		"trickle":   func(p *parser) action { return p.effect(trickle, p.size("the bytes a second")) },
		"delay":     func(p *parser) action { return p.effect(delay, int(p.duration("the delay"))) },
		"duplicate": func(p *parser) action { return p.effect(duplicate, int(p.number("N"))) },
		"omit":      func(p *parser) action { return p.effect(omit, int(p.number("N"))) },
		"shuffle":   (*parser).shuffle,
		"dead":      func(*parser) action { return action{chain: &chainFault{dead: true}} },
		"fork":      func(*parser) action { return action{chain: &chainFault{fork: true}} },
		"skip":      (*parser).skip,
		"bankreset": func(*parser) action { return action{chain: &chainFault{bankReset: true}} },
		"forget":    func(*parser) action { return action{chain: &chainFault{forget: true}} },
		"refuse":    (*parser).refuse,
		"accept":    func(*parser) action { return action{server: (*Server).Accept} },
		"replay":    (*parser).replay,
		"tokens":    (*parser).tokens,
		"dialect":   (*parser).dialect,
		"compress":  (*parser).compress,
		"limit":     (*parser).limit,
		"clear":     func(*parser) action { return action{server: (*Server).ClearFaults} },
		"random":    (*parser).random,
	}
}

func (p *parser) action() action {
	name := p.next()
	read, ok := actions[name]
	if !ok {
		p.fail("unknown action %q: choose one of %s", name, strings.Join(slices.Sorted(maps.Keys(actions)), ", "))
		return action{}
	}
	a := read(p)
	a.name = name
	return a
}

// status reads a code and a text.
func (p *parser) status() error {
	word := p.next()
	var code codes.Code
	_ = code.UnmarshalJSON([]byte(`"` + word + `"`)) // leaves OK where it fails
	if code == codes.OK {
		p.fail("unknown status code %q: write one like UNAVAILABLE, INTERNAL or DATA_LOSS", word)
		return nil
	}
	text := defaultTexts[code]
	if next := p.peek(); next != "" && next != "for" {
		text = p.next()
	}
	if text == "" {
		text = "refused by script"
	}
	return status.Error(code, text)
}

// lasting reads how long something lasts; 0 is until it is changed.
func (p *parser) lasting() time.Duration {
	if p.accept("for") {
		return p.duration("the time behind for")
	}
	return 0
}

func (p *parser) drop() action {
	if p.accept("lag") {
		return action{stream: func(st *stream) error {
			return ender(st.s.bounds.Load().dialect.lagged(st.replaying.Load()))(st)
		}}
	}
	return action{stream: ender(p.status())}
}

// onConn does something to a stream's connection.
func onConn(do func(*framed)) func(*stream) error {
	return func(st *stream) error {
		if st.conn != nil {
			do(st.conn)
		}
		return nil
	}
}

func (p *parser) goaway() action {
	after := time.Second
	if p.isDuration() {
		after = p.duration("the time until RST")
	}
	return action{stream: onConn(func(c *framed) { c.leave(after) })}
}

func (p *parser) freeze() action {
	d := p.duration("how long it is frozen")
	return action{stream: onConn(func(c *framed) { c.freeze(d) })}
}

func (p *parser) silence() action {
	var d time.Duration
	if p.isDuration() {
		d = p.duration("how long it is silent")
	}
	return action{effect: func(s *Server, stream uint64) { s.faults.effect(stream, silence, 1, d) }}
}

func (p *parser) oversize() action {
	n := p.size("the size")
	return action{stream: func(st *stream) error {
		st.pad.Store(int64(n))
		return nil
	}}
}

func (p *parser) effect(e effect, value int) action {
	d := p.lasting()
	return action{effect: func(s *Server, stream uint64) { s.faults.effect(stream, e, value, d) }}
}

func (p *parser) shuffle() action {
	seed := 1
	if next := p.peek(); next != "" && next != "for" {
		if seed = int(p.number("the seed")); seed == 0 {
			return p.effect(shuffle, 0)
		}
	}
	return p.effect(shuffle, seed)
}

func (p *parser) skip() action {
	n := uint64(1)
	if p.peek() != "" {
		n = p.number("the number of slots")
	}
	if n == 0 || n > 10_000 {
		p.fail("the number of slots must be 1 to 10000, not %d", n)
	}
	return action{chain: &chainFault{skip: n}}
}

func (p *parser) refusal() func() refusal {
	err := p.status()
	d := p.lasting()
	return func() refusal {
		if d == 0 {
			return refusal{err: err}
		}
		return refusal{err, time.Now().Add(d)}
	}
}

func (p *parser) refuse() action {
	r := p.refusal()
	return action{server: func(s *Server) { s.faults.set(func(f *faults) { f.refuse = r() }) }}
}

func (p *parser) replay() action {
	r := func() refusal { return refusal{} }
	if !p.accept("ok") {
		r = p.refusal()
	}
	return action{server: func(s *Server) { s.faults.set(func(f *faults) { f.noReplay = r() }) }}
}

// rest takes all words that are left.
func (p *parser) rest() []string {
	words := p.words
	p.words = nil
	return words
}

func (p *parser) tokens() action {
	tokens := p.rest()
	return action{server: func(s *Server) { s.SetTokens(tokens...) }}
}

func (p *parser) dialect() action {
	d, err := ParseDialect(p.next())
	if err != nil && p.err == nil {
		p.err = err
	}
	return rebounding(func(b *bounds) { b.dialect = d })
}

func rebounding(change func(*bounds)) action {
	return action{server: func(s *Server) { s.rebound(change) }}
}

func (p *parser) compress() action {
	names := p.rest()
	for _, name := range names {
		if !slices.Contains([]string{"zstd", "gzip", "none"}, name) {
			p.fail("unknown compression %q: choose zstd, gzip or none", name)
		}
	}
	if len(names) == 0 {
		p.fail("compress needs names: zstd, gzip or none")
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "none" })
	return rebounding(func(b *bounds) { b.compression = names })
}

func (p *parser) limit() action {
	what := p.next()
	if what == "any" {
		return rebounding(func(b *bounds) { b.limits.RefuseAny = true })
	}
	n := int(p.number(fmt.Sprintf("the bound of %q", what)))
	switch what {
	case "opens":
		window := time.Minute
		if p.accept("in") {
			window = p.duration("the window")
		}
		return rebounding(func(b *bounds) { b.opensPerWindow, b.window = n, window })
	case "streams":
		return rebounding(func(b *bounds) { b.maxStreams = n })
	case "filters":
		return rebounding(func(b *bounds) { b.limits.FiltersPerKind = n })
	case "pubkeys":
		return rebounding(func(b *bounds) { b.limits.Pubkeys = n })
	case "requests":
		return rebounding(func(b *bounds) { b.requestsPerSecond = n })
	default:
		p.err = fmt.Errorf("unknown limit %q: choose opens, streams, filters, pubkeys, requests or any", what)
		return action{}
	}
}
