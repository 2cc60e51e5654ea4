package shell

import (
	"fmt"
	"io"
	"log/slog"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/config"
)

// Streams are what a command reads and writes; tests give their own.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Logger makes the daemon's logger. A level that the configuration would refuse is info.
func Logger(w io.Writer, cfg config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// DaemonError says in words what a failed call to the daemon means.
func DaemonError(dir string, err error) error {
	if status.Code(err) == codes.Unavailable {
		return fmt.Errorf("the daemon of data folder %s does not answer: it stopped or is stopping; start it with `weir run`", dir)
	}
	return fmt.Errorf("ask the daemon: %s", status.Convert(err).Message())
}
