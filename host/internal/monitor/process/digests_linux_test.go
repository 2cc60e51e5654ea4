package process

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestDigestIsKnownUntilTheFileChanges: a program is hashed again after whatever could have changed it.
func TestDigestIsKnownUntilTheFileChanges(t *testing.T) {
	path := write(t, "program", "#!/bin/sh\nexit 0\n", 0o755)
	d := &Digests{}
	digest := func() string {
		t.Helper()
		p, err := openProgram(path, d)
		if err != nil {
			t.Fatal(err)
		}
		closeAll(p.file)
		return p.digest
	}
	first := digest()
	if len(d.known) > 0 {
		t.Error("a file that was just written is known")
	}
	time.Sleep(quiet + 100*time.Millisecond)
	if digest() != first || len(d.known) != 1 {
		t.Fatalf("known is %v", d.known)
	}
	stand := d.known[path]
	stand.digest = "known"
	for name, change := range map[string]func() error{
		"written in place, its time set back": func() error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
				return err
			}
			return os.Chtimes(path, info.ModTime(), info.ModTime())
		},
		"another in its place": func() error {
			return os.Rename(write(t, "other", "#!/bin/sh\nexit 2\n", 0o755), path)
		},
		"linked elsewhere": func() error { return os.Link(path, filepath.Join(t.TempDir(), "link")) },
	} {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		stand.file, _ = identify(file)
		closeAll(file)
		d.known[path] = stand
		if got := digest(); got != "known" {
			t.Fatalf("a known file was hashed: %s", got)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if got := digest(); got == "known" {
			t.Errorf("%s: it was not hashed", name)
		}
	}
}
