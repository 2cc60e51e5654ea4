package plugins

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

type packCommand struct {
	Source string `arg:"" default:"." help:"The folder with weir-plugin.yaml, or a program."`
	Output string `short:"o" placeholder:"FILE" help:"Where to write it. Default: NAME-VERSION.weir.tar.gz in this folder."`
}

// Help is shown below the flags.
func (packCommand) Help() string {
	return "Makes one file of a plugin, for others to install: the manifest weir-plugin.yaml, the programs that it lists for each platform, and what it lists under files. " +
		"The program for this platform is started once and asked what it is, and that goes into the manifest with the digests of all. The same content gives the same bytes on any day and machine, so two people can compare what they built.\n\n" +
		"A manifest for two platforms, and a script with its packages:\n" +
		"  binaries:\n    - {os: linux, arch: amd64, path: bin/linux-amd64/weir-whales}\n    - {os: linux, arch: arm64, path: bin/linux-arm64/weir-whales}\n" +
		"  binaries:\n    - {os: any, arch: any, path: tally.js}\n  files: [weir.js, node_modules, proto]\n\n" +
		"Examples:\n  weir plugin pack\n  weir plugin verify whales-0.1.0.weir.tar.gz\n  weir plugin install whales-0.1.0.weir.tar.gz"
}

// Run packs.
func (c packCommand) Run(ctx context.Context, std shell.Streams) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(c.Output), ".weir-pack-") // filepath.Dir of nothing is this folder
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	sum := sha256.New()
	m, err := catalog.Pack(ctx, io.MultiWriter(temp, sum), c.Source)
	info, statErr := temp.Stat()
	if err = errors.Join(err, statErr, temp.Close()); err != nil {
		return err
	}
	target := c.Output
	if target == "" {
		target = m.Name + "-" + m.Version + catalog.ArchiveSuffix
	}
	if err := errors.Join(os.Chmod(temp.Name(), 0o644), os.Rename(temp.Name(), target)); err != nil { //nolint:gosec // to be given away
		return fmt.Errorf("write archive: %w", err)
	}
	fmt.Fprintf(std.Out, "packed %s %s into %s\n  size    %d bytes\n  digest  sha256:%s\n", m.Name, m.Version, target, info.Size(), hex.EncodeToString(sum.Sum(nil)))
	for _, b := range m.Binaries {
		fmt.Fprintf(std.Out, "  holds   %s for %s/%s, sha256:%.12s\n", b.Path, b.OS, b.Arch, b.SHA256)
	}
	return nil
}
