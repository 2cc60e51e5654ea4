package e2e_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCheckpointExportImport takes the state of a running plugin out and puts it in again later: it goes on from there, and what it gives
// again does not come twice. What does not fit is refused, and the plugin runs on.
func TestCheckpointExportImport(t *testing.T) {
	program := pulse(t, "1.0.0")
	c := serve(t, seedOf(t), 400) // 20 s, so that it still goes on when the first state is out
	file, data := configure(t, c.url)
	t.Chdir(t.TempDir())
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "the monitors are live", func() bool { return pluginStates(t, data)["trading"].State == "live" })
	must := func(want string, args ...string) {
		t.Helper()
		if code, out, stderr := run(t, append(args, "--config", file)...); code != 0 || !strings.Contains(out, want) {
			t.Fatalf("weir %s: exit code %d: %s%s", strings.Join(args, " "), code, out, stderr)
		}
	}
	refused := func(want string, args ...string) {
		t.Helper()
		if code, out, stderr := run(t, append(args, "--config", file)...); code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("weir %s: exit code %d: %s%s; want an error with %q", strings.Join(args, " "), code, out, stderr, want)
		}
	}
	must("daemon  has it: live", "plugin", "install", program)
	eventually(t, 20*time.Second, "a checkpoint of pulses", func() bool {
		code, _, _ := run(t, "plugin", "checkpoint", "export", "pulse", "--config", file, "-o", "early")
		return code == 0
	})
	must("wrote trading.checkpoint", "plugin", "checkpoint", "export", "trading", "-o", "trading.checkpoint")
	early := len(pulses(t, data))
	eventually(t, 20*time.Second, "more pulses", func() bool { return len(pulses(t, data)) > early+100 })

	must("pulse goes on after record", "plugin", "checkpoint", "import", "pulse", "early")
	eventually(t, 20*time.Second, "it is live again", func() bool {
		s := pluginStates(t, data)["pulse"]
		return s.State == "live" && s.Starts == "2"
	})
	text, err := os.ReadFile("early")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	future := regexp.MustCompile(`"number":\s*"\d+"`).ReplaceAllString(string(text), `"number":"99999999"`)
	refused("it is of another journal", "plugin", "checkpoint", "import", "pulse", write("future", future))
	refused(`is of the monitor "trading"`, "plugin", "checkpoint", "import", "pulse", "trading.checkpoint")
	refused("is damaged", "plugin", "checkpoint", "import", "pulse", write("damaged", string(text)+"x"))
	refused("is not a file of weir plugin checkpoint export", "plugin", "checkpoint", "import", "pulse", file)
	refused("no plugin is named", "plugin", "checkpoint", "export", "nobody")

	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	eventually(t, 20*time.Second, "all have done all", func() bool {
		states := pluginStates(t, data)
		return states["pulse"].Lag == "0" && states["pulse"].Through == states["trading"].Through
	})
	came := pulses(t, data)
	for i, text := range came {
		if text != strconv.Itoa(i+1) {
			t.Fatalf("pulse no. %d is %s: a trade was lost or came twice", i+1, text)
		}
	}
	if s := pluginStates(t, data)["pulse"]; s.Starts != "2" || s.Suppressed == "0" {
		t.Errorf("it was started %s times and gave %s outputs again", s.Starts, s.Suppressed)
	}
	must("msg=\"plugin is live\"", "plugin", "logs", "pulse")
	_, out, _ := run(t, "plugin", "logs", "pulse", "-n", "3", "--config", file)
	if lines := strings.Count(out, "\n"); lines != 3 {
		t.Errorf("the last 3 lines of the log are %d:\n%s", lines, out)
	}
	follow := start(t, "plugin", "logs", "pulse", "-f", "-n", "1", "--config", file)
	must("removed pulse", "plugin", "remove", "pulse")
	eventually(t, 10*time.Second, "the log goes on", func() bool { return strings.Contains(follow.out.String(), `msg="plugin is stopped"`) })
	if code := follow.interrupt(t, 5*time.Second); code != 0 {
		t.Errorf("following the log ends with exit code %d", code)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}
