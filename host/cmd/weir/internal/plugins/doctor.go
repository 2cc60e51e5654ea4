package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/weir-run/weir/host/cmd/weir/internal/shell"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

type doctorCommand struct {
	pluginsFlags
	Plugin   string `arg:"" optional:"" help:"Name of a plugin, or a program. Default: all that are configured or installed."`
	Settings string `placeholder:"FILE" help:"JSON file with the configuration to hold a program against. Default: that of weir.yaml under its name."`
}

// Help is shown below the flags.
func (doctorCommand) Help() string {
	return "Looks at everything that a plugin needs, and says for each thing that is wrong what to do: the folders and what a killed daemon left in them, limits of this machine, and of each plugin its file, digest, manifest, permissions, handshake, protocol, description, configuration, state and limits. " +
		"The program is started and asked, and gets no record; nothing is changed. A daemon may run or not. The exit code is 1 when a line says FAIL; WARN is what works but may surprise.\n\n" +
		"Examples:\n  weir plugin doctor\n  weir plugin doctor bin/weir-whales"
}

// verdict is what one look found.
type verdict string

const (
	good verdict = "ok"
	warn verdict = "WARN"
	fail verdict = "FAIL"
)

// doctor prints what it finds and counts what is wrong.
type doctor struct {
	out    io.Writer
	failed int
}

// say prints one finding; a remedy belongs to all that are not good.
func (d *doctor) say(v verdict, what, found, remedy string) {
	if v == fail {
		d.failed++
	}
	fmt.Fprintf(d.out, "%-4s  %-12s  %s\n", v, what, found)
	if v != good && remedy != "" {
		fmt.Fprintf(d.out, "%20sremedy: %s\n", "", remedy)
	}
}

// Run looks at everything.
func (c doctorCommand) Run(ctx context.Context, std shell.Streams) error {
	d := &doctor{out: std.Out}
	if err := c.machine(ctx, d); err != nil {
		return err
	}
	names := []string{c.Plugin}
	if c.Plugin == "" {
		var err error
		if names, err = c.all(d); err != nil {
			return err
		}
	}
	for _, name := range names {
		fmt.Fprintf(std.Out, "\n%s\n", name)
		if err := c.plugin(ctx, d, name); err != nil {
			return err
		}
	}
	if d.failed > 0 {
		return fmt.Errorf("%d things are wrong: see the lines that say FAIL", d.failed)
	}
	return nil
}

// all names the plugins of the configuration and the installed ones.
func (c doctorCommand) all(d *doctor) (names []string, err error) {
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			names, seen[name] = append(names, name), true
		}
	}
	if c.Path() != "" {
		cfg, err := c.Load()
		if err != nil {
			return nil, err
		}
		for _, p := range cfg.Plugins {
			add(p.Name)
		}
	}
	dir, err := c.dir()
	if err != nil {
		return nil, err
	}
	installed, err := catalog.List(dir)
	if err != nil {
		d.say(fail, "lock", err.Error(), "install the plugins again; weir.lock is written anew then")
		return names, nil
	}
	for _, p := range installed {
		add(p.Name)
	}
	if len(names) == 0 {
		d.say(warn, "plugins", "none is configured or installed", "weir plugin install FILE, or name some under plugins in weir.yaml")
	}
	return names, nil
}

// plugin looks at one of them.
func (c doctorCommand) plugin(ctx context.Context, d *doctor, name string) error {
	p := &patient{doctor: d, name: name}
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		p.path = name
	} else if err := c.find(p, name); err != nil {
		d.say(fail, "found", err.Error(), "weir plugin list shows what is installed; plugins of weir.yaml are found by path, beside the weir program or on PATH")
		return nil
	}
	if c.Settings != "" {
		text, err := os.ReadFile(c.Settings)
		if err != nil {
			return fmt.Errorf("read settings: %w", err)
		}
		p.settings = text
	}
	c.reported(ctx, p)
	if p.file() {
		p.program(ctx)
	}
	p.limits()
	return nil
}

var errNotThere = errors.New("it is neither configured nor installed, nor is there such a file")
