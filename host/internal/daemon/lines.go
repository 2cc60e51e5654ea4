package daemon

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
)

// linesKept is how many lines of each plugin can be asked for.
const linesKept = 1000

// lines keeps the newest lines of a log. Safe for concurrent use.
type lines struct {
	mu    sync.Mutex
	kept  []string      // the newest last
	total uint64        // lines ever
	more  chan struct{} // closed at the next line
}

func newLines() *lines { return &lines{more: make(chan struct{})} }

// Write implements io.Writer for a slog handler, which gives one whole line a call.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) >= 2*linesKept {
		l.kept = slices.Delete(l.kept, 0, len(l.kept)-linesKept)
	}
	l.kept = append(l.kept, string(bytes.TrimSuffix(p, []byte("\n"))))
	l.total++
	close(l.more)
	l.more = make(chan struct{})
	return len(p), nil
}

// after returns the lines that follow the first so many, how many of those are lost, how many there are now, and what ends the wait for
// more.
func (l *lines) after(seen uint64) (out []string, lost, total uint64, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	have := uint64(min(len(l.kept), linesKept))
	want := l.total - min(l.total, seen)
	if want > have {
		lost, want = want-have, have
	}
	return slices.Clone(l.kept[len(l.kept)-int(want):]), lost, l.total, l.more
}

// both is a slog handler that writes to the daemon's log and keeps a plugin's lines. These are kept from info on whatever the daemon's
// level is.
type both struct{ log, kept slog.Handler }

// keeping returns a log that also goes to lines.
func keeping(logger *slog.Logger, l *lines) *slog.Logger {
	return slog.New(both{logger.Handler(), slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})})
}

// Enabled implements slog.Handler.
func (b both) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || b.log.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (b both) Handle(ctx context.Context, r slog.Record) error {
	_ = b.kept.Handle(ctx, r.Clone()) // into memory
	if b.log.Enabled(ctx, r.Level) {
		return b.log.Handle(ctx, r)
	}
	return nil
}

// WithAttrs implements slog.Handler.
func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b.log.WithAttrs(attrs), b.kept.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (b both) WithGroup(name string) slog.Handler {
	return both{b.log.WithGroup(name), b.kept.WithGroup(name)}
}
