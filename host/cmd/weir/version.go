package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
)

// version is set by the release build; builds from a checkout say so.
var version = "dev"

type versionCommand struct{}

// Run prints the version, the Go release and the platform.
func (versionCommand) Run(std shell.Streams) error {
	v := version
	if info, ok := debug.ReadBuildInfo(); ok && v == "dev" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v = fmt.Sprintf("%s+%.12s", v, s.Value)
			}
		}
	}
	_, err := fmt.Fprintf(std.Out, "weir %s %s %s/%s\n", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
