// Package catalog keeps installed plugins: a folder with one sub-folder for each, its manifest weir-plugin.yaml in it, and weir.lock
// beside them with the digest of every program.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/weir-run/weir/host/internal/monitor/process"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// ManifestFile is the name of a manifest in a plugin's folder.
const ManifestFile = "weir-plugin.yaml"

// maxManifest bounds what is read of a manifest, in bytes.
const maxManifest = 1 << 20

// Manifest says what a plugin is, so that it can be judged without being run.
type Manifest struct {
	// Schema of the manifest: 1.
	Schema int `yaml:"schema"`
	// Name of the plugin, as its Describe says it.
	Name string `yaml:"name"`
	// Version, semver.
	Version string `yaml:"version"`
	// Kind is monitor.
	Kind string `yaml:"kind"`
	// Description in a sentence, for people.
	Description string `yaml:"description,omitempty"`
	// License, an SPDX name.
	License string `yaml:"license,omitempty"`
	// Protocol it speaks.
	Protocol Protocol `yaml:"protocol"`
	// Binaries, one a platform.
	Binaries []Binary `yaml:"binaries"`
	// Files and folders that go along with the programs, such as the packages of a script: paths in the plugin's folder.
	Files []string `yaml:"files,omitempty"`
	// FilesSHA256 is the digest of all of them with their names, in hexadecimal; empty in a manifest that its author writes.
	FilesSHA256 string `yaml:"files_sha256,omitempty"`
	// Outputs it may emit.
	Outputs []string `yaml:"outputs,omitempty"`
	// State versions.
	State State `yaml:"state,omitempty"`
	// Determinism is strict or relaxed.
	Determinism string `yaml:"determinism,omitempty"`
	// Config is the JSON Schema of its configuration.
	Config string `yaml:"config,omitempty"`
	// Other keys are kept as they are: a newer host may know them.
	Other map[string]any `yaml:",inline"`
}

// Protocol is the contract that a plugin speaks.
type Protocol struct {
	// Major version: the N of weir.plugin.vN.
	Major int `yaml:"major"`
	// Capabilities by name.
	Capabilities []string `yaml:"capabilities,omitempty"`
}

// State is what a plugin writes and reads of checkpoints.
type State struct {
	// Writes is the version of new ones, ReadsMin the oldest that it reads.
	Writes   uint32 `yaml:"writes,omitempty"`
	ReadsMin uint32 `yaml:"reads_min,omitempty"`
}

// Binary is the program for one platform.
type Binary struct {
	// OS and Arch in Go's names; any for a script.
	OS   string `yaml:"os"`
	Arch string `yaml:"arch"`
	// Path in the plugin's folder.
	Path string `yaml:"path"`
	// SHA256 in hexadecimal and Size in bytes; empty and 0 in a manifest that its author writes.
	SHA256 string `yaml:"sha256,omitempty"`
	Size   int64  `yaml:"size,omitempty"`
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// ReadManifest reads and checks a manifest.
func ReadManifest(path string) (*Manifest, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read manifest: %w: name the program itself, or a folder that holds %s, as weir plugin new makes it", err, ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > maxManifest {
		return nil, fmt.Errorf("read manifest: %s has %d bytes, at most %d are read", path, info.Size(), maxManifest)
	}
	m := &Manifest{}
	if err := yaml.NewDecoder(file).Decode(m); err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", path, err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", path, err)
	}
	return m, nil
}

func (m *Manifest) check() error {
	switch {
	case m.Schema != 1:
		return fmt.Errorf("schema is %d: this host reads schema 1", m.Schema)
	case !namePattern.MatchString(m.Name):
		return fmt.Errorf("name %q: use up to 32 lower case letters, digits and dashes", m.Name)
	case m.Kind != "" && m.Kind != "monitor":
		return fmt.Errorf("kind %q: this host runs monitors", m.Kind)
	case m.Protocol.Major != 0 && !wire.Speaks(wire.Dialects(), m.Protocol.Major):
		return fmt.Errorf("protocol %d: this host speaks %s: install a version of the plugin, or of weir, that fits", m.Protocol.Major, wire.Versions(wire.Dialects()))
	case len(m.Binaries) == 0:
		return errors.New("binaries is empty: name the program with os, arch and path")
	}
	for _, b := range m.Binaries {
		if !filepath.IsLocal(b.Path) {
			return fmt.Errorf("binary path %q leaves the plugin's folder", b.Path)
		}
	}
	for _, name := range m.Files {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("file %q leaves the plugin's folder", name)
		}
	}
	return nil
}

// Here returns the binary for this platform.
func (m *Manifest) Here() (Binary, error) {
	var have []string
	for _, b := range m.Binaries {
		if fits(b.OS, runtime.GOOS) && fits(b.Arch, runtime.GOARCH) {
			return b, nil
		}
		have = append(have, b.OS+"/"+b.Arch)
	}
	return Binary{}, fmt.Errorf("plugin %s has no program for %s/%s, only for %s", m.Name, runtime.GOOS, runtime.GOARCH, strings.Join(have, ", "))
}

func fits(named, here string) bool { return named == here || named == "any" }

// Description is what a program says of itself, and what was seen when it was asked.
type Description struct {
	*pluginv1.DescribeResponse

	// Digest of the program: "sha256:" and hexadecimal.
	Digest string
	// Protocol is the version of the contract that it speaks with this host.
	Protocol int
}

// Describe starts a program in a process of its own, asks what it is, and ends it. The protocol allows no side effects.
func Describe(ctx context.Context, path string) (_ *Description, err error) {
	sockets, err := os.MkdirTemp("", "weir-")
	if err != nil {
		return nil, fmt.Errorf("make socket folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(sockets)) }()
	plugin, err := process.Launch(ctx, process.Config{
		Path: path, SocketDir: sockets, StartTimeout: 10 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plugin.Kill(ctx)) }()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	description, err := plugin.Control.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return nil, fmt.Errorf("ask %s what it is: %w", path, err)
	}
	return &Description{description, plugin.Digest(), plugin.Protocol()}, nil
}

// fill takes over what the program says of itself.
func (m *Manifest) fill(d *Description) error {
	if m.Name != "" && m.Name != d.GetName() {
		return fmt.Errorf("the manifest says %q, but its program says that it is %q", m.Name, d.GetName())
	}
	if m.Version != "" && m.Version != d.GetVersion() {
		return fmt.Errorf("the manifest of %s says version %q, but its program says %q", m.Name, m.Version, d.GetVersion())
	}
	m.Schema, m.Kind = 1, "monitor"
	m.Name, m.Version, m.Outputs, m.Config = d.GetName(), d.GetVersion(), d.GetOutputs(), d.GetConfigSchema()
	m.Protocol = Protocol{Major: d.Protocol, Capabilities: d.GetCapabilities()}
	m.State = State{Writes: d.GetStateWrites(), ReadsMin: d.GetStateReadsMin()}
	m.Determinism = "relaxed"
	if d.GetDeterminism() == pluginv1.Determinism_DETERMINISM_STRICT {
		m.Determinism = "strict"
	}
	return nil
}
