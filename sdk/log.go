package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxLogLine is the most bytes of a log line with its newline. A line longer than a pipe's atomic write (4 KiB) could be torn
// by what another thread or child process writes.
const maxLogLine = 4000

// lineHandler writes a log record as one JSON object in one write. All values are strings: hosts have crashed on others.
type lineHandler struct {
	out    io.Writer
	lock   *sync.Mutex
	level  slog.Leveler
	attrs  []slog.Attr // with their groups in the key
	prefix string      // of open groups, with a trailing dot
}

func newLineHandler(out io.Writer, level slog.Leveler) *lineHandler {
	return &lineHandler{out: out, lock: &sync.Mutex{}, level: level}
}

// Enabled implements slog.Handler.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

// WithGroup implements slog.Handler.
func (h *lineHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	inner := *h
	inner.prefix += name + "."
	return &inner
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	inner := *h
	inner.attrs = append([]slog.Attr(nil), h.attrs...)
	for _, a := range attrs {
		inner.attrs = flatten(inner.attrs, h.prefix, a)
	}
	return &inner
}

// Handle implements slog.Handler.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := slices.Clip(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = flatten(attrs, h.prefix, a)
		return true
	})
	line := encodeLine(r, attrs)
	h.lock.Lock()
	defer h.lock.Unlock()
	_, err := h.out.Write(line)
	return err
}

// encodeLine keeps the message, and of the attributes as many as fit.
func encodeLine(r slog.Record, attrs []slog.Attr) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	writePair(&b, "time", r.Time.UTC().Format(time.RFC3339Nano))
	b.WriteByte(',')
	writePair(&b, "level", strings.ToLower(r.Level.String()))
	b.WriteByte(',')
	writePair(&b, "message", fit(r.Message, maxLogLine/2))
	const room = len(`,"truncated":"true"}`) + 1
	for _, a := range attrs {
		mark := b.Len()
		b.WriteByte(',')
		writePair(&b, a.Key, fit(a.Value.String(), maxLogLine/4))
		if b.Len() > maxLogLine-room {
			b.Truncate(mark)
			b.WriteString(`,"truncated":"true"`)
			break
		}
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// fit cuts a text so that its JSON form stays within n bytes: one byte can take six (\u0000).
func fit(s string, n int) string {
	s = cut(s, n)
	for {
		quoted, _ := json.Marshal(s) // strings always encode
		if len(quoted) <= n+2 {
			return s
		}
		s = cut(s, len(s)*n/(len(quoted)+1))
	}
}

func writePair(b *bytes.Buffer, key, value string) {
	for i, text := range []string{key, value} {
		if i == 1 {
			b.WriteByte(':')
		}
		quoted, _ := json.Marshal(text) // strings always encode
		b.Write(quoted)
	}
}

// flatten resolves an attribute into attributes with string values and dotted keys.
func flatten(into []slog.Attr, prefix string, a slog.Attr) []slog.Attr {
	value := a.Value.Resolve()
	if value.Kind() != slog.KindGroup {
		if a.Equal(slog.Attr{}) {
			return into
		}
		return append(into, slog.Attr{Key: fieldKey(prefix + a.Key), Value: value})
	}
	if a.Key != "" {
		prefix += a.Key + "."
	}
	for _, inner := range value.Group() {
		into = flatten(into, prefix, inner)
	}
	return into
}

// fieldKey keeps attributes from posing as the line's own fields.
func fieldKey(key string) string {
	switch key {
	case "time", "level", "message", "truncated":
		return key + "_"
	}
	return cut(key, 64)
}

// cut shortens a text to at most n bytes, at a character's start.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const mark = "..."
	end := max(0, n-len(mark))
	for end > 0 && s[end]&0xc0 == 0x80 {
		end--
	}
	return s[:end] + mark
}
