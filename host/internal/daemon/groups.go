package daemon

import (
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/pool"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// venues says which records come from a program.
var venues = map[string]eventv1.Venue{
	"pump":              eventv1.Venue_VENUE_PUMP,
	"pumpswap":          eventv1.Venue_VENUE_PUMPSWAP,
	"raydium_v4":        eventv1.Venue_VENUE_RAYDIUM_V4,
	"raydium_cpmm":      eventv1.Venue_VENUE_RAYDIUM_CPMM,
	"raydium_clmm":      eventv1.Venue_VENUE_RAYDIUM_CLMM,
	"raydium_launchlab": eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB,
	"orca_whirlpool":    eventv1.Venue_VENUE_ORCA_WHIRLPOOL,
	"meteora_dbc":       eventv1.Venue_VENUE_METEORA_DBC,
	"meteora_damm_v2":   eventv1.Venue_VENUE_METEORA_DAMM_V2,
}

var priorities = map[config.Priority]fold.Priority{config.High: fold.High, config.Medium: fold.Medium, config.Low: fold.Low}

// want is what one plugin wants: venues, or all of them, and how much it matters.
type want struct {
	venues   []eventv1.Venue
	priority config.Priority
}

// groupsFor turns the groups of the configuration into subscriptions: only programs that some plugin wants, each group as important
// as its most important plugin says. Without wants (no plugin is known yet, or none is configured) everything is subscribed, since the
// journal is worth filling. A group that nobody wants is left out.
func groupsFor(groups []config.Group, wants []want) []pool.Group {
	var out []pool.Group
	locked := false
	for _, g := range groups {
		locks := false
		sub := pool.Group{Name: g.Name, Priority: priorities[g.Priority], Quiet: g.Quiet}
		for _, program := range g.Programs {
			wanted := len(wants) == 0
			for _, w := range wants {
				if len(w.venues) > 0 && !slices.Contains(w.venues, venues[program]) {
					continue
				}
				wanted = true
				if p, said := priorities[w.priority]; said {
					sub.Priority = min(sub.Priority, p)
				}
			}
			if wanted {
				sub.Programs = append(sub.Programs, config.Programs[program].String())
				locks = locks || program == "raydium_cpmm" || program == "raydium_clmm"
			}
		}
		if locks && !locked {
			// Who locks LP tokens calls a program that names no venue. There are few of them.
			sub.Programs, locked = append(sub.Programs, dex.RaydiumLock.String()), true
		}
		if len(sub.Programs) > 0 {
			out = append(out, sub)
		}
	}
	return out
}

// wantsEvery is how often the daemon looks whether plugins came, went or want something else.
const wantsEvery = time.Second

// wants asks the plugins. known is false while one that may still come up has not said what it wants: until then nothing is left out.
func wants(plugins []config.Plugin, statuses []monitor.Status) (out []want, known bool) {
	for i, s := range statuses {
		switch {
		case s.State == monitor.Rejected, s.State == monitor.ConfigError:
			continue // it gets nothing
		case s.Monitor == "":
			return nil, false
		}
		out = append(out, want{venues: s.Venues, priority: plugins[i].Priority})
	}
	return out, true
}
