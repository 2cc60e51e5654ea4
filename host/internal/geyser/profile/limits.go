package profile

import "github.com/weir-run/weir/host/internal/geyser/fold"

// Limits returns what folding must keep to.
func (p Profile) Limits() fold.Limits {
	return fold.Limits{
		Provider:       p.Name,
		FiltersPerKind: p.FiltersPerKind,
		KeysPerFilter:  p.KeysPerFilter,
		KeysPerStream:  p.KeysPerStream,
		NameBytes:      p.NameBytes,
		NeedsKeys:      p.EveryTransaction == No,
		Refused:        p.RefusedKeys,
	}
}
