package monitor

import (
	"testing"
	"unicode/utf8"
)

// What a plugin says when it refuses its configuration, for example, must not make the status of the whole host impossible to encode.
func TestDetailOfACrashIsText(t *testing.T) {
	if c := crashf(CauseConfig, "it refused its configuration: %s", "no \xff"); !utf8.ValidString(c.Error()) {
		t.Errorf("%q", c.Error())
	}
}
