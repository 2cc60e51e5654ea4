package sdk

import (
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/weir-run/weir/sdk/wire"
)

// orphanPoll is how often the parent is looked at. A monitor must be gone well before a host that was started again wants
// its instance back.
const orphanPoll = 250 * time.Millisecond

// exitOrphaned is the exit code of a monitor whose host is gone.
const exitOrphaned = 3

// watchHost ends the process when its host dies: the host may have been killed without a chance to stop us, and the death
// signal that it asks the kernel for is lost where a launcher stands in between. parent is the process id of who started us,
// as it was before anything here took time.
func watchHost(logger *slog.Logger, parent int, exit func(code int)) {
	gone := func(sign string) {
		logger.Warn("the host is gone", "sign", sign)
		exit(exitOrphaned)
	}
	if os.Getenv(wire.LivenessEnv) == "stdin" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // an error is an end as good as any
			gone("standard input ended")
		}()
	}
	go func() {
		for os.Getppid() == parent {
			time.Sleep(orphanPoll)
		}
		gone("parent process ended")
	}()
}
