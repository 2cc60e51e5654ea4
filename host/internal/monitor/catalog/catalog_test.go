package catalog_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

// program is a small plugin, built once: versions of it are made by text behind its end, which changes the digest and nothing else.
var program []byte

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "weir-catalog-")
	if err != nil {
		panic(err)
	}
	path := filepath.Join(dir, "whales")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/weir-run/weir/sdk/examples/whales").CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build: %v\n%s", err, out))
	}
	if program, err = os.ReadFile(path); err != nil {
		panic(err)
	}
	_ = os.RemoveAll(dir)
	goleak.VerifyTestMain(m)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return path
}

// version makes a program with a digest of its own.
func version(t *testing.T, tail string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "weir-whales"), string(program)+tail)
}

func install(t *testing.T, dir, source string) *catalog.Manifest {
	t.Helper()
	m, err := catalog.Install(t.Context(), dir, source)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestInstallListRemove(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plugins")
	if all, err := catalog.List(dir); err != nil || len(all) != 0 {
		t.Fatalf("a folder that does not exist has %v, %v", all, err)
	}
	m := install(t, dir, version(t, "one"))
	if m.Name != "whales" || m.Version == "" || m.Determinism != "strict" || len(m.Outputs) == 0 {
		t.Errorf("the manifest says %+v", m)
	}
	first, err := catalog.Find(dir, "whales")
	if err != nil || first.Problem != nil {
		t.Fatal(err, first.Problem)
	}
	if text, err := os.ReadFile(first.Path); err != nil || string(text) != string(program)+"one" {
		t.Errorf("the installed program is another one: %v", err)
	}

	install(t, dir, version(t, "two"))
	second, err := catalog.Find(dir, "whales")
	if err != nil || second.Path == first.Path || second.Digest == first.Digest {
		t.Fatalf("the second version lies at %s, %v; the first at %s", second.Path, err, first.Path)
	}
	if _, err := os.Stat(first.Path); err != nil {
		t.Errorf("the version before is gone, which a daemon may run: %v", err)
	}
	install(t, dir, version(t, "one"))
	if again, err := catalog.Find(dir, "whales"); err != nil || again.Path != first.Path {
		t.Errorf("the first version again lies at %s, %v", again.Path, err)
	}
	for i := range 4 {
		install(t, dir, version(t, fmt.Sprint("more", i)))
	}
	if left, err := os.ReadDir(filepath.Join(dir, "whales")); err != nil || len(left) != 3 {
		t.Errorf("%d versions are kept, %v; want 3", len(left), err)
	}

	if err := catalog.Remove(dir, "whales"); err != nil {
		t.Fatal(err)
	}
	if all, err := catalog.List(dir); err != nil || len(all) != 0 {
		t.Errorf("after the removal there is %v, %v", all, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "whales")); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
	if err := catalog.Remove(dir, "whales"); err == nil || !strings.Contains(err.Error(), "is not installed") {
		t.Errorf("a second removal gives %v", err)
	}
	if rest, _ := filepath.Glob(filepath.Join(dir, ".install-*")); len(rest) > 0 {
		t.Errorf("%v is left", rest)
	}
}

func TestInstallOfAFolder(t *testing.T) {
	here := "binaries:\n  - {os: " + runtime.GOOS + ", arch: " + runtime.GOARCH + ", path: bin/it%s}\n"
	for name, c := range map[string]struct{ manifest, err string }{
		"good":           {manifest: "schema: 1\nname: whales\n" + fmt.Sprintf(here, "") + "future: {key: kept}\n"},
		"wrong digest":   {manifest: "schema: 1\nname: whales\n" + fmt.Sprintf(here, ", sha256: abc"), err: "it was damaged or exchanged"},
		"another name":   {manifest: "schema: 1\nname: dolphins\n" + fmt.Sprintf(here, ""), err: `the manifest says "dolphins", but its program says that it is "whales"`},
		"other version":  {manifest: "schema: 1\nname: whales\nversion: 9.9.9\n" + fmt.Sprintf(here, ""), err: `says version "9.9.9"`},
		"other platform": {manifest: "schema: 1\nname: whales\nbinaries: [{os: plan9, arch: mips, path: bin/it}]\n", err: "only for plan9/mips"},
		"other schema":   {manifest: "schema: 2\nname: whales\n", err: "this host reads schema 1"},
		"a sink":         {manifest: "schema: 1\nname: whales\nkind: sink\n" + fmt.Sprintf(here, ""), err: "this host runs monitors"},
		"out of it":      {manifest: "schema: 1\nname: whales\nbinaries: [{os: linux, arch: amd64, path: ../it}]\n", err: "leaves the plugin's folder"},
		"no program":     {manifest: "schema: 1\nname: whales\n", err: "binaries is empty"},
		"a bad name":     {manifest: "schema: 1\nname: Whales/..\n" + fmt.Sprintf(here, ""), err: "use up to 32 lower case letters"},
		"not YAML":       {manifest: "schema: [1\n", err: "read manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			source, dir := t.TempDir(), t.TempDir()
			write(t, filepath.Join(source, "bin", "it"), string(program))
			write(t, filepath.Join(source, catalog.ManifestFile), c.manifest)
			m, err := catalog.Install(t.Context(), dir, source)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("got %v; want an error with %q", err, c.err)
				}
				if all, err := catalog.List(dir); err != nil || len(all) != 0 {
					t.Errorf("what was refused is listed: %v, %v", all, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p, err := catalog.Find(dir, m.Name)
			if err != nil || p.Problem != nil {
				t.Fatal(err, p.Problem)
			}
			text, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(p.Path)), catalog.ManifestFile))
			if err != nil || !strings.Contains(string(text), "future:") || !strings.Contains(string(text), p.Digest) {
				t.Errorf("the manifest that is kept is %s, %v; want the key that this host does not know, and the digest", text, err)
			}
		})
	}
}

// A lock is a file that anyone with the folder can write: nothing outside of the folder is run for it, and nothing that was changed.
func TestLockIsHeldAgainstTheProgram(t *testing.T) {
	dir := t.TempDir()
	install(t, dir, version(t, ""))
	good, err := os.ReadFile(filepath.Join(dir, catalog.LockFile))
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalog.Find(dir, "whales")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		from, to string
		err      string
	}{
		"digest":         {from: p.Digest, to: strings.Repeat("0", 64), err: "is not the program that was installed"},
		"path outside":   {from: "path: weir-whales", to: "path: ../../../weir-whales", err: "names a path outside"},
		"folder outside": {from: "folder: ", to: "folder: ../../", err: "names a path outside"},
		"name outside":   {from: "name: whales", to: "name: ../whales", err: "names a path outside"},
		"gone":           {from: "path: weir-whales", to: "path: weir-gone", err: "no such file"},
		"platform":       {from: "arch: " + runtime.GOARCH, to: "arch: z80", err: "has no program for"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(string(good), c.from, c.to, 1)
			if changed == string(good) {
				t.Fatalf("%q is not in the lock:\n%s", c.from, good)
			}
			write(t, filepath.Join(dir, catalog.LockFile), changed)
			all, err := catalog.List(dir)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			if all[0].Problem == nil || !strings.Contains(all[0].Problem.Error(), c.err) || all[0].Path != "" {
				t.Errorf("got %q with problem %v; want %q", all[0].Path, all[0].Problem, c.err)
			}
		})
	}
	write(t, filepath.Join(dir, catalog.LockFile), "plugins: {")
	if _, err := catalog.List(dir); err == nil || !strings.Contains(err.Error(), "install the plugins again") {
		t.Errorf("a lock that is no YAML gives %v", err)
	}
}

// A plugin that an earlier host installed lies in its folder itself, without one for its version.
func TestOldLayout(t *testing.T) {
	dir := t.TempDir()
	install(t, dir, version(t, ""))
	p, err := catalog.Find(dir, "whales")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(p.Path, filepath.Join(dir, "whales", "weir-whales")); err != nil {
		t.Fatal(err)
	}
	lock, err := os.ReadFile(filepath.Join(dir, catalog.LockFile))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, catalog.LockFile), regexp.MustCompile(`(?m)^ *folder: .*\n`).ReplaceAllString(string(lock), ""))
	if old, err := catalog.Find(dir, "whales"); err != nil || old.Problem != nil || old.Path != filepath.Join(dir, "whales", "weir-whales") {
		t.Errorf("it lies at %s, %v, %v", old.Path, old.Problem, err)
	}
}

func TestWhatIsNoPluginIsNotInstalled(t *testing.T) {
	for name, c := range map[string]struct{ text, err string }{
		"text":      {text: "hello", err: "is not a program"},
		"silent":    {text: "#!/bin/sh\nexit 3\n", err: "exited with code 3 before the handshake"},
		"talkative": {text: "#!/bin/sh\necho hello\nsleep 9\n", err: `printed "hello" instead of the handshake`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "plugins")
			_, err := catalog.Install(t.Context(), dir, write(t, filepath.Join(t.TempDir(), "it"), c.text))
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v; want an error with %q", err, c.err)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("the folder was made: %v", err)
			}
		})
	}
	if _, err := catalog.Install(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "gone")); err == nil {
		t.Error("a file that does not exist was installed")
	}
	if _, err := catalog.Install(t.Context(), t.TempDir(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "name the program itself") {
		t.Errorf("an empty folder: %v; want what to do instead", err)
	}
}
