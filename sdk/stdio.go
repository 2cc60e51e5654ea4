package sdk

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/weir-run/weir/sdk/wire"
)

// stdio holds what a monitor's standard streams were when the host started it, and who its parent was. Afterwards
// everything that anyone in the process prints, C code and child processes included, goes to standard error, which the host
// reads as log.
type stdio struct {
	handshake *os.File // the host reads one line from it
	logs      *os.File
	parent    int // process id; read later, it could be that of whoever inherits orphans
}

// launched is set before any init function of a package that imports this one: what those print must not come before the
// handshake. In a program that no host started, tests above all, it is nil and nothing is touched.
var launched = captureStdio()

func captureStdio() *stdio {
	if os.Getenv(wire.CookieKey) != wire.CookieValue {
		return nil
	}
	parent := os.Getppid()
	s, err := redirectStdout()
	if err != nil {
		fmt.Fprintf(os.Stderr, "redirect standard output: %v\n", err)
		os.Exit(1)
	}
	s.parent = parent
	return s
}

// logLevel reads WEIR_LOG_LEVEL; anything unknown is info.
func logLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(strings.ToUpper(os.Getenv(wire.LogLevelEnv)))); err != nil {
		return slog.LevelInfo
	}
	return level
}

// newLog makes the logger of a monitor; instance names come from the host.
func newLog(out io.Writer) *slog.Logger { return slog.New(newLineHandler(out, logLevel())) }
