package config

import (
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Priority orders groups: with two connections or more, high has one of its own.
type Priority string

// Priorities.
const (
	High   Priority = "high"
	Medium Priority = "medium"
	Low    Priority = "low"
)

// Group is a set of programs that is subscribed together and may move from connection to connection.
type Group struct {
	// Name is how status and logs call it.
	Name string `koanf:"name"`
	// Priority is high, medium or low.
	Priority Priority `koanf:"priority"`
	// Programs are names of Programs. Each belongs to one group.
	Programs []string `koanf:"programs"`
	// Quiet is after how long without a transaction an alarm is raised; 0 goes by priority.
	Quiet time.Duration `koanf:"quiet"`
}

// usualGroup is where a program belongs when no group of the file names it: bonding curves first, then the pools to which their
// coins go, then the rest.
func usualGroup(program string) (string, Priority) {
	switch program {
	case "pump", "raydium_launchlab", "meteora_dbc":
		return "curve", High
	case "pumpswap":
		return "pumpswap", Medium
	default:
		return "amm", Low
	}
}

// fillGroups places every program that no group names.
func (c *Config) fillGroups() {
	placed := map[string]bool{}
	for _, g := range c.Groups {
		for _, p := range g.Programs {
			placed[p] = true
		}
	}
	for _, p := range c.Programs {
		if placed[p] {
			continue
		}
		name, priority := usualGroup(p)
		at := slices.IndexFunc(c.Groups, func(g Group) bool { return g.Name == name })
		if at < 0 {
			c.Groups = append(c.Groups, Group{Name: name, Priority: priority})
			at = len(c.Groups) - 1
		}
		c.Groups[at].Programs = append(c.Groups[at].Programs, p)
	}
}

// IDLGroup is the group of the programs in IDLDir.
const IDLGroup = "idl"

func (c *Config) validateGroups(bad func(key, format string, args ...any)) {
	if c.IDLDir != "" && slices.ContainsFunc(c.Groups, func(g Group) bool { return g.Name == IDLGroup }) {
		bad("groups", "%q is the group of the programs in idl_dir: use another name", IDLGroup)
	}
	if c.Connections < 1 || c.Connections > 3 {
		bad("connections", "%d is out of range: use 1 to 3", c.Connections)
	}
	if c.Copies < 1 || c.Copies > 2 {
		bad("copies", "%d is out of range: use 1, or 2 to read each group from two endpoints at once", c.Copies)
	}
	if c.Copies > len(c.Endpoints) && len(c.Endpoints) > 0 {
		bad("copies", "%d needs as many endpoints, there are %d", c.Copies, len(c.Endpoints))
	}
	if u, err := url.Parse(c.RPC.URL); c.RPC.URL != "" && (err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "") {
		bad("rpc.url", "is not an http:// or https:// address") // it may hold a token, so it is not repeated
	}
	if c.RPC.RequestsPerSecond <= 0 {
		bad("rpc.requests_per_second", "%v is not positive", c.RPC.RequestsPerSecond)
	}
	if c.Enrich.Memory < 1<<20 {
		bad("enrich.memory", "%s is too little for a cache to be of use: give at least 1MiB", c.Enrich.Memory)
	}
	if c.Enrich.MetadataPerSecond < 0 {
		bad("enrich.metadata_requests_per_second", "%v is negative: use 0 to ask for no names", c.Enrich.MetadataPerSecond)
	}
	names, programs := map[string]bool{}, map[string]string{}
	for i, g := range c.Groups {
		key := fmt.Sprintf("groups[%d]", i)
		if !instanceName.MatchString(g.Name) {
			bad(key+".name", "%q is not a name: use up to 32 lower case letters, digits and dashes", g.Name)
		}
		if names[g.Name] {
			bad(key+".name", "%q is used twice", g.Name)
		}
		names[g.Name] = true
		oneOf(bad, key+".priority", string(g.Priority), string(High), string(Medium), string(Low))
		for k, p := range g.Programs {
			at := fmt.Sprintf("%s.programs[%d]", key, k)
			if !slices.Contains(c.Programs, p) {
				bad(at, "%q is not among programs: add it there, or take it out here", p)
			}
			if other, twice := programs[p]; twice {
				bad(at, "%q is in group %s too: a program belongs to one group", p, other)
			}
			programs[p] = g.Name
		}
	}
}
