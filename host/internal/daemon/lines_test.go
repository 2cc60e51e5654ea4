package daemon

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestLinesKeepTheNewest(t *testing.T) {
	l := newLines()
	_, _, _, more := l.after(0)
	for i := range 5 * linesKept {
		fmt.Fprintf(l, "line %d\n", i)
	}
	select {
	case <-more:
	default:
		t.Error("who waits is not told")
	}
	out, lost, total, _ := l.after(0)
	if len(out) != linesKept || lost != 4*linesKept || total != 5*linesKept || out[0] != "line 4000" || out[linesKept-1] != "line 4999" {
		t.Errorf("%d lines from %q, %d lost of %d", len(out), out[0], lost, total)
	}
	if out, lost, _, _ := l.after(total - 2); len(out) != 2 || lost != 0 || out[1] != "line 4999" {
		t.Errorf("the last two are %q, %d lost", out, lost)
	}
	if out, lost, _, _ := l.after(total); len(out) != 0 || lost != 0 {
		t.Errorf("after the last there is %q, %d lost", out, lost)
	}
}

// A daemon that logs only warnings still keeps what a plugin says at info; groups and attributes are the same in both.
func TestLogIsKeptBelowTheDaemonsLevel(t *testing.T) {
	var said bytes.Buffer
	l := newLines()
	logger := keeping(slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn})), l).With("instance", "mine").WithGroup("plugin")
	logger.Debug("nothing", "a", 1)
	logger.Info("quiet", "a", 1)
	logger.Warn("loud", "a", 2)
	if text := said.String(); strings.Contains(text, "quiet") || !strings.Contains(text, "msg=loud instance=mine plugin.a=2") {
		t.Errorf("the daemon says %s", text)
	}
	out, _, _, _ := l.after(0)
	if len(out) != 2 || !strings.Contains(out[0], "msg=quiet instance=mine plugin.a=1") || !strings.Contains(out[1], "msg=loud") {
		t.Errorf("kept is %q", out)
	}
}
