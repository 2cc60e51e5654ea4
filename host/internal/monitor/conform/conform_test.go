package conform_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/host/internal/monitor/conform"
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
	if len(results) != 15 {
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

// wrap makes a program that runs the faulty one with its fault.
func wrap(t *testing.T, path, fault string) string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "faulty.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nFAULT="+fault+" exec "+path+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return script
}
