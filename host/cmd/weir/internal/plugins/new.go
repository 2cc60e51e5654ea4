package plugins

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"text/template"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
)

//go:embed all:template
var templates embed.FS

type newCommand struct {
	Name   string `arg:"" help:"Name of the monitor: lower case letters, digits and dashes."`
	Module string `placeholder:"PATH" help:"Go module path; default: example.com/weir-NAME."`
	SDK    string `name:"sdk" placeholder:"DIR" env:"WEIR_SDK" help:"Checkout of Weir to build against; default: the one that this weir was built from, if it is still there, else the released module."`
}

// Help is shown below the flags.
func (newCommand) Help() string {
	return "Makes a folder NAME with a monitor that builds and passes its tests as it is. Edit monitor.go.\n\n" +
		"Example:\n  weir plugin new whales\n  cd whales\n  make\n  weir plugin test bin/weir-whales"
}

var newName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// blank is what templates are filled with.
type blank struct {
	Name, Module, Identifier, Checkout, Requires, OS, Arch string
}

// Run writes the folder.
func (c newCommand) Run(std shell.Streams) error {
	if !newName.MatchString(c.Name) {
		return fmt.Errorf("%q is not a name: use up to 32 lower case letters, digits and dashes", c.Name)
	}
	if _, err := os.Lstat(c.Name); err == nil {
		return fmt.Errorf("%s exists already: choose another name, or remove it", c.Name)
	}
	checkout, err := findCheckout(c.SDK)
	if err != nil {
		return err
	}
	b := blank{Name: c.Name, Module: c.Module, Identifier: identifier(c.Name), Checkout: checkout, OS: runtime.GOOS, Arch: runtime.GOARCH}
	if b.Module == "" {
		b.Module = "example.com/weir-" + c.Name
	}
	var sums []byte
	if checkout != "" {
		if b.Requires, sums, err = pinned(checkout); err != nil {
			return err
		}
	}
	if err := b.write(c.Name); err != nil {
		return err
	}
	if len(sums) > 0 {
		if err := os.WriteFile(filepath.Join(c.Name, "go.sum"), sums, 0o600); err != nil {
			return fmt.Errorf("write go.sum: %w", err)
		}
	}
	b.say(std)
	return nil
}

func (b blank) say(std shell.Streams) {
	fmt.Fprintf(std.Out, "made %s\n", b.Name)
	if b.Checkout != "" {
		fmt.Fprintf(std.Out, "  its go.mod replaces github.com/weir-run/weir/sdk by the checkout %s;\n  remove the replace lines to build against a released SDK\n", b.Checkout)
	} else {
		fmt.Fprint(std.Out, "  no checkout of Weir was found, so it needs the released SDK: run go mod tidy in it first,\n  or make it again with --sdk CHECKOUT\n")
	}
	fmt.Fprintf(std.Out, "  next: cd %s && make && weir plugin test bin/weir-%s\n", b.Name, b.Name)
}

func (b blank) write(folder string) error {
	return fs.WalkDir(templates, "template", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := templates.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read template: %w", err)
		}
		parsed, err := template.New(name).Parse(string(text))
		if err != nil {
			return fmt.Errorf("read template: %w", err)
		}
		var filled bytes.Buffer
		if err := parsed.Execute(&filled, b); err != nil {
			return fmt.Errorf("fill template: %w", err)
		}
		target := filepath.Join(folder, strings.TrimSuffix(path.Base(name), ".tmpl"))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		if err := os.WriteFile(target, filled.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", target, err)
		}
		return nil
	})
}

// identifier is a Go name made of a monitor's name.
func identifier(name string) string {
	var out strings.Builder
	for i, part := range strings.Split(name, "-") {
		if i > 0 && part != "" {
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		out.WriteString(part)
	}
	return out.String() + "Monitor" // so that no keyword, import or builtin is hit
}

// findCheckout returns the root of a checkout of Weir, empty when there is none. What was asked for must be one.
func findCheckout(asked string) (string, error) {
	if asked != "" {
		abs, err := filepath.Abs(asked)
		if err != nil || !isCheckout(abs) {
			return "", errors.Join(err, fmt.Errorf("%s is not a checkout of Weir: it has no sdk/go.mod", asked))
		}
		return abs, nil
	}
	var from []string
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		from = append(from, filepath.Dir(file)) // where this was compiled
	}
	if self, err := os.Executable(); err == nil {
		from = append(from, filepath.Dir(self))
	}
	for _, dir := range from {
		for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			if isCheckout(dir) {
				return dir, nil
			}
		}
	}
	return "", nil
}

func isCheckout(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "sdk", "go.mod"))
	return err == nil && bytes.HasPrefix(text, []byte("module github.com/weir-run/weir/sdk\n"))
}

// pinned takes the versions of a checkout's SDK over, so that the new module builds with what is on this machine already.
func pinned(checkout string) (requires string, sums []byte, err error) {
	text, err := os.ReadFile(filepath.Join(checkout, "sdk", "go.mod"))
	if err != nil {
		return "", nil, fmt.Errorf("read the SDK's go.mod: %w", err)
	}
	if sums, err = os.ReadFile(filepath.Join(checkout, "sdk", "go.sum")); err != nil {
		return "", nil, fmt.Errorf("read the SDK's go.sum: %w", err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(line, "\t") || strings.HasPrefix(fields[0], "github.com/weir-run/") {
			continue
		}
		fmt.Fprintf(&out, "\t%s %s // indirect\n", fields[0], fields[1])
	}
	return out.String(), sums, nil
}
