package daemon

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/geyser/profile"
)

// Provider is what one endpoint allows.
type Provider struct {
	// Profile with its limits; Opens and Window are always known.
	profile.Profile
	// Headroom is how many of Opens are left to what else uses the token. Less than Opens.
	Headroom int
	// Compress tells whether to ask for zstd.
	Compress bool
}

// The opens of a provider of which nothing is known: the lowest limit that one is known to have.
const (
	usualOpens  = 100
	usualWindow = time.Minute
)

// ProviderOf says what an endpoint allows: the configuration counts before the profile that it names, or else the one that goes with
// the host name, and that before what is usual. An error names the key and the remedy.
func ProviderOf(e config.Endpoint) (Provider, error) {
	p := Provider{Profile: profile.For(e.URL)}
	if e.Profile != "" {
		named, known := profile.Named(e.Profile)
		if !known {
			return p, fmt.Errorf("profile: %q is not known: use one of %s", e.Profile, strings.Join(profile.Names(), ", "))
		}
		p.Profile = named
	}
	// A number of opens means nothing without its window, so the profile's are taken together or not at all.
	if e.OpensPerWindow > 0 || e.OpensWindow > 0 || p.Opens == 0 || p.Window == 0 {
		p.Opens, p.Window = cmp.Or(e.OpensPerWindow, usualOpens), cmp.Or(e.OpensWindow, usualWindow)
	}
	p.FiltersPerKind = cmp.Or(e.FiltersPerKind, p.FiltersPerKind)
	p.KeysPerFilter = cmp.Or(e.KeysPerFilter, p.KeysPerFilter)
	p.Headroom = cmp.Or(e.OpensHeadroom, p.Opens/5)
	if p.Headroom >= p.Opens {
		return p, fmt.Errorf("opens_headroom: %d leaves no opens of %d: choose less, or set opens_per_window", p.Headroom, p.Opens)
	}
	p.Compress = compress(e, p.Profile)
	return p, nil
}

// compress goes by the profile where the configuration does not say. A node of one's own is near: there, compressing costs more time
// than it saves.
func compress(e config.Endpoint, p profile.Profile) bool {
	if e.Compression != "" {
		return e.Compression == "zstd"
	}
	return p.Zstd == profile.Yes && p.Name != profile.SelfHosted
}
