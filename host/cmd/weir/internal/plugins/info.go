package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/cmd/weir/internal/words"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

type infoCommand struct {
	pluginsFlags
	Plugin string `arg:"" help:"Name of an installed plugin, or a program."`
}

// Help is shown below the flags.
func (infoCommand) Help() string {
	return "Starts the program in a process of its own, asks it, and ends it. No record is sent.\n\nExample:\n  weir plugin info whales\n  weir plugin info bin/weir-whales"
}

// Run asks and prints.
func (c infoCommand) Run(ctx context.Context, std shell.Streams) error {
	path, d, err := c.described(ctx, c.Plugin)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "%s %s\n  program  %s\n  digest   %s\n  sdk      %s, protocol %d\n  kinds    %s\n  venues   %s\n  outputs  %s\n  state    writes %d, reads from %d\n  replays  %s\n",
		d.GetName(), d.GetVersion(), path, d.Digest, d.GetSdk(), d.Protocol, kindNames(d.DescribeResponse), venueNames(d.DescribeResponse), orAny(d.GetOutputs()),
		d.GetStateWrites(), d.GetStateReadsMin(), promise(d.DescribeResponse))
	return nil
}

type verifyCommand struct {
	pluginsFlags
	Plugin string `arg:"" help:"Name of an installed plugin, a program, a file of weir plugin pack, or a folder with weir-plugin.yaml."`
}

// Help is shown below the flags.
func (verifyCommand) Help() string {
	return "Compares digests with weir.lock or with the manifest. Of a program and an installed plugin it also checks that it is a program for this platform, and that it describes itself well; nothing in a packed plugin or a folder is run. No record is sent. " +
		"weir plugin doctor looks at more.\n\nExamples:\n  weir plugin verify whales\n  weir plugin verify whales-0.1.0.weir.tar.gz"
}

// Run verifies.
func (c verifyCommand) Run(ctx context.Context, std shell.Streams) error {
	if info, err := os.Stat(c.Plugin); err == nil && (info.IsDir() || strings.HasSuffix(c.Plugin, catalog.ArchiveSuffix)) {
		m, err := catalog.Check(c.Plugin)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "%s %s: good, as its manifest says; nothing was run\n", m.Name, m.Version)
		return nil
	}
	path, d, err := c.described(ctx, c.Plugin)
	if err != nil {
		return err
	}
	if schema := d.GetConfigSchema(); schema != "" && !json.Valid([]byte(schema)) {
		return fmt.Errorf("%s: its configuration schema is not JSON", path)
	}
	if d.GetName() == "" || d.GetVersion() == "" {
		return fmt.Errorf("%s: says neither name nor version of itself", path)
	}
	fmt.Fprintf(std.Out, "%s %s: good, %s\n", d.GetName(), d.GetVersion(), d.Digest)
	return nil
}

type docsCommand struct {
	pluginsFlags
	Plugin string `arg:"" help:"Name of an installed plugin, or a program."`
}

// Help is shown below the flags.
func (docsCommand) Help() string {
	return "Made of what the program says of itself, so it is never older than the program.\n\nExample:\n  weir plugin docs bin/weir-whales > README.md"
}

// Run prints Markdown.
func (c docsCommand) Run(ctx context.Context, std shell.Streams) error {
	_, d, err := c.described(ctx, c.Plugin)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Out, "# %s\n\nA Weir monitor, version %s, built with %s.\n\n| | |\n|---|---|\n| records | %s |\n| venues | %s |\n| outputs | %s |\n| replays | %s |\n",
		d.GetName(), d.GetVersion(), d.GetSdk(), kindNames(d.DescribeResponse), venueNames(d.DescribeResponse), orAny(d.GetOutputs()), promise(d.DescribeResponse))
	return printSchema(std, d.GetConfigSchema())
}

// printSchema writes a table of the configuration's top keys.
func printSchema(std shell.Streams, schema string) error {
	if schema == "" {
		fmt.Fprint(std.Out, "\nIt takes no configuration.\n")
		return nil
	}
	var s struct {
		Properties map[string]struct {
			Type        any    `json:"type"`
			Description string `json:"description"`
			Default     any    `json:"default"`
		} `json:"properties"`
	}
	if err := json.Unmarshal([]byte(schema), &s); err != nil {
		return fmt.Errorf("read configuration schema: %w", err)
	}
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprint(std.Out, "\n## Configuration\n\n| key | type | default | |\n|---|---|---|---|\n")
	for _, name := range names {
		p := s.Properties[name]
		value, err := json.Marshal(p.Default)
		if err != nil {
			return fmt.Errorf("write default of %s: %w", name, err)
		}
		fmt.Fprintf(std.Out, "| %s | %v | %s | %s |\n", name, p.Type, value, p.Description)
	}
	return nil
}

func kindNames(d *pluginv1.DescribeResponse) string {
	var out []string
	for _, k := range d.GetKinds() {
		out = append(out, strings.ToLower(strings.TrimPrefix(k.String(), "KIND_")))
	}
	return orAny(out)
}

func venueNames(d *pluginv1.DescribeResponse) string {
	var out []string
	for _, v := range d.GetVenues() {
		out = append(out, words.Venue(v))
	}
	return orAny(out)
}

func orAny(names []string) string {
	if len(names) == 0 {
		return "all"
	}
	return strings.Join(names, ", ")
}

func promise(d *pluginv1.DescribeResponse) string {
	if d.GetDeterminism() == pluginv1.Determinism_DETERMINISM_STRICT {
		return "give the same outputs: exactly once"
	}
	return "may give other outputs: at least once"
}
