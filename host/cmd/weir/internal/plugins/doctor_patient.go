package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/monitor/catalog"
	"github.com/weir-run/weir/host/internal/monitor/process"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// patient is a plugin that is looked at.
type patient struct {
	*doctor

	name, path string
	settings   []byte
	bounds     config.Limits              // of the configuration, zero without one
	installed  *catalog.Installed         // nil for one that is not
	saved      *adminv1.CheckpointHeader  // its newest state, nil when that is not known
	described  *pluginv1.DescribeResponse // what it says of itself
}

// find looks a name up in the configuration and among what is installed.
func (c doctorCommand) find(p *patient, name string) error {
	dir, err := c.dir()
	if err != nil {
		return err
	}
	if one, err := catalog.Find(dir, name); err == nil {
		p.installed, p.path = &one, one.Path
		if one.Problem != nil {
			return one.Problem
		}
		p.say(good, "digest", "sha256:"+one.Digest+", as in "+catalog.LockFile, "")
		p.manifest(dir)
	}
	configured, found, err := c.configured(name)
	if err != nil {
		return err
	}
	if found {
		p.path, p.bounds = configured.Path, configured.Limits
		if len(configured.Config) > 0 {
			if p.settings, err = json.Marshal(configured.Config); err != nil {
				return err
			}
		}
	}
	if p.path == "" {
		return errNotThere
	}
	return nil
}

// manifest looks at the one that lies beside the installed program.
func (p *patient) manifest(dir string) {
	m, err := catalog.ReadManifest(filepath.Join(dir, p.installed.Name, p.installed.Folder, catalog.ManifestFile))
	switch {
	case err != nil:
		p.say(fail, "manifest", err.Error(), "install the plugin again")
	case m.Name != p.installed.Name || m.Version != p.installed.Version:
		p.say(fail, "manifest", fmt.Sprintf("it is of %s %s, %s names %s %s", m.Name, m.Version, catalog.LockFile, p.installed.Name, p.installed.Version), "install the plugin again")
	default:
		p.say(good, "manifest", fmt.Sprintf("%s %s, from %s", m.Name, m.Version, p.installed.Source), "")
	}
}

// reported asks a running daemon what became of the plugin, and what state it has.
func (c doctorCommand) reported(ctx context.Context, p *patient) {
	_ = c.Ask(ctx, func(ctx context.Context, client *admin.Client) error { // without one there is nothing to say
		s, err := client.Status(ctx, &adminv1.StatusRequest{})
		if err != nil {
			return err
		}
		for _, one := range s.GetPlugins() {
			if one.GetInstance() != p.name {
				continue
			}
			switch state := one.GetState(); {
			case one.GetReason() != "":
				p.say(fail, "state", state+": "+one.GetReason(), "weir plugin crash "+p.name+" and weir plugin logs "+p.name+" say more; weir plugin resume "+p.name+" starts it again")
			case one.GetLastCrash() != "":
				p.say(warn, "state", state+"; it has crashed: "+one.GetLastCrash(), "weir plugin crash "+p.name)
			default:
				p.say(good, "state", fmt.Sprintf("%s, %d records behind", state, one.GetLag()), "")
			}
			if level := one.GetIsolation(); strings.Contains(level, "(") {
				p.say(warn, "isolation", level, "docs/operating.md says how to delegate control groups; L1 is enough for plugins that are not out to attack")
			} else {
				p.say(good, "isolation", level, "")
			}
		}
		stream, err := client.ExportCheckpoint(ctx, &adminv1.ExportCheckpointRequest{Instance: p.name, HeaderOnly: true})
		if err != nil {
			return err
		}
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		p.saved = part.GetHeader()
		return err
	})
}

// file looks at the program without running it.
func (p *patient) file() bool {
	digest, err := process.Inspect(p.path)
	if start, ok := errors.AsType[*process.StartError](err); ok {
		p.say(fail, "file", start.Path+" "+start.Seen, start.Remedy)
		return false
	}
	if err != nil {
		p.say(fail, "file", err.Error(), "check the path")
		return false
	}
	p.say(good, "file", p.path, "")
	if p.installed == nil {
		p.say(good, "digest", digest+", not pinned: weir plugin install pins it", "")
	}
	if info, err := os.Stat(p.path); err == nil && info.Mode().Perm()&0o022 != 0 {
		p.say(fail, "permissions", fmt.Sprintf("others may write %s (mode %o)", p.path, info.Mode().Perm()), "chmod go-w "+p.path)
	} else {
		p.say(good, "permissions", "only its owner may write it", "")
	}
	return true
}

// program starts it and asks.
func (p *patient) program(ctx context.Context) {
	sockets, err := os.MkdirTemp("", "weir-")
	if err != nil {
		p.say(fail, "handshake", err.Error(), "give this user a temporary folder: TMPDIR")
		return
	}
	defer func() { _ = os.RemoveAll(sockets) }() // a temporary folder
	began := time.Now()
	plugin, err := process.Launch(ctx, process.Config{Path: p.path, SocketDir: sockets, StartTimeout: 10 * time.Second, Log: slog.New(slog.DiscardHandler)})
	if start, ok := errors.AsType[*process.StartError](err); ok {
		p.say(fail, "handshake", "the program "+start.Seen, start.Remedy)
		return
	}
	if err != nil {
		p.say(fail, "handshake", err.Error(), "run the program by hand: it should say that it is a plugin")
		return
	}
	defer func() { _ = plugin.Kill(ctx) }() // it is only looked at
	p.say(good, "handshake", fmt.Sprintf("after %s", time.Since(began).Round(time.Millisecond)), "")
	p.say(good, "protocol", fmt.Sprintf("%d, of %s that this host speaks", plugin.Protocol(), wire.Versions(wire.Dialects())), "")
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if p.describe(ctx, plugin) {
		p.configure(ctx, plugin)
		p.state()
	}
}

var describedName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

func (p *patient) describe(ctx context.Context, plugin *process.Plugin) bool {
	d, err := plugin.Control.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		p.say(fail, "description", "Describe: "+status.Convert(err).Message(), "weir plugin test shows what it does wrong")
		return false
	}
	p.described = d
	switch {
	case !describedName.MatchString(d.GetName()) || d.GetVersion() == "":
		p.say(fail, "description", fmt.Sprintf("it calls itself %q, version %q", d.GetName(), d.GetVersion()), "Describe gives a name of lower case letters, digits and dashes, and a version")
	case p.installed != nil && (d.GetName() != p.installed.Name || d.GetVersion() != p.installed.Version):
		p.say(fail, "description", fmt.Sprintf("it calls itself %s %s, %s says %s %s", d.GetName(), d.GetVersion(), catalog.LockFile, p.installed.Name, p.installed.Version), "install the plugin again")
	default:
		p.say(good, "description", fmt.Sprintf("%s %s, %s; records: %s; %s", d.GetName(), d.GetVersion(), d.GetSdk(), kindNames(d), promise(d)), "")
	}
	var schema struct {
		Type string `json:"type"`
	}
	switch err := json.Unmarshal([]byte(d.GetConfigSchema()), &schema); {
	case d.GetConfigSchema() == "":
		p.say(good, "schema", "it takes no configuration", "")
	case err != nil || schema.Type != "object":
		p.say(fail, "schema", fmt.Sprintf("its configuration schema is not that of a JSON object (%v)", err), "Describe gives a JSON Schema of type object, or none")
	default:
		p.say(good, "schema", "JSON Schema of an object; weir plugin docs shows it", "")
	}
	return true
}

// configure holds the configuration against the program, which changes nothing by it.
func (p *patient) configure(ctx context.Context, plugin *process.Plugin) {
	_, err := plugin.Control.Configure(ctx, &pluginv1.ConfigureRequest{Config: p.settings, ValidateOnly: true})
	from := "of weir.yaml"
	if len(p.settings) == 0 {
		from = "by its defaults"
	}
	switch {
	case status.Code(err) == codes.InvalidArgument:
		p.say(fail, "config", "it refuses the configuration: "+status.Convert(err).Message(), "correct config of the plugin in weir.yaml and restart weir; weir plugin docs shows the keys")
	case err != nil:
		p.say(fail, "config", "Configure: "+status.Convert(err).Message(), "weir plugin test shows what it does wrong")
	default:
		p.say(good, "config", "it takes the configuration "+from, "")
	}
}

// state holds the newest checkpoint against what the program reads.
func (p *patient) state() {
	reads := fmt.Sprintf("it reads states of version %d to %d", p.described.GetStateReadsMin(), p.described.GetStateWrites())
	switch c := p.saved; {
	case c == nil:
		p.say(good, "checkpoint", reads+"; none is known of", "")
	case c.GetMonitor() != "" && c.GetMonitor() != p.described.GetName():
		p.say(fail, "checkpoint", fmt.Sprintf("the state after record %d is of the monitor %q", c.GetNumber(), c.GetMonitor()), "give the plugin another name in weir.yaml: a name owns its state")
	case c.GetStateVersion() < p.described.GetStateReadsMin() || c.GetStateVersion() > p.described.GetStateWrites():
		p.say(fail, "checkpoint", fmt.Sprintf("the state after record %d has version %d, and %s", c.GetNumber(), c.GetStateVersion(), reads),
			"run a version that reads it, or give the plugin another name in weir.yaml to begin anew")
	default:
		p.say(good, "checkpoint", fmt.Sprintf("the state after record %d has version %d, %d bytes, and %s", c.GetNumber(), c.GetStateVersion(), c.GetSize(), reads), "")
	}
}

// limits holds those of the configuration against the machine.
func (p *patient) limits() {
	if p.bounds == (config.Limits{}) {
		return
	}
	memory, files := machineLimits()
	switch {
	case memory > 0 && uint64(p.bounds.Memory) > memory:
		p.say(warn, "limits", fmt.Sprintf("limits.memory is %s, and this machine has %d MiB", p.bounds.Memory, memory>>20), "lower limits.memory: before that the kernel picks what to kill")
	case files > 0 && uint64(p.bounds.Files) > files:
		p.say(warn, "limits", fmt.Sprintf("limits.files is %d, and this user may have %d", p.bounds.Files, files), "raise the hard limit (ulimit -Hn), or lower limits.files")
	default:
		p.say(good, "limits", fmt.Sprintf("memory %s, %d processes and threads, %d open files", p.bounds.Memory, p.bounds.Tasks, p.bounds.Files), "")
	}
}
