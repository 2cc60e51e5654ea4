package monitor

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What a plugin says when it refuses its configuration, for example, must not make the status of the whole host impossible to encode.
func TestDetailOfACrashIsText(t *testing.T) {
	if c := crashf(CauseConfig, "it refused its configuration: %s", "no \xff"); !utf8.ValidString(c.Error()) {
		t.Errorf("%q", c.Error())
	}
}

// All of it is kept in memory, logged, shown by status and sent to alerts. A gRPC status or a frame may hold megabytes.
func TestDetailOfACrashIsShort(t *testing.T) {
	if c := crashf(CauseFatal, "record 1: %s", strings.Repeat("\u20ac", 1<<20)); len(c.Detail) > maxSaid+3 || !utf8.ValidString(c.Detail) {
		t.Errorf("%d bytes", len(c.Detail))
	}
	if got := shorten("short"); got != "short" {
		t.Errorf("%q", got)
	}
}
