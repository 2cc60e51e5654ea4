package process

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
)

// logEntry is one line of a plugin's log, read.
type logEntry struct {
	level   slog.Level
	message string
	attrs   []slog.Attr
}

// parseLine reads a line in JSON, as hclog or slog write it, or plain text. Fields of any type are fine: whatever is not a
// string is shown as JSON, and a line that cannot be read is its own message.
func parseLine(line []byte, fallback slog.Level) logEntry {
	if line[0] == '{' {
		if entry, ok := parseJSON(line, fallback); ok {
			return entry
		}
	}
	text := strings.ToValidUTF8(string(line), "?")
	if name, rest, ok := strings.Cut(text, "]"); ok && strings.HasPrefix(name, "[") {
		if level, known := levelOf(name[1:]); known {
			return logEntry{level: level, message: strings.TrimSpace(rest)}
		}
	}
	return logEntry{level: fallback, message: text}
}

func parseJSON(line []byte, fallback slog.Level) (logEntry, bool) {
	fields := map[string]json.RawMessage{}
	decoder := json.NewDecoder(bytes.NewReader(line))
	if err := decoder.Decode(&fields); err != nil {
		return logEntry{}, false
	}
	entry := logEntry{level: fallback}
	for _, key := range []string{"@level", "level"} {
		if level, known := levelOf(plain(fields[key])); known {
			entry.level = level
			break
		}
	}
	for _, key := range []string{"@message", "msg", "message"} {
		if raw, ok := fields[key]; ok {
			entry.message = plain(raw)
			delete(fields, key)
			break
		}
	}
	for _, key := range []string{"@level", "level", "@timestamp", "time", "@module"} {
		delete(fields, key)
	}
	for key, raw := range fields {
		entry.attrs = append(entry.attrs, slog.String(key, plain(raw)))
	}
	slices.SortFunc(entry.attrs, func(a, b slog.Attr) int { return strings.Compare(a.Key, b.Key) })
	return entry, true
}

// plain is a JSON string's content, and any other value as it stands.
func plain(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func levelOf(name string) (slog.Level, bool) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "trace", "debug":
		return slog.LevelDebug, true
	case "info":
		return slog.LevelInfo, true
	case "warn", "warning":
		return slog.LevelWarn, true
	case "error", "err", "fatal":
		return slog.LevelError, true
	}
	return 0, false
}
