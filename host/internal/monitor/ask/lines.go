package ask

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Limits of log lines: the same as for standard error.
const (
	maxLine       = 4 << 10
	maxAttributes = 32
	linesPerSec   = 200
	lineBurst     = 1000
)

// lines takes a plugin's log lines at a bounded rate.
type lines struct {
	log *slog.Logger

	mu      sync.Mutex // guards all below
	spent   float64
	last    time.Time
	dropped uint64 // since the last line that was logged
}

var levels = map[pluginv1.LogLevel]slog.Level{
	pluginv1.LogLevel_LOG_LEVEL_DEBUG: slog.LevelDebug, pluginv1.LogLevel_LOG_LEVEL_WARN: slog.LevelWarn, pluginv1.LogLevel_LOG_LEVEL_ERROR: slog.LevelError,
}

func (l *lines) take(ctx context.Context, in *pluginv1.LogRequest) {
	level := levels[in.GetLevel()] // info is zero
	if !l.log.Enabled(ctx, level) {
		return
	}
	dropped, ok := l.allow(time.Now())
	if !ok {
		return
	}
	if dropped > 0 {
		l.log.Warn("plugin logs too much; lines were dropped", "lines", dropped)
	}
	room := maxLine
	message := cut(in.GetMessage(), &room)
	var attrs []slog.Attr
	for _, key := range slices.Sorted(maps.Keys(in.GetAttributes())) {
		if len(attrs) == maxAttributes || room <= 0 {
			break
		}
		name := cut(key, &room)
		attrs = append(attrs, slog.String(name, cut(in.GetAttributes()[key], &room)))
	}
	l.log.LogAttrs(ctx, level, message, attrs...)
}

// allow takes a line's place, and returns how many found none since the last that did.
func (l *lines) allow(now time.Time) (dropped uint64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.last.IsZero() {
		l.spent = max(0, l.spent-now.Sub(l.last).Seconds()*linesPerSec)
	}
	l.last = now
	if l.spent+1 > lineBurst {
		l.dropped++
		return 0, false
	}
	l.spent++
	dropped, l.dropped = l.dropped, 0
	return dropped, true
}

// cut takes text out of the room there is, without control characters, which could pose as another line.
func cut(s string, room *int) string {
	if len(s) > *room {
		s = s[:*room]
	}
	*room -= len(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
