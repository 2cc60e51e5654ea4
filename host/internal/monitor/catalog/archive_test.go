package catalog_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

// folder lays a plugin with files beside its program out, in another place and at another time with each call.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "bin", "it"), string(program))
	for _, name := range []string{"data/b/two.txt", "data/a/one.txt", "data/run.sh", "not/listed.txt"} {
		path := write(t, filepath.Join(dir, name), "content of "+name)
		if !strings.HasSuffix(name, ".sh") {
			if err := os.Chmod(path, 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink("a/one.txt", filepath.Join(dir, "data", "link.txt")); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "data", "run.sh"), old, old); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, catalog.ManifestFile), "schema: 1\nname: whales\nbinaries:\n  - {os: "+runtime.GOOS+", arch: "+runtime.GOARCH+", path: bin/it}\nfiles: [data]\n")
	return dir
}

func pack(t *testing.T, source string) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := catalog.Pack(t.Context(), &out, source); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPackIsReproducibleAndInstalls(t *testing.T) {
	first := pack(t, folder(t))
	if again := pack(t, folder(t)); !bytes.Equal(first, again) {
		t.Error("the same content gave other bytes")
	}
	archive := write(t, filepath.Join(t.TempDir(), "whales.weir.tar.gz"), string(first))
	if again := pack(t, archive); !bytes.Equal(first, again) {
		t.Error("a packed plugin, packed again, gave other bytes")
	}
	if m, err := catalog.Check(archive); err != nil || m.Name != "whales" || m.Version == "" || m.FilesSHA256 == "" {
		t.Errorf("check says %+v, %v", m, err)
	}
	dir := t.TempDir()
	install(t, dir, archive)
	p, err := catalog.Find(dir, "whales")
	if err != nil || p.Problem != nil {
		t.Fatal(err, p.Problem)
	}
	home := filepath.Dir(filepath.Dir(p.Path))
	for name, want := range map[string]string{"data/a/one.txt": "content of data/a/one.txt", "data/link.txt": "content of data/a/one.txt", "data/b/two.txt": "content of data/b/two.txt"} {
		if text, err := os.ReadFile(filepath.Join(home, name)); err != nil || string(text) != want {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
	}
	if info, err := os.Stat(filepath.Join(home, "data/run.sh")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("a script that goes along may not be run: %v", err)
	}
	if _, err := os.Stat(filepath.Join(home, "not")); !os.IsNotExist(err) {
		t.Errorf("a file went along that is not listed: %v", err)
	}

	for name, change := range map[string]func() error{
		"changed": func() error { return os.WriteFile(filepath.Join(home, "data/a/one.txt"), []byte("other"), 0o600) },
		"added":   func() error { return os.WriteFile(filepath.Join(home, "data/a/three.txt"), nil, 0o600) },
		"removed": func() error { return os.Remove(filepath.Join(home, "data/b/two.txt")) },
	} {
		install(t, dir, archive)
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if p, err := catalog.Find(dir, "whales"); err != nil || p.Problem == nil || !strings.Contains(p.Problem.Error(), "are not those that were installed") {
			t.Errorf("%s: %v, %v", name, err, p.Problem)
		}
	}
	install(t, dir, archive)
	if p, err := catalog.Find(dir, "whales"); err != nil || p.Problem != nil {
		t.Errorf("installed again: %v, %v", err, p.Problem)
	}
}

// entry is a file of an archive that nobody should trust.
type entry struct {
	name, text, link string
	typ              byte
}

func archive(t *testing.T, entries ...entry) string {
	t.Helper()
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	w := tar.NewWriter(packed)
	for _, e := range entries {
		if e.typ == 0 {
			e.typ = tar.TypeReg
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: e.typ, Name: e.name, Linkname: e.link, Mode: 0o755, Size: int64(len(e.text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "x.weir.tar.gz"), out.String())
}

func TestHostileArchivesAreRefused(t *testing.T) {
	manifest := "schema: 1\nname: whales\nbinaries:\n  - {os: " + runtime.GOOS + ", arch: " + runtime.GOARCH + ", path: it%}\n"
	good := entry{name: catalog.ManifestFile, text: strings.Replace(manifest, "%", "", 1)}
	for name, c := range map[string]struct {
		path, err string
	}{
		"no manifest":       {archive(t, entry{name: "it", text: "x"}), "it is not a packed plugin"},
		"leaves the dir":    {archive(t, entry{name: "../evil", text: "x"}, good), "not a plain file in its folder"},
		"absolute":          {archive(t, entry{name: "/tmp/evil", text: "x"}, good), "not a plain file in its folder"},
		"a link":            {archive(t, entry{name: "it", typ: tar.TypeSymlink, link: "/bin/sh"}, good), "not a plain file in its folder"},
		"twice the same":    {archive(t, good, good), "file exists"},
		"another program":   {archive(t, entry{name: catalog.ManifestFile, text: strings.Replace(manifest, "%", ", sha256: 00ff", 1)}, entry{name: "it", text: string(program)}), "damaged or exchanged"},
		"cut":               {write(t, filepath.Join(t.TempDir(), "cut"), string(pack(t, folder(t))[:5000])), "it is cut off or damaged: fetch it again"},
		"no archive at all": {write(t, filepath.Join(t.TempDir(), "no"), "\x1f\x8bhello"), "it is cut off or damaged: fetch it again"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "plugins")
			if _, err := catalog.Install(t.Context(), dir, c.path); err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v; want an error with %q", err, c.err)
			}
			if all, err := catalog.List(dir); err != nil || len(all) != 0 {
				t.Errorf("something was installed: %v, %v", all, err)
			}
		})
	}
	if rest, _ := filepath.Glob(filepath.Join(os.TempDir(), "weir-unpack-*")); len(rest) > 0 {
		t.Errorf("%v is left", rest)
	}
}
