package wire

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Dialect is one major version of the contract, as a host speaks it.
type Dialect struct {
	// Version is go-plugin's protocol version: the N of weir.plugin.vN.
	Version int
	// Translate makes a connection to a monitor of this version one that a Client of the newest version can use. Nil for the newest.
	Translate func(grpc.ClientConnInterface) grpc.ClientConnInterface
}

// Dialects are what a host of this release speaks, the newest first: major N and the one before. Both ends take the highest that they
// share. There is only major 1 so far. Major 2 will be one entry before it, and a Translate in that of major 1.
func Dialects() []Dialect { return []Dialect{{Version: ProtocolVersion}} }

// Speaks tells whether a version is among dialects.
func Speaks(dialects []Dialect, version int) bool {
	return slices.ContainsFunc(dialects, func(d Dialect) bool { return d.Version == version })
}

// Versions prints the versions of dialects for people, for example "2 and 1".
func Versions(dialects []Dialect) string {
	names := make([]string, len(dialects))
	for i, d := range dialects {
		names[i] = strconv.Itoa(d.Version)
	}
	return strings.Join(names, " and ")
}

// HostPlugins is the VersionedPlugins of a host that speaks dialects: what it dispenses is a *Client of the newest version, whichever the
// monitor speaks.
func HostPlugins(dialects []Dialect) map[int]plugin.PluginSet {
	out := map[int]plugin.PluginSet{}
	for _, d := range dialects {
		out[d.Version] = plugin.PluginSet{PluginName: &monitorPlugin{translate: d.Translate}}
	}
	return out
}
