package daemon

import (
	"os"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/monitor"
)

// Between two processes of a plugin, as after a rollback, there is no program to keep: it is not gone.
func TestAnUpgradeOfAPluginThatStartsIsToWait(t *testing.T) {
	for state, want := range map[monitor.State]string{
		monitor.Starting: "plugin trading is starting: try again when it is live",
		monitor.Live:     "is gone, so that nothing could be rolled back to: restart weir",
	} {
		st := monitor.Status{Instance: "trading", State: state, PID: os.Getpid(), Digest: "of another program"}
		if _, err := new(Daemon).copyRunning(t.Context(), st, "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", state, err, want)
		}
	}
}
