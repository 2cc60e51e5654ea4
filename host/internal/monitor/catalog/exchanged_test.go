package catalog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

// A program that is not the one of its manifest is refused before it runs: whoever exchanged it would have got what they wanted.
func TestExchangedProgramIsNotRun(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "mark")
	write(t, filepath.Join(dir, "p", "weir-whales"), "#!/bin/sh\necho it ran > "+mark+"\n")
	write(t, filepath.Join(dir, "p", catalog.ManifestFile), fmt.Sprintf(
		"schema: 1\nname: whales\nversion: 0.1.0\nkind: monitor\nbinaries:\n  - {os: any, arch: any, path: weir-whales, sha256: %064d}\n", 7))
	_, err := catalog.Install(t.Context(), filepath.Join(dir, "plugins"), filepath.Join(dir, "p"))
	if err == nil || !strings.Contains(err.Error(), "damaged or exchanged") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("it was run")
	}
}
