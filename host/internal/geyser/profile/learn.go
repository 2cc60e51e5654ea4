package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/weir-run/weir/host/internal/geyser"
)

// lesson is what a text teaches. groups are what its expression captured.
type lesson struct {
	text  *regexp.Regexp
	teach func(p *Profile, captured []string, use Use) string
}

// lessons are the texts of Yellowstone, of Richat and of providers, from the facts on Yellowstone 1.1, 1.3, 1.5, 1.6 and 4. All that
// fit are applied.
var lessons = []lesson{
	{regexp.MustCompile(`(?i)max amount of filters\S* reached, only (\d+) allowed`), func(p *Profile, c []string, _ Use) string {
		return number(&p.FiltersPerKind, c[1], "filters of one kind in a stream")
	}},
	{regexp.MustCompile(`(?i)max amount of pubkeys reached, only (\d+) allowed`), func(p *Profile, c []string, _ Use) string {
		return number(&p.KeysPerFilter, c[1], "addresses in a list of a filter")
	}},
	{regexp.MustCompile(`(?i)oversized filter name \(max allowed size (\d+)\)`), func(p *Profile, c []string, _ Use) string {
		return number(&p.NameBytes, c[1], "bytes in the name of a filter")
	}},
	{regexp.MustCompile("(?i)subscribe on full stream with `?any`? is not allowed"), func(p *Profile, _ []string, _ Use) string {
		return answer(&p.EveryTransaction, No, "filters without an address are refused")
	}},
	{regexp.MustCompile(`(?i)pubkey ([1-9A-HJ-NP-Za-km-z]{32,44}) in filters is not allowed`), func(p *Profile, c []string, _ Use) string {
		if slices.Contains(p.RefusedKeys, c[1]) {
			return ""
		}
		p.RefusedKeys = append(slices.Clone(p.RefusedKeys), c[1])
		return "address " + c[1] + " is refused in filters"
	}},
	{regexp.MustCompile(`(?i)from_slot is not supported`), func(p *Profile, _ []string, _ Use) string {
		p.ReplaySlots = 0
		return answer(&p.Replay, No, "nothing is replayed")
	}},
	{regexp.MustCompile(`(?i)failed to get replay response|replay from \d+ is not available`), func(p *Profile, _ []string, _ Use) string {
		return p.speaks(Yellowstone)
	}},
	{regexp.MustCompile(`(?i)is not available, last available: (\d+)`), replayWindow},
	{regexp.MustCompile("(?i)failed to get replay position|blocks are not possible to replay"), func(p *Profile, _ []string, _ Use) string {
		return p.speaks(Richat)
	}},
	{regexp.MustCompile("(?i)from_slot`? available only for `?processed"), func(p *Profile, _ []string, _ Use) string {
		said := p.speaks(Richat)
		if p.ReplayProcessedOnly {
			return said
		}
		p.ReplayProcessedOnly = true
		return "slots are replayed at commitment processed only"
	}},
	{regexp.MustCompile(`(?i)maximum connection count reached|max subscription limit exceeded`), streams},
	{regexp.MustCompile(`(?i)max subscriptions|rate limit exceeded`), opens},
}

// Learn returns the profile with what a refusal taught, and that in words; the text is empty when it taught nothing new. err is the
// error of an open or of a stream, whatever it wraps. What follows from Use and not from the text, limits of streams and of opens, may
// be the doing of another process that shares the token, or of streams that the server has not yet seen end: it is true for now.
func (p Profile) Learn(err error, use Use) (learned Profile, what string) {
	if err == nil {
		return p, ""
	}
	text := err.Error()
	if end, ok := errors.AsType[*geyser.Error](err); ok {
		text = end.Unwrap().Error() // not our own names and remedies
	}
	for _, l := range lessons {
		captured := l.text.FindStringSubmatch(text)
		if captured == nil {
			continue
		}
		if said := l.teach(&p, captured, use); said != "" {
			what = said
		}
	}
	return p, what
}

// number takes a limit that the server named. It knows better than any profile, also when it allows more. A limit of 0 switches
// something off; that is no number to keep to.
func number(field *int, text, of string) string {
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 || n == *field {
		return ""
	}
	*field = n
	return fmt.Sprintf("%d %s are allowed", n, of)
}

func answer(field *Answer, a Answer, said string) string {
	if *field == a {
		return ""
	}
	*field = a
	return said
}

func (p *Profile) speaks(d Dialect) string {
	said := answer(&p.Replay, Yes, "slots are replayed")
	if p.Dialect == d {
		return said
	}
	p.Dialect = d
	return fmt.Sprintf("its refusals are those of %s", d)
}

// replayWindow learns how far back replay reaches. 2^64-1 is what a store says that holds nothing.
func replayWindow(p *Profile, captured []string, use Use) string {
	said := p.speaks(Yellowstone)
	oldest, err := strconv.ParseUint(captured[1], 10, 64)
	if err != nil || use.Head <= oldest || use.Head-oldest == p.ReplaySlots {
		return said
	}
	p.ReplaySlots = use.Head - oldest
	return fmt.Sprintf("%d slots are replayed", p.ReplaySlots)
}

// streams learns the cap of open streams, when some of them are ours.
func streams(p *Profile, _ []string, use Use) string {
	if use.Streams <= 0 || p.Streams > 0 && p.Streams <= use.Streams {
		return ""
	}
	p.Streams = use.Streams
	return fmt.Sprintf("%d streams may be open", p.Streams)
}

// opens learns the cap of opens in a window. When we made less than half of what is known to be allowed, somebody else makes the rest,
// and what we counted is no limit.
func opens(p *Profile, _ []string, use Use) string {
	accepted := use.Opens - 1
	if accepted <= 0 || p.Opens > 0 && (accepted >= p.Opens || accepted < p.Opens/2) {
		return ""
	}
	p.Opens = accepted
	if p.Window == 0 {
		p.Window = use.Window
	}
	return fmt.Sprintf("%d opens within %s are allowed", p.Opens, p.Window)
}
