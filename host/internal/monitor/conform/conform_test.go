package conform_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/host/internal/monitor/conform"
	"github.com/weir-run/weir/sdk/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func build(t *testing.T, pkg string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plugin")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return path
}

func TestGoodPluginPasses(t *testing.T) {
	results, err := conform.Run(t.Context(), conform.Config{Path: build(t, "github.com/weir-run/weir/sdk/examples/whales")})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		t.Logf("%-11s %v %s%s%s", r.Check, r.Took, r.Failed, r.Skipped, r.Note)
		if r.Failed != "" || r.Skipped != "" {
			t.Errorf("%s: failed %q, skipped %q", r.Check, r.Failed, r.Skipped)
		}
	}
	if len(results) != 20 {
		t.Errorf("%d checks", len(results))
	}
}

// TestFaultsAreFound runs a plugin with one fault at a time: the check that is there for it must fail, not another before it.
func TestFaultsAreFound(t *testing.T) {
	path := build(t, "./testdata/faulty")
	for fault, check := range map[string]string{
		"clock": "batches", "forgets": "checkpoint", "panic": "records", "exit": "start",
	} {
		t.Run(fault, func(t *testing.T) {
			results, err := conform.Run(t.Context(), conform.Config{Path: wrap(t, path, fault)})
			if err != nil {
				t.Fatal(err)
			}
			if conform.Passed(results) {
				t.Fatal("passed")
			}
			for _, r := range results {
				if r.Failed != "" {
					t.Logf("%s: %s", r.Check, r.Failed)
					if r.Check != check {
						t.Errorf("failed at %s, want %s", r.Check, check)
					}
					return
				}
			}
		})
	}
}

// TestFaultsAreFoundByTheirCheck runs, for faults that show late, only the check that is there for them.
func TestFaultsAreFoundByTheirCheck(t *testing.T) {
	path := build(t, "./testdata/faulty")
	for fault, c := range map[string]struct{ check, want string }{
		"child":  {"children", "it left sleep"},
		"orphan": {"host death", "it left sleep"},
		"newest": {"older", "undisturbed it was"},
	} {
		t.Run(fault, func(t *testing.T) {
			results, err := conform.Run(t.Context(), conform.Config{Path: wrap(t, path, fault), Only: []string{c.check}})
			if err != nil {
				t.Fatal(err)
			}
			last := results[len(results)-1]
			if last.Check != c.check || !strings.Contains(last.Failed, c.want) || len(results) != 5 {
				t.Errorf("%d results, the last is %+v; want that %s fails with %q", len(results), last, c.check, c.want)
			}
		})
	}
	if _, err := conform.Run(t.Context(), conform.Config{Path: path, Only: []string{"colour"}}); err == nil || !strings.Contains(err.Error(), `there is no check "colour": they are start, `) {
		t.Errorf("a check that does not exist gives %v", err)
	}
}

// TestWedgedWorker: a plugin whose work loop is stuck fails, and so does the Health of one that says it is well all the same.
func TestWedgedWorker(t *testing.T) {
	honest := wrap(t, build(t, "./testdata/faulty"), "hang")
	lying := filepath.Join(t.TempDir(), "lying.sh")
	text := "#!/bin/sh\nLIES=1 DIALECTS=1 exec env -u " + wire.CookieKey + " " + build(t, "./testdata/dialect") + "\n"
	if err := os.WriteFile(lying, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{honest: "Health says the handler has been at record", lying: "Health says that all is well: it must be answered by the loop"} {
		results, err := conform.Run(t.Context(), conform.Config{Path: path, Only: []string{"records"}, Patience: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if last := results[len(results)-1]; last.Check != "records" || !strings.Contains(last.Failed, "no answer within 3s") || !strings.Contains(last.Failed, want) {
			t.Errorf("%s: %s", last.Check, last.Failed)
		}
	}
}

// TestCheckpointOfAnEarlierVersion: the state that a caller hands over is restored, or refused by its version.
func TestCheckpointOfAnEarlierVersion(t *testing.T) {
	path := build(t, "./testdata/faulty")
	for name, c := range map[string]struct {
		version uint32
		state   string
		want    string
	}{
		"read":      {version: 1, state: "17"},
		"no state":  {version: 1, state: "nonsense", want: "restore the checkpoint of version 1"},
		"too young": {version: 2, state: "17", want: "it reads 1 to 1"},
	} {
		results, err := conform.Run(t.Context(), conform.Config{
			Path: wrap(t, path, "none"), Only: []string{"older"}, Checkpoint: &conform.Checkpoint{Version: c.version, State: []byte(c.state)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if last := results[len(results)-1]; (c.want == "") != (last.Failed == "") || !strings.Contains(last.Failed, c.want) {
			t.Errorf("%s: %+v; want a failure with %q", name, last, c.want)
		}
	}
}

// wrap makes a program that runs the faulty one with its fault.
func wrap(t *testing.T, path, fault string) string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "faulty.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nFAULT="+fault+" exec "+path+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return script
}
