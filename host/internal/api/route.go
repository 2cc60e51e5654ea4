package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weir-run/weir/host/internal/dex"
)

// route is one path with its method. The OpenAPI document is made from it, so both say the same.
type route struct {
	method, path string // the path below the prefix, with {names}
	scope        Scope
	summary      string
	params       []param
	schema       schema // of the answer
	answer       func(ctx context.Context, a args) ([]byte, error)
	stream       func(w http.ResponseWriter, r *http.Request, a args) // in place of answer
}

// param is a parameter in the query, or in the path when the path has it.
type param struct {
	name, about string
	check       check
}

// check is what a parameter must be.
type check struct {
	kind    string   // integer, boolean, key, name, text or a word of words
	words   []string // the values allowed; more than one by commas when many is set
	many    bool
	lowest  uint64
	highest uint64 // of integers, 0 is no bound; of text, the longest
	initial string // when it is left out
	needed  bool   // it may not be left out
}

func integer(lowest, highest uint64, initial string) check {
	return check{kind: "integer", lowest: lowest, highest: highest, initial: initial}
}

func oneOf(words ...string) check { return check{kind: "word", words: words} }

func someOf(words ...string) check { return check{kind: "word", words: words, many: true} }

var (
	key     = check{kind: "key"}                // an address in base58
	name    = check{kind: "name"}               // of an instance, group or rule
	names   = check{kind: "name", many: true}   // likewise, by commas
	text    = check{kind: "text", highest: 64}  // to look for
	cursor  = check{kind: "text", highest: 256} // what an earlier answer gave
	boolean = check{kind: "boolean"}            //
	limit   = integer(1, 1000, "100")           // of a page
)

// args are the parameters of a request after the check.
type args map[string]string

func (a args) number(name string) uint64 {
	n, _ := strconv.ParseUint(a[name], 10, 64) // checked
	return n
}

func (a args) list(name string) []string {
	if a[name] == "" {
		return nil
	}
	return strings.Split(a[name], ",")
}

func (a args) is(name string) bool { return a[name] == "true" }

// parse reads the parameters and refuses what the route does not know.
func (r route) parse(req *http.Request) (args, *problem) {
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, problemf(http.StatusBadRequest, "the query cannot be read: %v", err)
	}
	out := args{}
	known := map[string]bool{}
	for _, p := range r.params {
		known[p.name] = true
		value, given := p.check.initial, false
		if strings.Contains(r.path, "{"+p.name+"}") {
			value, given = req.PathValue(p.name), true
		} else if values, ok := query[p.name]; ok {
			value, given = values[0], true
			if len(values) > 1 {
				return nil, wrong(p.name, "is given %d times", len(values))
			}
		}
		if p.check.needed && !given {
			return nil, wrong(p.name, "is missing: %s", p.about)
		}
		if given {
			if why := p.check.refuses(value); why != "" {
				return nil, wrong(p.name, "%s", why)
			}
		}
		out[p.name] = value
	}
	for given := range query {
		if !known[given] {
			return nil, wrong(clipped(given), "is not known here; known are %s", strings.Join(r.queryNames(), ", "))
		}
	}
	return out, nil
}

func wrong(param, format string, values ...any) *problem {
	p := problemf(http.StatusBadRequest, "%q "+format, append([]any{param}, values...)...)
	p.Parameter = param
	return p
}

func (r route) queryNames() (out []string) {
	for _, p := range r.params {
		if !strings.Contains(r.path, "{"+p.name+"}") {
			out = append(out, p.name)
		}
	}
	if len(out) == 0 {
		return []string{"none"}
	}
	return out
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// refuses says why a value is not what it must be; empty when it is.
func (c check) refuses(value string) string {
	if c.many {
		parts := strings.Split(value, ",")
		if len(parts) > 32 {
			return "has more than 32 parts"
		}
		one := c
		one.many = false
		for _, part := range parts {
			if why := one.refuses(part); why != "" {
				return why
			}
		}
		return ""
	}
	switch c.kind {
	case "integer":
		return c.refusesNumber(value)
	case "word":
		if !slices.Contains(c.words, value) {
			return "is none of " + strings.Join(c.words, ", ")
		}
	case "boolean":
		if value != "true" && value != "false" {
			return "is neither true nor false"
		}
	case "key":
		if _, err := dex.ParseKey(value); err != nil {
			return "is no address in base58"
		}
	case "name":
		if !plainName.MatchString(value) {
			return "is no name: letters, digits, dashes and underscores"
		}
	default:
		if uint64(len(value)) > c.highest || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return fmt.Sprintf("is no text of at most %d bytes", c.highest)
		}
	}
	return ""
}

func (c check) refusesNumber(value string) string {
	n, err := strconv.ParseUint(value, 10, 64)
	switch {
	case err != nil:
		return "is no whole number"
	case n < c.lowest:
		return fmt.Sprintf("is less than %d", c.lowest)
	case c.highest > 0 && n > c.highest:
		return fmt.Sprintf("is more than %d", c.highest)
	}
	return ""
}
