package admin

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// Another user's folder cannot be looked into: that there is no daemon would be a guess.
func TestWhyNobodyIsHeard(t *testing.T) {
	for want, err := range map[string]error{
		"is another user's": &fs.PathError{Op: "stat", Path: "/d/weir.sock", Err: os.ErrPermission},
		"no daemon runs":    &fs.PathError{Op: "stat", Path: "/d/weir.sock", Err: os.ErrNotExist},
	} {
		if got := unheard("/d", "/d/weir.sock", err); !strings.Contains(got.Error(), want) || want == "is another user's" && !errors.Is(got, os.ErrPermission) {
			t.Errorf("%v: %v, want %q", err, got, want)
		}
	}
}
